import { describe, expect, test } from "vitest";
import { catalogue } from "../../../src/checks/index.ts";
import type { ConfigFile } from "../../../src/config/file.ts";
import type { Json } from "../../../src/core/json.ts";
import type { Policy } from "../../../src/core/policy.ts";
import type { Verdict } from "../../../src/core/verdict.ts";
import { partsOf } from "../../../src/flows/replay/looks.ts";
import { type Rejudgement, rejudge } from "../../../src/flows/replay/rejudge.ts";
import fc from "../../support/property.ts";
import { type Around, disk, matcher, memory, policyOf, recorded, type Seen, unanswered } from "./recorded.ts";

function again(verdict: Verdict, policy: Policy): Rejudgement {
  return rejudge(verdict, policy, matcher, policy.digest());
}

/** Recorded under one configuration, judged under another. */
async function under(before: ConfigFile, seen: Seen, after: ConfigFile, around: Around = {}) {
  const verdict = recorded(await policyOf(before, around.told?.environment), seen, around);
  const judged = again(verdict, await policyOf(after, around.told?.environment));
  const why = Object.fromEntries(
    judged.checks.flatMap((check) => ("unrecorded" in check ? [[check.check, check.unrecorded]] : [])),
  );
  return { ...judged, was: verdict.verdict, why };
}

const memoryOnly: ConfigFile = { checks: { "host.memory": true } };
const free: Json = { head: "a".repeat(40), tag: null, remote: null };

describe("what was seen, judged by another policy", () => {
  test("fails where the threshold is lower, and passes where it is higher", async () => {
    const lower: ConfigFile = { checks: { "host.memory": { critical: 50 } } };
    const seen = { "host.memory": memory(60) };
    expect(await under(memoryOnly, seen, lower)).toMatchObject({ was: "SAFE", outcome: "stopped" });
    expect(await under(lower, seen, memoryOnly)).toMatchObject({ was: "CRITICAL", outcome: "passed" });
  });

  test("is what the gate itself would have said, whatever was seen and whatever the policy (property)", async () => {
    const percent = fc.integer({ min: 0, max: 100 });
    const config = fc.record({
      warn: percent,
      critical: percent,
      severity: fc.constantFrom("fail", "warn", "notice"),
    });
    await fc.assert(
      fc.asyncProperty(
        config,
        config,
        percent,
        fc.array(percent, { minLength: 1 }),
        async (a, b, used, disks) => {
          const file = (options: object): ConfigFile => ({
            checks: { "host.memory": { ...options }, "host.disk": { ...options }, "git.version": true },
          });
          const seen = { "host.memory": memory(used), "host.disk": disk(...disks), "git.version": null };
          const [before, after] = [await policyOf(file(a)), await policyOf(file(b))];
          const wanted = recorded(after, seen);
          const judged = again(recorded(before, seen), after);
          expect(JSON.parse(JSON.stringify(judged.findings))).toEqual(wanted.findings);
          expect(judged.decision.verdict).toBe(wanted.verdict);
          expect(judged.outcome).toBe(wanted.verdict === "SAFE" ? "passed" : "stopped");
        },
      ),
      { numRuns: 60 },
    );
  });

  test("is settled by the new policy's severity, shadow mode and waivers", async () => {
    const seen = { "host.memory": memory(99) };
    const waiver = { check: "host.*", owner: "ops", reason: "known", until: "2026-11-30" };
    for (const after of [
      { checks: { "host.memory": { severity: "warn" } } },
      { checks: { "host.memory": { mode: "shadow" } } },
      { ...memoryOnly, waivers: [waiver] },
    ] as ConfigFile[]) {
      expect(await under(memoryOnly, seen, after)).toMatchObject({ was: "CRITICAL", outcome: "passed" });
    }
  });

  test("has its waivers as of its own time, not of today", async () => {
    const waived = (until: string): ConfigFile => ({
      ...memoryOnly,
      waivers: [{ check: "host.memory", owner: "ops", reason: "known", until }],
    });
    const around = { told: { startedAt: "2026-06-15T12:00:00Z" } };
    const seen = { "host.memory": memory(99) };
    expect((await under(memoryOnly, seen, waived("2026-06-15"), around)).outcome).toBe("passed");
    expect((await under(memoryOnly, seen, waived("2026-06-14"), around)).outcome).toBe("stopped");
  });

  test("is judged though a waiver or shadow mode hid it then", async () => {
    const seen = { "host.memory": memory(99) };
    const waivers = [{ check: "host.memory", owner: "ops", reason: "known", until: "2027-01-01" }];
    expect((await under({ ...memoryOnly, waivers }, seen, memoryOnly)).outcome).toBe("stopped");
    const shadow: ConfigFile = { checks: { "host.memory": { mode: "shadow" } } };
    expect((await under(shadow, seen, memoryOnly)).outcome).toBe("stopped");
  });

  test("is told apart disk by disk, one of them unknown then as now", async () => {
    const seen = {
      "host.disk": {
        disks: [...(disk(10) as { disks: Json[] }).disks, { path: "/x", use: null, trouble: "gone" }],
      },
    };
    const config: ConfigFile = { checks: { "host.disk": { paths: ["/", "/x"] } } };
    const judged = await under(config, seen, { ...config, unknown: "blocked" });
    expect(judged).toMatchObject({ was: "CRITICAL", outcome: "stopped", why: {} });
    expect(judged.decision.verdict).toBe("BLOCKED");
  });

  test("is judged where the answer needs no observation, though nobody asked then", async () => {
    const after: ConfigFile = {
      checks: { "host.memory": true, "git.version": true, "env.allowed": { allow: ["stage"] } },
    };
    const judged = await under(memoryOnly, { "host.memory": memory(1) }, after);
    expect(judged).toMatchObject({ outcome: "stopped", why: {} });
    expect(judged.decision.reasons).toEqual(["Invalid environment: prod"]);
  });

  test("is skipped with what it needs, as the gate does it", async () => {
    const checks = { "git.repository": true, "git.tag": { remote: false as const }, "host.memory": true };
    const broken = { noRepository: { message: "Not inside a Git repository", remedy: "cd" } };
    const judged = await under(
      { checks },
      { "git.repository": broken, "git.tag": free, "host.memory": memory(1) },
      { checks: { ...checks, "host.memory": { needs: ["git.repository"] } } },
    );
    const statuses = judged.findings.map(({ check, status }) => [check, status]);
    expect(statuses).toEqual([
      ["git.repository", "fail"],
      ["git.tag", "skipped"],
      ["host.memory", "skipped"],
    ]);
  });

  test("was unknown then, and is unknown now, by what the new policy makes of that", async () => {
    const seen = { "host.memory": unanswered };
    expect((await under(memoryOnly, seen, { checks: { "host.memory": { warn: 1 } } })).decision.verdict).toBe(
      "CRITICAL",
    );
    expect((await under(memoryOnly, seen, { ...memoryOnly, unknown: "blocked" })).decision.verdict).toBe(
      "BLOCKED",
    );
    const with2: ConfigFile = { checks: { "host.memory": true, "git.version": true }, unknown: "warn" };
    expect((await under(memoryOnly, seen, with2)).outcome).toBe("passed");
  });

  test("is skipped where it is about a version, and none was asked about", async () => {
    const checks: ConfigFile["checks"] = {
      "host.memory": true,
      api: { uses: "http", url: "https://api.example.com/${version}" },
    };
    const around = { told: { version: null, for: "pull-request" as const } };
    const judged = await under({ checks }, { "host.memory": memory(1) }, { checks }, around);
    expect(judged).toMatchObject({ outcome: "passed", why: {} });
    expect(judged.findings[1]).toMatchObject({ status: "skipped", message: "No version is asked about" });
  });

  test("carries a missing variable over", async () => {
    const config: ConfigFile = { checks: { api: { uses: "http", url: "${RS_API_URL}" } } };
    const verdict = recorded(await policyOf(config), {});
    const [finding] = verdict.findings;
    if (!finding) throw new Error("there is one");
    const missing = {
      ...finding,
      status: "fail",
      kind: "policy",
      message: "Missing required env var: RS_API_URL",
    } as const;
    const policy = await policyOf({
      checks: { api: { uses: "http", url: "${RS_API_URL}", severity: "warn" } },
    });
    expect(again({ ...verdict, findings: [missing] }, policy).findings[0]).toMatchObject({ status: "warn" });
    expect(again({ ...verdict, findings: [missing] }, await policyOf(config)).decision.verdict).toBe(
      "BLOCKED",
    );
  });

  test("is deterministic", async () => {
    const verdict = recorded(await policyOf(memoryOnly), { "host.memory": memory(80) });
    const policy = await policyOf({ checks: { "host.memory": { warn: 90 } } });
    expect(again(verdict, policy)).toEqual(again(verdict, policy));
  });
});

describe("what cannot be told", () => {
  const calm = { at: "", timezone: "UTC", freeze: null, nextOpen: null, next: null };
  const tool = { present: true, version: "20.1.0", trouble: null, range: ">=20", satisfied: true };
  const answer = {
    answer: { status: 200, redirects: 0, origin: "x", seconds: 0.1, problems: [], version: null },
    failure: null,
  };

  test.each<[string, ConfigFile, Seen, ConfigFile, string]>([
    [
      "a check that is new",
      memoryOnly,
      { "host.memory": memory(1) },
      { checks: { "host.memory": true, "host.disk": true } },
      "host.disk",
    ],
    [
      "a check that was not reached",
      { checks: { "host.memory": true, "host.disk": true } },
      { "host.memory": memory(1) },
      { checks: { "host.memory": { warn: 71 }, "host.disk": true } },
      "host.disk",
    ],
    [
      "another calendar",
      { checks: { "calendar.freeze": true } },
      { "calendar.freeze": calm },
      { checks: { "calendar.freeze": { timezone: "Europe/Berlin" } } },
      "calendar.freeze",
    ],
    [
      "another range of a tool",
      { checks: { "host.tool": { name: "node", version: ">=20" } } },
      { "host.tool": tool },
      { checks: { "host.tool": { name: "node", version: ">=22" } } },
      "host.tool",
    ],
    [
      "another branch list",
      { checks: { "git.branch": true } },
      {
        "git.branch": {
          commit: "a",
          branch: "main",
          from: "head",
          containing: [],
          shallow: false,
          ci: null,
          tag: null,
          allowed: true,
        },
      },
      { checks: { "git.branch": { allow: ["trunk"] } } },
      "git.branch",
    ],
    [
      "another URL",
      { checks: { api: { uses: "http", url: "http://a.example.com" } } },
      { api: answer },
      { checks: { api: { uses: "http", url: "http://b.example.com" } } },
      "api",
    ],
    [
      "another check of the same name",
      { checks: { api: { uses: "http", url: "http://a.example.com" } } },
      { api: answer },
      { checks: { api: { uses: "tcp", address: "a.example.com:80" } } },
      "api",
    ],
    [
      "a value that only the machine had",
      { checks: { "git.signed": { keys: ["${RELEASE_KEY}"] } } },
      { "git.signed": { head: "a", letter: "G", signer: null, key: "0123456789ABCDEF" } },
      { checks: { "git.signed": { keys: ["${RELEASE_KEY}"] } }, unknown: "warn" },
      "git.signed",
    ],
  ])("is %s", async (_, before, seen, after, check) => {
    const judged = await under(before, seen, after);
    expect(judged.outcome).toBe("unknown");
    expect(Object.keys(judged.why)).toEqual([check]);
    expect(judged.why[check]).toBeTruthy();
  });

  test("is another check of the same name, though both were told the same", async () => {
    const [before, after] = [{ history: { uses: "git.order" } }, { history: { uses: "git.repository" } }];
    const judged = await under(
      { checks: before },
      { history: { last: null, shallow: false } },
      { checks: after },
    );
    expect(judged.why).toEqual({ history: "git.order looked, and this policy asks git.repository" });
  });

  test("is what its judge does not know any more, though it knew then", async () => {
    const policy = await policyOf(memoryOnly);
    const verdict = recorded(policy, { "host.memory": memory(1) });
    const forgetful = policy.checks.map((planned) => ({
      ...planned,
      check: { ...planned.check, judge: () => ({ status: "unknown" as const, message: "who knows" }) },
    }));
    const judged = again(verdict, { ...policy, checks: forgetful });
    expect(judged).toMatchObject({ outcome: "unknown", checks: [{ check: "host.memory", couldStop: true }] });
  });

  test("is what the checks were told, in a record of an older version, unless the policy is the same", async () => {
    const config: ConfigFile = { checks: { "host.disk": true, "host.memory": true } };
    const seen = { "host.disk": disk(10), "host.memory": memory(10) };
    const same = await under(config, seen, config, { bare: true });
    expect(same).toMatchObject({ outcome: "passed", why: {} });
    const other = await under(config, seen, { ...config, unknown: "blocked" }, { bare: true });
    // Every option of host.memory is the judge's alone.
    expect(other.why).toEqual({ "host.disk": "what the check was told then is not recorded" });
  });

  test("does not matter where it could not stop the release anyway", async () => {
    const before = memoryOnly;
    const seen = { "host.memory": memory(1) };
    for (const entry of [{ severity: "warn" }, { mode: "shadow" }] as const) {
      const judged = await under(before, seen, { checks: { "host.memory": true, "host.disk": entry } });
      expect(judged).toMatchObject({ outcome: "passed", why: { "host.disk": expect.any(String) } });
    }
  });

  test("does not matter where something known stops the release", async () => {
    const judged = await under(
      memoryOnly,
      { "host.memory": memory(99) },
      { checks: { "host.memory": true, "host.disk": true } },
    );
    expect(judged.outcome).toBe("stopped");
  });

  test("is an observation that its judge cannot read", async () => {
    const judged = await under(memoryOnly, { "host.memory": memory(1) }, memoryOnly);
    expect(judged.outcome).toBe("passed");
    const verdict = recorded(await policyOf(memoryOnly), { "host.memory": memory(1) });
    const broken = { ...verdict, findings: verdict.findings.map((f) => ({ ...f, observation: "text" })) };
    const policy = await policyOf({ checks: { "host.disk": true } });
    const renamed = {
      ...broken,
      findings: broken.findings.map((f) => ({
        ...f,
        check: "host.disk",
        uses: "host.disk",
        options: policy.checks[0]?.options ?? {},
      })),
    };
    expect(again(renamed, policy).checks[0]).toMatchObject({
      unrecorded: "its judge cannot read what was recorded",
    });
  });
});

test("every check of the catalogue says which options its judge alone reads, and they are options of it", () => {
  expect(Object.keys(partsOf).sort()).toEqual(catalogue.map(({ id }) => id).sort());
  for (const { id, defaults, judge } of catalogue) {
    const { judgedOnly = [], judgedToo = [], looksAtNothing } = partsOf[id] ?? {};
    const source = judge.toString();
    for (const option of [...judgedOnly, ...judgedToo]) {
      const known = option in (defaults as object) || source.includes(option);
      expect(known, `${id}.${option}`).toBe(true);
    }
    if (looksAtNothing)
      expect(catalogue.find((check) => check.id === id)?.observe.toString()).toMatch(/=> null/);
  }
});
