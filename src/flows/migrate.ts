import { createHash } from "node:crypto";
import { monotonicMs } from "../core/clock.ts";
import type { Emit } from "../core/event.ts";
import type { Finding } from "../core/finding.ts";
import type { Verdict } from "../core/verdict.ts";
import { rules } from "../deploy/migrations/rules/index.ts";
import { decide } from "../gate/decide.ts";

export interface MigrateRun {
  readonly environment: string;
  readonly commit: string | null;
  readonly branch: string | null;
  readonly emit: Emit;
  /** Reads, judges and tries out; every answer is a finding. */
  check(): Promise<readonly Finding[]>;
}

/** Are these migrations safe? What could not be found out is no yes. */
export async function migrateCheck(run: MigrateRun): Promise<Verdict> {
  const startedAt = new Date();
  const began = monotonicMs();
  const findings = await run.check();
  for (const finding of findings)
    run.emit({ type: "check.finished", check: finding.check, findings: [finding] });
  const { environment, commit, branch } = run;
  const verdict: Verdict = {
    schema: "release-sentinel/migrations/v1",
    ...decide(findings, "critical"),
    for: "deploy",
    environment,
    version: null,
    commit,
    branch,
    policyDigest: `sha256:${createHash("sha256").update(JSON.stringify(rules)).digest("hex")}`,
    policySource: "the rules for migrations",
    leftOut: [],
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(monotonicMs() - began),
    findings,
  };
  run.emit({ type: "verdict", verdict });
  return verdict;
}
