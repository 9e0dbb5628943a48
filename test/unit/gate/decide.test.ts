import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import type { Finding, Judgement } from "../../../src/core/finding.ts";
import type { PlannedCheck, Waiver } from "../../../src/core/policy.ts";
import { decide, endOf, expiringWaivers, type Rules, settle } from "../../../src/gate/decide.ts";

const at = "2026-11-21T10:00:00.000Z";
const circumstances = { durationMs: 1, attempts: 1, observation: null };

function planned(over: Partial<PlannedCheck> = {}): PlannedCheck {
  return { name: "git.clean", kind: "policy", severity: "fail", ...over } as PlannedCheck;
}

function rules(
  over: {
    waivers?: Waiver[];
    breakGlass?: string[];
    glass?: string;
    environment?: string;
    version?: string;
  } = {},
): Rules {
  return {
    policy: { waivers: over.waivers ?? [], breakGlass: over.breakGlass ?? [], onUnknown: "critical" },
    target: {
      environment: over.environment ?? "prod",
      version: over.version ?? "v1.0.0",
      purpose: "release",
      at,
    },
    matcher: (globs) => picomatch(globs as string | string[], { dot: true }),
    breakGlass: over.glass,
  };
}

const failing: Judgement = { status: "fail", message: "dirty" };
const waiver: Waiver = { check: "git.*", owner: "ops", reason: "known", until: "2027-01-01" };

function finding(
  status: Finding["status"],
  kind: Finding["kind"] = "policy",
  message = `${kind} ${status}`,
): Finding {
  return { check: "x", kind, status, message, ...circumstances };
}

describe("settle", () => {
  it("leaves what is ok alone, whatever waivers and shadow mode say", () => {
    const ok: Judgement = { status: "ok", message: "clean" };
    expect(settle(planned({ shadow: {} }), ok, circumstances, rules({ waivers: [waiver] })).status).toBe(
      "ok",
    );
  });
  it("softens a failure to the check's severity", () => {
    expect(settle(planned({ severity: "warn" }), failing, circumstances, rules()).status).toBe("warn");
    expect(settle(planned({ severity: "notice" }), failing, circumstances, rules()).status).toBe("notice");
  });
  it("records in shadow mode what it would have been", () => {
    const settled = settle(
      planned({ shadow: { owner: "qa", until: "2026-12-01" } }),
      failing,
      circumstances,
      rules(),
    );
    expect(settled).toMatchObject({
      status: "notice",
      shadow: { status: "fail", owner: "qa", until: "2026-12-01" },
    });
  });
  it("enforces again when shadow mode has ended", () => {
    expect(settle(planned({ shadow: { until: "2026-11-20" } }), failing, circumstances, rules()).status).toBe(
      "fail",
    );
  });
  it("waives with who, why and until when", () => {
    const settled = settle(
      planned(),
      failing,
      circumstances,
      rules({ waivers: [{ ...waiver, ticket: "OPS-1" }] }),
    );
    expect(settled).toMatchObject({
      status: "waived",
      waiver: { owner: "ops", reason: "known", ticket: "OPS-1", until: "2027-01-01" },
    });
  });
  it("gives an expired waiver no effect, and says that it expired", () => {
    const settled = settle(
      planned(),
      failing,
      circumstances,
      rules({ waivers: [{ ...waiver, until: "2026-11-20" }] }),
    );
    expect(settled).toMatchObject({
      status: "fail",
      message: "dirty (its waiver by ops expired on 2026-11-20)",
    });
  });
  it("lets a waiver hold through the end of its last day, UTC", () => {
    expect(
      settle(planned(), failing, circumstances, rules({ waivers: [{ ...waiver, until: "2026-11-21" }] }))
        .status,
    ).toBe("waived");
    expect(endOf("2026-11-21")).toBe(Date.parse("2026-11-22T00:00:00Z"));
  });
  it.each<[string, Waiver, Partial<Parameters<typeof rules>[0]>]>([
    ["another check", { ...waiver, check: "env.*" }, {}],
    ["another subject", { ...waiver, subject: "docs/**" }, {}],
    ["another environment", { ...waiver, environments: ["dev"] }, {}],
    ["another version", { ...waiver, versions: ["v2.*"] }, {}],
  ])("does not waive for %s", (_what, other, over) => {
    expect(
      settle(
        planned(),
        { ...failing, subject: "src/a.ts" },
        circumstances,
        rules({ waivers: [other], ...over }),
      ).status,
    ).toBe("fail");
  });
  it("opens by break-glass only what the policy names, and only when it was broken", () => {
    const settled = settle(
      planned(),
      failing,
      circumstances,
      rules({ breakGlass: ["git.*"], glass: "INC-1" }),
    );
    expect(settled).toMatchObject({ status: "waived", breakGlass: { reason: "INC-1" } });
    expect(
      settle(planned(), failing, circumstances, rules({ breakGlass: ["env.*"], glass: "INC-1" })).status,
    ).toBe("fail");
    expect(settle(planned(), failing, circumstances, rules({ glass: "INC-1" })).status).toBe("fail");
    expect(settle(planned(), failing, circumstances, rules({ breakGlass: ["git.*"] })).status).toBe("fail");
  });
});

describe("decide", () => {
  it.each<[string, Finding[], string, number, boolean]>([
    ["all ok", [finding("ok"), finding("notice"), finding("skipped"), finding("waived")], "SAFE", 0, true],
    ["a warning", [finding("ok"), finding("warn")], "SAFE", 0, false],
    ["a policy failure", [finding("fail")], "BLOCKED", 1, false],
    ["a health failure", [finding("fail", "health")], "CRITICAL", 2, false],
    ["both: policy wins", [finding("fail", "health"), finding("fail")], "BLOCKED", 1, false],
    ["a policy check without an answer", [finding("unknown")], "CRITICAL", 2, false],
    ["a health check without an answer", [finding("unknown", "health")], "CRITICAL", 2, false],
    ["a failure of a kind that is none", [finding("fail", "security" as "health")], "CRITICAL", 2, false],
    ["a remark of ours alone", [{ ...finding("notice"), attempts: 0 }], "CRITICAL", 2, false],
    ["nothing at all", [], "CRITICAL", 2, false],
    ["only skipped checks", [finding("skipped")], "CRITICAL", 2, false],
  ])("%s", (_what, findings, verdict, exitCode, releasable) => {
    expect(decide(findings, "critical")).toMatchObject({ verdict, exitCode, releasable });
  });
  it("treats an unknown as the environment's policy says", () => {
    const unknown = [finding("ok"), finding("unknown", "health", "no answer")];
    expect(decide(unknown, "blocked")).toMatchObject({ verdict: "BLOCKED", reasons: ["no answer"] });
    expect(decide(unknown, "warn")).toMatchObject({ verdict: "SAFE", releasable: false, reasons: [] });
  });
  it("says whether everything that stands against it is a variable without a value", () => {
    const lacking = { ...finding("fail"), missing: ["TOKEN"] };
    const unread = { ...finding("unknown", "health"), missing: ["TOKEN"] };
    const only = (...findings: Finding[]) => decide(findings, "critical").onlyMissing;
    expect([only(lacking), only(lacking, unread, finding("warn"), finding("ok"))]).toEqual([true, true]);
    expect([
      only(lacking, finding("fail")),
      only(lacking, finding("fail", "health")),
      only(lacking, finding("unknown", "health")),
      only({ ...lacking, missing: [] }),
      only(finding("ok")),
      only(),
    ]).toEqual([false, false, false, false, false, false]);
    expect(decide([lacking, finding("unknown", "health")], "warn").onlyMissing).toBe(true);
  });
  it("names every reason once", () => {
    expect(
      decide(
        [finding("fail", "policy", "a"), finding("fail", "policy", "a"), finding("fail", "policy", "b")],
        "critical",
      ).reasons,
    ).toEqual(["a", "b"]);
  });
});

describe("expiring waivers", () => {
  const waived = (until: string): Finding => ({
    ...finding("waived"),
    waiver: { owner: "ops", reason: "r", until },
  });
  const target = rules().target;
  it("are pointed out within 14 days, and hold no release up", () => {
    expect(expiringWaivers([waived("2026-12-04")], target)).toMatchObject([
      { status: "notice", message: "Waiver for x expires on 2026-12-04 (owner: ops)" },
    ]);
  });
  it("are silent before that, and said once", () => {
    expect(expiringWaivers([waived("2026-12-06")], target)).toEqual([]);
    expect(expiringWaivers([waived("2026-12-01"), waived("2026-12-01")], target)).toHaveLength(1);
  });
});
