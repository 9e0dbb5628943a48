import { count } from "../../core/text.ts";
import { type Deploy, deploysOf } from "./deploys.ts";
import { changeFailureRate, failuresOf, timeToRestore } from "./failures.ts";
import { deploymentFrequency } from "./frequency.ts";
import { leadTimeForChanges } from "./lead-time.ts";
import type { Dora, DoraInput, Known } from "./types.ts";

/** The four numbers of DevOps Research and Assessment, for one environment. */
export function dora(input: DoraInput): Dora {
  const { environment, deploys, without } = deploysThatCount(input);
  const window = { from: rfc3339(input.window.from), to: rfc3339(input.window.to) };
  const known: Known = { input, window, deploys, without };
  const failures = failuresOf(known);
  return {
    environment,
    deploymentFrequency: deploymentFrequency(known),
    leadTimeForChanges: leadTimeForChanges(known),
    changeFailureRate: changeFailureRate(known, failures),
    timeToRestore: timeToRestore(known, failures),
  };
}

/** The deploys of the environment that is named, else of the only one that there is. */
export function deploysThatCount({ ledger, environment, window }: DoraInput): {
  readonly environment: string | null;
  readonly deploys: readonly Deploy[];
  readonly without: string | null;
} {
  if (ledger === null) return { environment, deploys: [], without: "there is no ledger" };
  const all = deploysOf(ledger).filter(({ ended }) => ended <= window.to);
  const environments = [...new Set(all.map((deploy) => deploy.environment))].sort();
  if (environments.length === 0) return { environment, deploys: [], without: "the ledger has no deploys" };
  const one = environment ?? (environments.length === 1 ? environments[0] : undefined);
  if (one === undefined) {
    const without = `the ledger has deploys to ${count(environments.length, "environment")}, and none is named`;
    return { environment: null, deploys: [], without };
  }
  const deploys = all.filter((deploy) => deploy.environment === one);
  return {
    environment: one,
    deploys,
    without: deploys.length === 0 ? "the ledger has no deploys to this environment" : null,
  };
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
