import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import type { EnvReader, Readers } from "../../../src/clients/readers.ts";
import { Aborted, type Check, defaultLimits, type Limits, TryAgain } from "../../../src/core/check.ts";
import type { Finding, Judgement } from "../../../src/core/finding.ts";
import type { Json } from "../../../src/core/json.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { PlannedCheck } from "../../../src/core/policy.ts";
import { Doors } from "../../../src/gate/attempt.ts";
import { type GateRun, runGate } from "../../../src/gate/run.ts";

type Observe = Check<object, Json, Readers>["observe"];

interface Wanted {
  name: string;
  kind?: "policy" | "health";
  reach?: "local" | "network";
  observe?: Observe;
  judge?: (seen: Json) => Judgement | Judgement[];
  limits?: Partial<Limits>;
  needs?: string[];
  prerequisites?: string[];
  options?: Record<string, Json>;
  host?: string;
}

function plan(wanted: Wanted): PlannedCheck<Readers> {
  const check: Check<object, Json, Readers> = {
    id: wanted.name,
    question: "?",
    kind: wanted.kind ?? "policy",
    reach: wanted.reach ?? "local",
    defaults: {},
    schema: (z) => z.any(),
    observe: wanted.observe ?? (async () => null),
    judge: wanted.judge ?? (() => ({ status: "ok", message: `${wanted.name} ok` })),
    ...(wanted.prerequisites ? { prerequisites: wanted.prerequisites } : {}),
    ...(wanted.host ? { host: () => wanted.host } : {}),
  };
  return {
    name: wanted.name,
    check,
    kind: check.kind,
    options: wanted.options ?? {},
    limits: { ...defaultLimits, backoffMs: [1], ...wanted.limits },
    needs: wanted.needs ?? [],
    severity: "fail",
  };
}

async function gate(
  wanted: Wanted[],
  over: Partial<GateRun> = {},
  env: Record<string, string> = {},
): Promise<readonly Finding[]> {
  const reader: EnvReader = { get: (name) => env[name], secret: (name) => env[name] };
  return runGate({
    policy: {
      checks: wanted.map(plan),
      waivers: [],
      breakGlass: [],
      onUnknown: "critical",
      digest: () => "",
      source: "",
    },
    target: { environment: "prod", version: "v1.0.0", purpose: "release", at: "2026-11-21T10:00:00Z" },
    readers: { env: reader } as Readers,
    secrets: new Secrets(),
    doors: new Doors(),
    matcher: (globs) => picomatch(globs as string | string[]),
    emit: () => {},
    signal: new AbortController().signal,
    timeoutMs: 5000,
    all: false,
    failFast: false,
    breakGlass: undefined,
    ...over,
  });
}

const fails =
  (message = "no"): (() => Judgement) =>
  () => ({ status: "fail", message });
const never: Observe = ({ signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("the runner", () => {
  it("starts nothing else when a local policy check fails, and names every local failure", async () => {
    let asked = false;
    const findings = await gate([
      { name: "a", judge: fails("a") },
      { name: "b", judge: fails("b") },
      { name: "net", reach: "network", observe: async () => ((asked = true), null) },
      { name: "health", kind: "health", observe: async () => ((asked = true), null) },
    ]);
    expect(findings.map(({ status }) => status)).toEqual(["fail", "fail", "skipped", "skipped"]);
    expect(asked).toBe(false);
  });

  it("runs everything with all", async () => {
    const findings = await gate(
      [
        { name: "a", judge: fails() },
        { name: "net", reach: "network" },
      ],
      { all: true },
    );
    expect(findings.map(({ status }) => status)).toEqual(["fail", "ok"]);
  });

  it("cancels the rest when a network policy check fails", async () => {
    const findings = await gate([
      { name: "slow", kind: "health", reach: "network", observe: never },
      { name: "tag", reach: "network", judge: fails() },
    ]);
    expect(findings.map(({ status, message }) => [status, message])).toEqual([
      ["skipped", "Not run: tag has already failed"],
      ["fail", "no"],
    ]);
  });

  it("lets a health failure cancel nothing, unless told to stop at the first failure", async () => {
    const checks: Wanted[] = [
      { name: "disk", kind: "health", judge: fails() },
      {
        name: "api",
        kind: "health",
        reach: "network",
        observe: async () => new Promise((resolve) => setTimeout(resolve, 20, null)),
      },
    ];
    expect((await gate(checks)).map(({ status }) => status)).toEqual(["fail", "ok"]);
    expect((await gate(checks, { failFast: true })).map(({ status }) => status)).toEqual(["fail", "skipped"]);
  });

  it("answers unknown for what throws, hangs, or judges nonsense; never ok", async () => {
    const findings = await gate([
      { name: "throws", kind: "health", observe: async () => Promise.reject(new Error("boom")) },
      { name: "throws-nothing", kind: "health", observe: async () => Promise.reject(undefined) },
      { name: "hangs", kind: "health", observe: never, limits: { timeoutMs: 20 } },
      { name: "deaf", kind: "health", observe: () => new Promise(() => {}), limits: { timeoutMs: 20 } },
      { name: "nonsense", kind: "health", judge: () => ({ status: "fine" }) as unknown as Judgement },
      { name: "empty", kind: "health", judge: () => [] },
      {
        name: "judge-throws",
        kind: "health",
        judge: () => {
          throw new Error("bad judge");
        },
      },
    ]);
    expect(new Set(findings.map(({ status }) => status))).toEqual(new Set(["unknown"]));
    expect(findings[0]?.message).toBe("throws could not be found out: boom");
    expect(findings[2]?.message).toBe("hangs could not be found out: no answer within 20 ms");
  });

  it("counts what reading the policy has taken of the time", async () => {
    const late = { timeoutMs: 600_000, spentMs: 599_970 };
    expect(await gate([{ name: "slow", kind: "health", observe: never }], late)).toMatchObject([
      { status: "unknown", message: expect.stringContaining("the 10 min that the whole run may take") },
    ]);
  });

  it("ends at the deadline with unknowns", async () => {
    const findings = await gate([{ name: "slow", kind: "health", observe: never }], { timeoutMs: 30 });
    expect(findings).toMatchObject([
      {
        status: "unknown",
        message: expect.stringContaining("no answer within the 30 ms that the whole run may take"),
      },
    ]);
  });

  it("tries again while the check asks for it, then judges what it saw last", async () => {
    let n = 0;
    const flaky: Observe = async () => {
      n++;
      if (n < 3) throw new TryAgain({ status: 503 });
      return { status: 200 };
    };
    const judge = (seen: Json): Judgement => ({
      status: (seen as { status: number }).status === 200 ? "ok" : "fail",
      message: "",
    });
    expect(
      await gate([{ name: "api", kind: "health", observe: flaky, judge, limits: { attempts: 3 } }]),
    ).toMatchObject([{ status: "ok", attempts: 3 }]);
    n = 0;
    expect(
      await gate([{ name: "api", kind: "health", observe: flaky, judge, limits: { attempts: 2 } }]),
    ).toMatchObject([{ status: "fail", attempts: 2 }]);
  });

  it("does not wait for a Retry-After beyond the deadline", async () => {
    const busy: Observe = async () => {
      throw new TryAgain({ busy: true }, { retryAfterMs: 60_000 });
    };
    expect(
      await gate([
        { name: "api", kind: "health", observe: busy, judge: fails("busy"), limits: { attempts: 3 } },
      ]),
    ).toMatchObject([{ status: "fail", attempts: 1 }]);
  });

  it("leaves a host alone after many attempts without an answer", async () => {
    let asked = 0;
    const dead: Observe = async () => {
      asked++;
      throw new TryAgain({ error: "refused" }, { noAnswer: true });
    };
    const doors = new Doors();
    const one = (i: number): Wanted => ({
      name: `c${i}`,
      kind: "health",
      observe: dead,
      judge: fails(),
      host: "dead:1",
      limits: { attempts: 1 },
    });
    for (let i = 0; i < 12; i++) await gate([one(i)], { doors });
    expect(asked).toBe(8);
    expect(await gate([one(99)], { doors })).toMatchObject([
      { status: "unknown", message: expect.stringContaining("got no answer") },
    ]);
  });

  it("waits for the check it needs, and for it only; skips when that failed", async () => {
    const order: string[] = [];
    const over = Promise.withResolvers<void>();
    const note =
      (name: string, after?: Promise<void>): Observe =>
      async () => {
        await (after ?? new Promise((resolve) => setTimeout(resolve, 20)));
        order.push(name);
        return { name };
      };
    const findings = await gate([
      {
        name: "second",
        kind: "health",
        needs: ["first"],
        observe: async (context) => (order.push("second"), over.resolve(), context.needs["first"] ?? null),
        judge: (seen) => ({ status: "ok", message: JSON.stringify(seen) }),
      },
      { name: "first", kind: "health", observe: note("first") },
      { name: "slow", kind: "health", observe: note("slow", over.promise) },
    ]);
    expect(order).toEqual(["first", "second", "slow"]);
    expect(findings[0]?.message).toBe('{"name":"first"}');
    const skipped = await gate([
      { name: "b", kind: "health", needs: ["a"] },
      { name: "a", kind: "health", judge: fails() },
    ]);
    expect(skipped[0]).toMatchObject({ status: "skipped", message: "Not run: it needs a, which failed" });
  });

  it("skips what a failed prerequisite makes pointless", async () => {
    const findings = await gate([
      { name: "git.clean", prerequisites: ["git.repository"] },
      { name: "git.repository", judge: fails() },
    ]);
    expect(findings.map(({ status }) => status)).toEqual(["skipped", "fail"]);
  });

  it("replaces ${NAME}; an unset one is a policy failure", async () => {
    const echo: Wanted = {
      name: "api",
      kind: "health",
      reach: "network",
      options: { url: "http://${HOST}/${version}/${environment}" },
      observe: async ({ options }) => options as Json,
      judge: (seen) => ({ status: "ok", message: (seen as { url: string }).url }),
    };
    expect(await gate([echo], {}, { HOST: "h" })).toMatchObject([{ message: "http://h/v1.0.0/prod" }]);
    expect(await gate([echo])).toMatchObject([
      { status: "fail", kind: "policy", message: "Missing required env var: HOST", missing: ["HOST"] },
    ]);
  });

  it("names what is missing to a check that waits for one which could not be found out for want of it", async () => {
    const needs = ["a", "b"];
    const unknown = (missing?: string[]) => (): Judgement => ({
      status: "unknown",
      message: "?",
      ...(missing ? { missing } : {}),
    });
    const last = async (...of: (string[] | undefined)[]) =>
      (
        await gate([
          ...of.map(
            (missing, i): Wanted => ({ name: needs[i] ?? "", kind: "health", judge: unknown(missing) }),
          ),
          { name: "last", kind: "health", needs: needs.slice(0, of.length) },
        ])
      ).at(-1);
    expect(await last(["TOKEN"])).toMatchObject({ status: "unknown", missing: ["TOKEN"] });
    expect(await last(undefined)).not.toHaveProperty("missing");
  });

  it("masks whatever a check answers", async () => {
    const secrets = new Secrets();
    secrets.add("hunter2-hunter2");
    const leaky: Wanted = {
      name: "leaky",
      observe: async () => ({ seen: "hunter2-hunter2" }),
      judge: () => ({
        status: "fail",
        message: "it is hunter2-hunter2",
        details: ["hunter2-hunter2"],
        remedy: "use hunter2-hunter2",
        missing: ["hunter2-hunter2"],
      }),
    };
    expect(JSON.stringify(await gate([leaky], { secrets }))).not.toContain("hunter2");
  });

  it("stops at an interrupt without leaving a check behind", async () => {
    const controller = new AbortController();
    const running = gate([{ name: "slow", kind: "health", observe: never }], { signal: controller.signal });
    setTimeout(() => controller.abort(new Aborted("interrupt", "interrupted by SIGINT")), 10);
    expect(await running).toMatchObject([{ status: "skipped", message: "Not run: interrupted by SIGINT" }]);
  });

  it("gives several findings of one check, the observation with the first", async () => {
    const findings = await gate([
      {
        name: "many",
        observe: async () => ({ n: 2 }),
        judge: () => [
          { status: "ok", message: "1" },
          { status: "fail", message: "2" },
        ],
      },
    ]);
    expect(findings.map(({ observation }) => observation)).toEqual([{ n: 2 }, null]);
  });
});
