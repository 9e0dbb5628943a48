import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { watchEvent } from "../../../src/app/watch-event.ts";
import { openMemory } from "../../../src/app/watch-memory.ts";
import { sourceFrom } from "../../../src/app/watch-source.ts";
import type { EnvReader } from "../../../src/clients/readers.ts";
import { SentinelError } from "../../../src/core/errors.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { type SavedWatch, watch } from "../../../src/flows/watch/watch.ts";
import type { Receipt } from "../../../src/watch/receipt.ts";
import { explain } from "../../../src/watch/report/explain.ts";
import type { WatchSettings } from "../../../src/watch/settings.ts";
import { policyFrom } from "../../../src/watch/settings-policy.ts";
import { repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";
import { begun, scriptedSource, steppingClock, watched } from "../../support/watch.ts";

const filled = { environment: "prod", version: "v1.4.2" };
const readers = (env: Readonly<Record<string, string>>) => {
  const get: EnvReader["get"] = (name) => env[name];
  return { env: { get, secret: get } };
};

describe("where numbers come from", () => {
  it.each<[string, WatchSettings, Record<string, string>, string]>([
    [
      "Prometheus where there is one",
      {},
      { PROMETHEUS_URL: "http://p", SERVICE_URL: "http://s" },
      "prometheus",
    ],
    ["the service itself otherwise", {}, { SERVICE_URL: "http://s" }, "prober"],
    [
      "what is asked for",
      { source: "prober" },
      { PROMETHEUS_URL: "http://p", SERVICE_URL: "http://s" },
      "prober",
    ],
    ["a program that is configured", { exec: { run: ["./x"] } }, { SERVICE_URL: "http://s" }, "exec"],
    ["a load test's summary", { k6: { summary: "s.json" } }, {}, "k6"],
    ["the URLs of services", { services: { shop: { url: "http://s" } } }, {}, "prober"],
  ])("%s", (_, settings, env, kind) => {
    expect(sourceFrom(settings, readers(env), filled, "/work").kind).toBe(kind);
  });

  it.each<[string, WatchSettings]>([
    ["nothing at all", {}],
    ["Prometheus without a URL", { source: "prometheus" }],
    ["the prober without a URL", { source: "prober" }],
    ["k6 without a file", { source: "k6" }],
    ["exec without a program", { source: "exec" }],
  ])("%s is an error with a way to mend it", (_, settings) => {
    try {
      sourceFrom(settings, readers({}), filled, "/work");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SentinelError);
      expect((error as SentinelError).exitCode).toBe(1);
      expect((error as SentinelError).remedy).toBeTruthy();
    }
  });
});

const key = {
  command: "watch",
  environment: "prod",
  version: "v1.4.2",
  source: "prometheus",
  queries: "a",
};
const policy = policyFrom({});
const wanted = { policy, since: null, now: begun, fresh: false };

/** What a watch has saved by its third look. */
async function savedWatch(settings: WatchSettings = {}): Promise<SavedWatch> {
  const clock = steppingClock();
  const stop = new AbortController();
  const { run, saves } = watched(
    settings,
    scriptedSource(() => ({ total: 600, bad: 0 }), clock),
    clock,
    {
      signal: stop.signal,
      seen: ({ looks }) => looks === 3 && stop.abort(new Error("killed")),
    },
  );
  await watch(run).catch(() => {});
  return saves.at(-1) as SavedWatch;
}

function world(cwd: string) {
  const told: string[] = [];
  const secrets = new Secrets();
  return {
    told,
    secrets,
    around: { cwd, secrets, tell: (_level: string, message: string) => void told.push(message) },
  };
}

describe("what is kept of a watch", () => {
  it("stands in the git folder, and is gone on with by the next process", async () => {
    const { path, git } = repository();
    const { around } = world(path);
    const saved = await savedWatch();
    openMemory(around, key, wanted, undefined).save(saved);
    expect(existsSync(join(path, ".git/release-sentinel/watch/prod.json"))).toBe(true);
    expect(git("status", "--porcelain")).toBe("");
    expect(openMemory(around, key, wanted, undefined).saved).toEqual(saved);
  });

  it.each<[string, Partial<typeof key>, Partial<typeof wanted>]>([
    ["another environment's", { environment: "stage" }, {}],
    ["another version's", { version: "v1.4.3" }, {}],
    ["another source's", { source: "prober" }, {}],
    ["of a deploy", { command: "apply" }, {}],
    ["of other series", { queries: "b" }, {}],
    ["another policy's", {}, { policy: policyFrom({ floors: { bad: 9 } }) }],
    ["another deploy's", {}, { since: (begun - 1000) as never }],
    ["long over", {}, { now: begun + 60 * 60_000 }],
    ["not wanted", {}, { fresh: true }],
  ])("is not gone on with where it is %s", async (_, otherKey, otherWanted) => {
    const { around } = world(tempFolder());
    const file = join(tempFolder(), "state.json");
    openMemory(around, key, wanted, file).save(await savedWatch());
    expect(openMemory(around, key, wanted, file).saved).toBeDefined();
    expect(
      openMemory(around, { ...key, ...otherKey }, { ...wanted, ...otherWanted }, file).saved,
    ).toBeUndefined();
  });

  it("outside of a repository nothing is kept, unless a file is named", async () => {
    const { around, told } = world(tempFolder());
    const memory = openMemory(around, key, wanted, undefined);
    memory.save(await savedWatch());
    expect(memory.saved).toBeUndefined();
    expect(told).toEqual([]);
  });

  it("a file that is broken is said, and the watch begins anew", async () => {
    const folder = tempFolder();
    const { around, told } = world(folder);
    const file = join(folder, "state.json");
    writeFileSync(file, '{"schema":"release-sentinel/watch-state/v1","key"');
    expect(openMemory(around, key, wanted, file).saved).toBeUndefined();
    expect(told.join()).toContain("begins anew");
  });

  it("a place that cannot be written is said once, and the watch goes on", async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "state.json"));
    const { around, told } = world(folder);
    const memory = openMemory(around, key, { ...wanted, fresh: true }, join(folder, "state.json"));
    memory.save(await savedWatch());
    memory.save(await savedWatch());
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/cannot be kept in .* \(E\w+\)/);
  });

  it("holds no secret", async () => {
    const folder = tempFolder();
    const { around, secrets } = world(folder);
    const file = join(folder, "state.json");
    const saved = await savedWatch();
    const value = ["telling", "value"].join("-");
    secrets.add(value);
    openMemory(around, key, wanted, file).save({ ...saved, told: { x: `it said ${value}` } });
    expect(readFileSync(file, "utf8")).not.toContain(value);
  });
});

describe("what the ledger keeps of a decision", () => {
  const query = { sent: ["sum(x)"], from: null, to: null };
  const minutes = Array.from(
    { length: 60 },
    (_, i) => [new Date(begun + i * 60_000).toISOString(), 600, i] as const,
  );
  const receipt = (signals: number, states: (i: number) => "ok" | "breach"): Receipt => ({
    schema: "release-sentinel/watch-receipt/v1",
    at: new Date(begun).toISOString(),
    environment: "prod",
    version: "v1.4.2",
    commit: null,
    source: "prometheus",
    deployedAt: new Date(begun).toISOString(),
    policy,
    action: "rollback",
    final: true,
    message: "it broke",
    reasons: ["it broke"],
    readings: Array.from({ length: signals }, (_, i) => ({
      signal: `s${i}/errors`,
      criterion: "errors",
      state: states(i),
      message: "so",
      arithmetic: [["bad", i]] as const,
    })),
    evidence: [],
    samples: Array.from({ length: signals }, (_, i) => ({
      check: `s${i}/errors`,
      signal: `s${i}/errors`,
      kind: "errors" as const,
      arm: "all" as const,
      state: "counts" as const,
      tookMs: 3,
      observation: { ...query, minutes },
    })),
    recorded: Array.from({ length: signals }, (_, i) => ({
      check: `s${i}/errors`,
      signal: `s${i}/errors`,
      kind: "errors" as const,
      arm: "all" as const,
      observation: { minutes },
    })),
  });
  const kept = (of: Receipt) => watchEvent(of, "watch").data["receipt"] as Receipt;
  const whole = ({ samples }: Receipt) => samples.filter(({ observation }) => "sent" in observation).length;

  it("everything, of few signals", () => {
    const few = receipt(5, () => "ok");
    expect(kept(few)).toEqual(few);
  });

  it("without the minutes for a backtest where those would be too many, then without those of what was well", () => {
    const many = kept(receipt(1000, () => "ok"));
    expect(many.recorded).toBeUndefined();
    expect(whole(many)).toBe(1000);
    const more = kept(receipt(2000, (i) => (i < 3 ? "breach" : "ok")));
    expect(whole(more)).toBe(3);
    expect(more.readings).toHaveLength(2000);
    expect(whole(kept(receipt(2000, () => "breach")))).toBe(0);
    expect(explain(more)).toContain("too large for the ledger");
  });
});
