import { count } from "../../core/text.ts";
import type { Deploy } from "./deploys.ts";
import { median } from "./median.ts";
import type { Known, Measure } from "./types.ts";

/** What became of the changes that were deployed in the window. */
export interface Failures {
  /** Deploys whose end is known. */
  readonly judged: number;
  /** Deploys of which nobody knows whether they were well. */
  readonly unknown: number;
  readonly failed: readonly Failure[];
}

export interface Failure {
  /** Milliseconds since 1970: from when on it hurt, at the earliest; null where that is not recorded. */
  readonly since: number | null;
  /** When there was something good again; null where there is not yet. */
  readonly restored: number | null;
}

/** Which deploys failed: they were rolled back, or the way back failed too, or somebody rolled back soon after. */
export function failuresOf({ input, deploys }: Known): Failures {
  const { window, failureWithinMs } = input;
  const fates = deploys.map((deploy) => ({ deploy, failure: failureAtOnce(deploy) }));
  let live: (typeof fates)[number] | undefined;
  for (const fate of fates) {
    const { command, ended, outcome } = fate.deploy;
    if (command === "apply") {
      if (outcome !== "rolled-back") live = fate;
      continue;
    }
    const soon = live !== undefined && ended - live.deploy.ended <= failureWithinMs;
    if (command === "rollback" && live?.failure === null && soon) {
      live.failure = { since: live.deploy.ended, restored: null };
    }
    if (outcome === "good") live = undefined;
  }
  const changes = fates
    .map((fate, i) => ({ ...fate, i }))
    .filter(({ deploy }) => deploy.command === "apply" && deploy.ended >= window.from);
  const failed = changes.flatMap(({ failure, i }) =>
    failure === null ? [] : [{ ...failure, restored: failure.restored ?? nextGood(deploys, i) }],
  );
  const unknown = changes.filter(
    ({ deploy, failure }) => failure === null && deploy.outcome === "unknown",
  ).length;
  return { judged: changes.length - unknown, unknown, failed };
}

function failureAtOnce({ outcome, began, ended }: Deploy): Failure | null {
  if (outcome === "rolled-back") return { since: began, restored: ended };
  if (outcome === "broken") return { since: began ?? ended, restored: null };
  return null;
}

function nextGood(deploys: readonly Deploy[], i: number): number | null {
  return deploys.slice(i + 1).find(({ outcome }) => outcome === "good")?.ended ?? null;
}

/** The share of deploys that failed. */
export function changeFailureRate(known: Known, { judged, unknown, failed }: Failures): Measure {
  const { window, without } = known;
  const shared = { unit: "ratio", samples: judged, window } as const;
  if (without !== null) return { ...shared, value: null, source: "none", basis: without };
  const leftOut = unknown > 0 ? `; left out: ${count(unknown, "deploy")} whose end is not known` : "";
  const basis = `${failed.length} of ${count(judged, "deploy")} failed or ${failed.length === 1 ? "was" : "were"} rolled back soon after${leftOut}`;
  const value = judged === 0 ? null : failed.length / judged;
  return { ...shared, value, source: judged === 0 ? "none" : "ledger", basis };
}

/** From when a failed deploy began to hurt until something good was there again. */
export function timeToRestore(known: Known, { failed }: Failures): Measure {
  const { window, without } = known;
  const times = failed.flatMap(({ since, restored }) =>
    since === null || restored === null ? [] : [restored - since],
  );
  const open = failed.filter(({ restored }) => restored === null).length;
  const unclear = failed.length - times.length - open;
  const leftOut = [
    ...(open > 0 ? [`${count(open, "failure")} that ${open === 1 ? "is" : "are"} not mended yet`] : []),
    ...(unclear > 0 ? [`${count(unclear, "failure")} whose beginning is not recorded`] : []),
  ];
  const basis = `${count(times.length, "failed deploy")} that ${times.length === 1 ? "was" : "were"} mended`;
  const middle = median(times);
  return {
    value: middle === null ? null : middle / 1000,
    unit: "seconds",
    samples: times.length,
    window,
    source: middle === null ? "none" : "ledger",
    basis: without ?? [basis, ...(leftOut.length > 0 ? [`left out: ${leftOut.join(", ")}`] : [])].join("; "),
  };
}
