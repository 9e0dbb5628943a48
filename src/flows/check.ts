import { monotonicMs } from "../core/clock.ts";
import type { Finding } from "../core/finding.ts";
import type { Verdict } from "../core/verdict.ts";
import { within } from "../core/within.ts";
import { decide, expiringWaivers } from "../gate/decide.ts";
import { type GateRun, runGate } from "../gate/run.ts";

/** It has been asked long ago; a git that hangs must not hold the answer for long, and one that is slow has one. */
const repositoryMs = 5000;

/**
 * Judges a release: runs the policy's checks, decides, and tells whoever listens.
 * @param leftOut checks that were not asked; such an answer releases nothing
 * @param asOf set when the target's moment was asked for; neither does such an answer
 */
export async function check(run: GateRun, leftOut: readonly string[], asOf = false): Promise<Verdict> {
  const startedAt = new Date();
  const began = monotonicMs();
  const answered = await runGate(run);
  // An interrupted run has no verdict.
  run.signal.throwIfAborted();
  const remarks = [...expiringWaivers(answered, run.target), ...pointlessBreakGlass(run)];
  for (const remark of remarks) run.emit({ type: "check.finished", check: remark.check, findings: [remark] });
  const findings = [...answered, ...remarks];
  const decision = decide(findings, run.policy.onUnknown);
  const repository = await within(repositoryMs, run.signal, () => run.readers.git.repository()).catch(
    () => undefined,
  );
  const ready = repository?.state === "ready" ? repository : undefined;
  const verdict: Verdict = {
    schema: "release-sentinel/verdict/v1",
    verdict: decision.verdict,
    exitCode: decision.exitCode,
    releasable: decision.releasable && leftOut.length === 0 && !asOf,
    for: run.target.purpose,
    environment: run.secrets.mask(run.target.environment),
    version: run.target.version === undefined ? null : run.secrets.mask(run.target.version),
    commit: ready?.commit ?? null,
    branch: run.secrets.maskDeep(ready?.branch ?? run.readers.ci.branch),
    // Only reports look at it, and hashing means loading all of node:crypto.
    get policyDigest() {
      return run.policy.digest();
    },
    policySource: run.policy.source,
    leftOut,
    startedAt: startedAt.toISOString(),
    ...(asOf ? { at: run.target.at } : {}),
    durationMs: Math.round(monotonicMs() - began),
    findings,
    onlyMissing: decision.onlyMissing,
    reasons: decision.reasons,
  };
  run.emit({ type: "verdict", verdict });
  return verdict;
}

/** Break-glass where the policy opens nothing is said, not obeyed. */
function pointlessBreakGlass({ breakGlass, policy, target }: GateRun): Finding[] {
  if (breakGlass === undefined || policy.breakGlass.length > 0) return [];
  return [
    {
      check: "break-glass",
      kind: "policy",
      status: "notice",
      message: `Break-glass has no effect: the policy of ${target.environment} does not allow it`,
      remedy: `environments.${target.environment}.breakGlass names the checks it may open`,
      durationMs: 0,
      attempts: 0,
      observation: null,
    },
  ];
}
