import { describe, expect, it } from "vitest";
import { changesOf } from "../../../../src/deploy/compose/changes.ts";
import type { Kept } from "../../../../src/deploy/compose/kept.ts";
import type { ComposeModel, ComposeService } from "../../../../src/deploy/compose/model.ts";

const kept = (services: Record<string, ComposeService>): Kept => ({
  version: "v1",
  model: { services },
  services: Object.fromEntries(
    Object.entries(services).map(([name, { image = "" }]) => [
      name,
      { image, id: "sha256:old", digests: [], hash: "old", count: 1, well: true },
    ]),
  ),
  networks: [],
  lost: [],
});

function changes(
  now: Record<string, ComposeService>,
  wanted: Record<string, ComposeService>,
  gone: string[] = [],
) {
  const model: ComposeModel = { services: wanted };
  const names = Object.keys(wanted);
  const hashes = Object.fromEntries(
    names.map((name) => [name, JSON.stringify(now[name]) === JSON.stringify(wanted[name]) ? "old" : "new"]),
  );
  const ids = Object.fromEntries(names.map((name) => [name, "sha256:old"]));
  return changesOf(model, hashes, ids, kept(now), gone);
}

describe("what a compose model changes", () => {
  it("comes in the order in which services start, removed ones last", () => {
    const wanted = {
      api: { image: "api:2", depends_on: { db: { condition: "service_healthy" } } },
      db: { image: "db:1" },
      web: { image: "web:1", depends_on: ["api"] },
    };
    const found = changes({ db: { image: "db:1" }, old: { image: "old:1" } }, wanted, ["old"]);
    expect(found.map(({ subject, action }) => `${subject} ${action}`)).toEqual([
      "Service db unchanged",
      "Service api create",
      "Service web create",
      "Service old remove",
    ]);
  });

  it("shows names of variables and never their values", () => {
    const value = ["s3", "cret", "value"].join("");
    const [change] = changes(
      { web: { image: "web:1", environment: { A: value, B: value, GONE: value } } },
      { web: { image: "web:1", environment: { A: value, B: `${value}2`, NEW: value } } },
    );
    expect(change?.diff).not.toContain(value);
    expect(change?.diff).toContain('+  B: "*** (changed)"');
    expect(change?.diff).toContain('-  GONE: "***"');
    expect(change?.diff).toContain("+  NEW:");
  });

  it("shows no secret in a command or a URL", () => {
    const value = ["tr0ub", "ador"].join("");
    const [change] = changes(
      {},
      {
        web: {
          image: "auth-token-server:1",
          command: [
            "serve",
            "--db-password",
            value,
            `--token=${value}`,
            `https://user:${value}@db/`,
            `--api-key ${value}`,
            `probe -v --password ${value} '--token ${value}' PASSWORD=${value} 1https://user:${value}@db/`,
          ],
          labels: { secret: value },
        },
      },
    );
    expect(change?.diff).not.toContain(value);
    expect(change?.diff).toContain("image: auth-token-server:1");
  });

  it("goes through a long word once", () => {
    const [change] = changes({}, { web: { image: "web:1", labels: { long: "a".repeat(300_000) } } });
    expect(change?.action).toBe("create");
  });

  it("says so when nothing that may be shown has changed", () => {
    const [a, b] = [["one", "x"].join(""), ["two", "x"].join("")];
    const [change] = changes(
      { web: { image: "w:1", labels: { password: a } } },
      { web: { image: "w:1", labels: { password: b } } },
    );
    expect(change).toMatchObject({ action: "change", diff: " only what is not shown has changed\n" });
  });

  it("survives services that wait for each other", () => {
    const wanted = { a: { image: "a", depends_on: ["b"] }, b: { image: "b", depends_on: ["a"] } };
    expect(changes({}, wanted)).toHaveLength(2);
  });
});
