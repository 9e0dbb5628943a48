import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mustBeNoWords } from "../../../src/app/ritual-words.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { inProcess } from "../../support/main.ts";
import { repository } from "../../support/repository.ts";
import { release } from "../ritual/archive/world.ts";

const asked = (env: Record<string, string>) => {
  const secrets = new Secrets();
  for (const value of Object.values(env)) secrets.add(value);
  return () => mustBeNoWords({ secrets, env }, { ...release, environment: "prod" });
};

/** Keys that are no data: of labels, and of conventional types. */
function keysOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === "labels" || key === "byType" ? [key] : [key, ...keysOf(item)],
  );
}

describe("a secret that is an ordinary word", () => {
  it("is named by its variable where the ritual's own files are made of that word", () => {
    const [word, part] = ["prod", "sentinel"];
    for (const value of [word, part, "v1", "schema"])
      expect(asked({ DB_PASSWORD: value, OTHER: "a-long-enough-one" })).toThrow(
        "the value of DB_PASSWORD is an ordinary word, of which the ritual's own files are made",
      );
    expect(asked({ DB_PASSWORD: "test", OTHER: "a-long-enough-one" })).not.toThrow();
  });

  it("stops a ritual before anything is done, and is all that the files' keys are", async () => {
    const repo = repository({ origin: true });
    repo.git("tag", "-a", "-m", "Release", "v1.0.0");
    repo.git("push", "-q", "origin", "main", "v1.0.0");
    const ritual = (env: Record<string, string>) =>
      inProcess(["ritual", "--tag", "v1.0.0", "--env", "prod"], { cwd: repo.path, env });
    const blocked = await ritual({ DB_PASSWORD: "prod" });
    expect(blocked.all).toContain("Ritual BLOCKED: the value of DB_PASSWORD is an ordinary word");
    expect(blocked.code).toBe(1);
    expect(repo.git("ls-remote", "origin", "refs/release-sentinel/*")).toBe("");

    expect((await ritual({ DB_PASSWORD: "test" })).code).toBe(0);
    const folder = join(repo.path, ".release-sentinel", "releases", "release-v1.0.0");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".json"),
    );
    const keys = files.flatMap((name) => keysOf(JSON.parse(readFileSync(join(folder, name), "utf8"))));
    expect(keys.length).toBeGreaterThan(100);
    for (const key of new Set(keys)) expect(asked({ DB_PASSWORD: key }), key).toThrow("DB_PASSWORD");
  });
});
