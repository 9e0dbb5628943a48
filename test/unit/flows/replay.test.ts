import { describe, expect, test } from "vitest";
import type { ConfigFile } from "../../../src/config/file.ts";
import { renderReplay } from "../../../src/flows/replay/render.ts";
import { asVerdict, followsFromFindings } from "../../../src/flows/replay/saved.ts";
import { type ReplayReport, replay, shadowReport } from "../../../src/flows/replay.ts";
import { render } from "../../../src/gate/report/index.ts";
import type { Recorded } from "../../../src/ledger/entry.ts";
import { options, safe, verdicts } from "../gate/report/verdicts.ts";
import { type Event, ledger, matcher, memory, policyOf, recorded } from "./recorded.ts";

const loose: ConfigFile = { checks: { "host.memory": { warn: 90, critical: 95 } } };
const strict: ConfigFile = { checks: { "host.memory": { warn: 50, critical: 60 } } };

let runs = 0;

async function run(percent: number, version: string, config = loose, environment = "prod") {
  runs++;
  const told = {
    environment,
    version,
    startedAt: new Date(Date.UTC(2026, 8, 1) + runs * 1000).toISOString(),
  };
  return recorded(await policyOf(config, environment), { "host.memory": memory(percent) }, { told });
}

async function report(events: readonly Event[], after: ConfigFile, sinceMs?: number): Promise<ReplayReport> {
  return replay(ledger(...events), {
    policyOf: (environment) => policyOf(after, environment),
    matcher,
    sinceMs,
  });
}

const history = async (): Promise<readonly Event[]> => [
  await run(10, "v1.0.0"),
  await run(70, "v1.1.0"),
  { kind: "release", version: "v1.1.0", data: { outcome: "released" } },
  { kind: "apply", version: "v1.1.0", data: { outcome: "rolled-back" } },
  await run(70, "v1.2.0"),
  { kind: "apply", version: "v1.2.0", data: { outcome: "done" } },
  await run(99, "v1.3.0"),
  await run(70, "v1.4.0", loose, "stage"),
];

describe("a replay", () => {
  test("names the runs that passed and would be stopped, why, and what became of them", async () => {
    const found = await report(await history(), strict);
    expect(found.runs).toEqual({ total: 5, same: 2, wouldStop: 3, wouldPass: 0, unknown: 0, unreadable: 0 });
    expect(found).toMatchObject({
      from: "2026-10-01T00:00:00.000Z",
      to: "2026-10-08T00:00:00.000Z",
      wouldPass: [],
      unknown: [],
    });
    expect(Object.keys(found.policies)).toEqual(["prod", "stage"]);
    expect(found.wouldStop).toMatchObject([
      { run: { seq: 2, version: "v1.1.0" }, was: "SAFE", now: "CRITICAL", later: { what: "bad", seq: 4 } },
      { run: { seq: 5, version: "v1.2.0" }, later: { what: "good", seq: 6 } },
      { run: { seq: 8, environment: "stage" }, later: { what: "unknown", seq: null } },
    ]);
    expect(found.wouldStop[0]?.because).toEqual([
      { check: "host.memory", message: "Memory CRITICAL: 70.0%" },
    ]);
    expect(found.checks).toEqual([
      {
        check: "host.memory",
        runs: 5,
        wouldStop: 3,
        wouldLetPass: 0,
        unknown: 0,
        laterBad: 1,
        laterGood: 1,
        named: [2, 5, 8],
        why: [],
      },
    ]);
  });

  test("names the runs that were stopped and would pass, also by a check that is gone", async () => {
    const events = [await run(99, "v1.0.0"), await run(1, "v1.1.0")];
    for (const after of [
      { checks: { "host.memory": { severity: "notice" } } },
      { checks: { "git.version": true } },
    ] as ConfigFile[]) {
      const found = await report(events, after);
      expect(found.runs).toMatchObject({ same: 1, wouldPass: 1 });
      expect(found.wouldPass[0]).toMatchObject({
        run: { seq: 1 },
        was: "CRITICAL",
        now: "SAFE",
        because: [{ check: "host.memory", message: "Memory CRITICAL: 99.0%" }],
      });
    }
  });

  test("says of which runs it cannot be told, and why, by check", async () => {
    const events = [await run(10, "v1.0.0"), await run(10, "v1.1.0"), await run(99, "v1.2.0")];
    const found = await report(events, { checks: { ...loose.checks, "host.disk": true } });
    // The last one is stopped by what is known.
    expect(found.runs).toMatchObject({ total: 3, same: 1, unknown: 2 });
    expect(found.unknown[0]).toMatchObject({
      run: { seq: 1 },
      because: [{ check: "host.disk", why: "it was not checked then" }],
    });
    expect(found.checks.find(({ check }) => check === "host.disk")).toMatchObject({
      unknown: 3,
      why: [{ reason: "it was not checked then", runs: 3 }],
    });
  });

  test("changes nothing under the policy that judged", async () => {
    const found = await report(await history(), loose);
    expect(found.runs).toMatchObject({ total: 5, same: 5 });
  });

  test("looks at runs from a time on, and at what became of them after it", async () => {
    const found = await report(await history(), strict, Date.UTC(2026, 9, 2));
    expect(found.runs.total).toBe(4);
    expect(found.from).toBe("2026-10-02T00:00:00.000Z");
  });

  test("counts a run once, though the release that followed recorded its verdict too", async () => {
    const verdict = await run(70, "v1.0.0");
    const { schema } = verdict;
    const release = {
      kind: "release",
      version: "v1.0.0",
      data: { verdict, outcome: { schema, outcome: "complete" } },
    };
    const found = await report([verdict, release], strict);
    expect(found.runs).toMatchObject({ total: 1, wouldStop: 1 });
    expect(found.wouldStop[0]?.later).toEqual({ what: "good", seq: 2 });
    expect((await report([release], strict)).runs).toMatchObject({ total: 1, wouldStop: 1 });
  });

  test("counts what cannot be read instead of stopping at it", async () => {
    const newer = { ...(await run(1, "v1.0.0")), schema: "release-sentinel/verdict/v9" } as unknown as Event;
    const found = await report([newer, await run(1, "v1.1.0")], loose);
    expect(found.runs).toMatchObject({ total: 1, unreadable: 1 });
  });

  test("of an empty ledger says so", async () => {
    expect(renderReplay(await report([], loose), "text")).toContain("no run is recorded");
  });

  test("does not hold what came before a run against it, and follows a rollback to the version it left", async () => {
    const events: Event[] = [
      { kind: "apply", version: "v1.0.0", data: { outcome: "rolled-back" } },
      await run(70, "v1.0.0"),
      await run(70, "v1.1.0"),
      { kind: "apply", version: "v1.1.0", data: { outcome: "failed" } },
      { kind: "rollback", version: "v1.0.0", data: { from: "v1.1.0" } },
    ];
    const found = await report(events, strict);
    expect(found.wouldStop.map(({ later }) => later)).toEqual([
      { what: "unknown", seq: null },
      { what: "bad", seq: 5 },
    ]);
  });
});

test("what is replayed is what the audit ledger records", async () => {
  const entries = async function* (): AsyncGenerator<Recorded> {};
  const found = await replay(entries(), { policyOf: (environment) => policyOf(loose, environment), matcher });
  expect(found.runs.total).toBe(0);
});

describe("the report on shadow mode", () => {
  const shadowed: ConfigFile = {
    checks: {
      "host.memory": { ...(strict.checks?.["host.memory"] as object), mode: "shadow" },
      "git.version": true,
    },
  };
  const shadowRun = async (percent: number, version: string) =>
    recorded(
      await policyOf(shadowed),
      { "host.memory": memory(percent), "git.version": null },
      { told: { version } },
    );

  test("says how often a check would have stopped a release, and what became of it", async () => {
    const events: Event[] = [
      await shadowRun(10, "v1.0.0"),
      await shadowRun(99, "v1.1.0"),
      { kind: "apply", version: "v1.1.0", data: { outcome: "rolled-back" } },
      await shadowRun(99, "v1.2.0"),
      { kind: "release", version: "v1.2.0", data: { outcome: "done" } },
    ];
    const found = await shadowReport(ledger(...events), { shadowed: new Set() });
    expect(found).toMatchObject({ kind: "shadow", runs: { total: 3, same: 1, wouldStop: 2 } });
    expect(found.checks).toMatchObject([
      { check: "host.memory", runs: 3, wouldStop: 2, laterBad: 1, laterGood: 1, named: [2, 4] },
    ]);
    expect(found.wouldStop[0]).toMatchObject({ was: "SAFE", now: "CRITICAL", later: { what: "bad" } });
  });

  test("shows a check that never complained, if it is known to be tried out", async () => {
    const events = [await shadowRun(10, "v1.0.0")];
    const found = await shadowReport(ledger(...events), { shadowed: new Set(["host.memory"]) });
    expect(found.checks).toMatchObject([{ check: "host.memory", runs: 1, wouldStop: 0 }]);
  });
});

describe("a report", () => {
  test("reads well as text", async () => {
    expect(renderReplay(await report(await history(), strict), "text").replace(/[0-9a-f]{64}/g, "…")).toBe(
      [
        "Recorded runs, judged again by release-sentinel.yaml",
        "  5 runs from 2026-10-01T00:00:00.000Z to 2026-10-08T00:00:00.000Z",
        "  2 the same, 3 passed and would be stopped, 0 stopped and would pass, 0 cannot be told",
        "  policy of prod: sha256:…",
        "  policy of stage: sha256:…",
        "",
        "CHECK        ASKED  WOULD STOP  WOULD LET PASS  CANNOT TELL  LATER BAD  LATER GOOD  RUNS",
        "host.memory      5           3               0            0          1           1  #2 #5 #8",
        "",
        "Passed, and would be stopped:",
        "  #2  2026-10-02 00:00 prod v1.1.0 3f2a9c1d4b5e  SAFE → CRITICAL  host.memory: Memory CRITICAL: 70.0%  (rolled back later: #4)",
        "  #5  2026-10-05 00:00 prod v1.2.0 3f2a9c1d4b5e  SAFE → CRITICAL  host.memory: Memory CRITICAL: 70.0%  (went out: #6)",
        "  #8  2026-10-08 00:00 stage v1.4.0 3f2a9c1d4b5e  SAFE → CRITICAL  host.memory: Memory CRITICAL: 70.0%",
        "",
      ].join("\n"),
    );
  });

  test("is JSON with everything in it", async () => {
    const found = await report(await history(), strict);
    expect(JSON.parse(renderReplay(found, "json"))).toEqual(found);
  });

  test("shows no more runs than a reader reads, in text", async () => {
    const many = await Promise.all(Array.from({ length: 60 }, (_, i) => run(70, `v1.${i}.0`)));
    const found = await report(many, strict);
    expect(found.wouldStop.length).toBe(60);
    const text = renderReplay(found, "text");
    expect(text).toContain("… and 10 more");
    expect(text).toContain("#1 #2 #3 #4 #5 +55");
  });

  test("lets no text from outside break out of it", async () => {
    const hostile = "`a` | b\u001b[2J\n# @everyone <img>";
    const found = await report([await run(70, hostile, loose, "prod")], strict);
    const [text, markdown] = [renderReplay(found, "text"), renderReplay(found, "markdown")];
    for (const shown of [text, markdown]) expect(shown).not.toContain("\u001b");
    expect(text).not.toMatch(/^# @everyone/m);
    expect(markdown).not.toMatch(/^# @everyone/m);
    expect(markdown).toMatch(/^- `` ?#1 .*@everyone <img>.*`` ?$/m);
  });
});

describe("a saved verdict", () => {
  test.each(Object.entries(verdicts))("that is %s is read from its JSON report", (_, verdict) => {
    const saved: unknown = JSON.parse(render("json", verdict, options));
    expect(asVerdict(saved)).toEqual(saved);
  });

  test.each<[string, unknown]>([
    ["nothing", null],
    ["a text", "SAFE"],
    ["a list", []],
    ["another schema", { ...safe, schema: "release-sentinel/verdict/v2" }],
    ["no findings", { ...safe, findings: undefined }],
    ["a finding that is none", { ...safe, findings: [{ check: "x" }] }],
    ["another word", { ...safe, verdict: "toString" }],
    ["a time that is none", { ...safe, startedAt: "soon" }],
    ["another purpose", { ...safe, for: "fun" }],
  ])("is not %s", (_, value) => {
    expect(asVerdict(value)).toBeUndefined();
  });

  test("follows from its findings, unless somebody edited it", async () => {
    const [calm, bad] = [await run(1, "v1.0.0"), await run(99, "v1.0.0")];
    expect([calm, bad].map(followsFromFindings)).toEqual([true, true]);
    for (const edited of [
      { ...bad, verdict: "SAFE", exitCode: 0 },
      { ...bad, exitCode: 0 },
      { ...calm, findings: [] },
      { ...calm, findings: bad.findings },
      { ...(await run(92, "v1.0.0")), releasable: true },
      { ...calm, leftOut: ["git.clean"] },
    ] as (typeof calm)[]) {
      expect(followsFromFindings(edited)).toBe(false);
    }
  });
});
