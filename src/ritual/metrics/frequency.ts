import { count } from "../../core/text.ts";
import type { Known, Measure } from "./types.ts";

const dayMs = 86_400_000;
/** A shorter record tells nothing of how often. */
const shortestDays = 7;

/** Deploys a day that ended well; release tags a day where no deploys are recorded. */
export function deploymentFrequency(known: Known): Measure {
  const { input, window, deploys, without } = known;
  const { from, to } = input.window;
  const isByTags = without !== null;
  const times = isByTags
    ? input.releases.map(({ at }) => at)
    : deploys.flatMap(({ command, outcome, ended }) =>
        command === "apply" && outcome === "good" ? [ended] : [],
      );
  const samples = times.filter((at) => at >= from && at <= to).length;
  const first = isByTags ? earliest(times) : Date.parse(input.ledger?.[0]?.time ?? "");
  const days = (to - Math.max(from, first ?? to)) / dayMs;
  const shared = { unit: "per day", samples, window } as const;
  if (first === undefined || Number.isNaN(first))
    return { ...shared, value: null, source: "none", basis: "there is no release tag, and no deploy" };
  const source = isByTags ? "tags" : "ledger";
  const what = isByTags ? count(samples, "release tag") : `${count(samples, "deploy")} that ended well`;
  const why = isByTags ? `, for ${without}` : "";
  if (days < shortestDays) {
    const basis = `${what}${why}; the record is ${days < 1 ? "not a day" : `only ${count(Math.floor(days), "day")}`} long, and ${shortestDays} days are needed`;
    return { ...shared, value: null, source, basis };
  }
  return {
    ...shared,
    value: samples / days,
    source,
    basis: `${what} in ${count(Math.round(days), "day")}${why}`,
  };
}

/** Releases come by their versions: an older line's may be the newest. */
function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
}
