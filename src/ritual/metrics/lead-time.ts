import { count } from "../../core/text.ts";
import { median } from "./median.ts";
import type { Known, Measure, ReleasedChanges } from "./types.ts";

/** From when a commit was written until it was deployed; until it was tagged where no deploys are recorded. */
export function leadTimeForChanges(known: Known): Measure {
  const { input, window, without } = known;
  const { from, to } = input.window;
  const arrived = arrivals(known);
  const inWindow = input.releases.flatMap((release, i) => {
    const at = arrived[i];
    const hasChanges = release.written === null || release.written.length > 0;
    return hasChanges && at !== undefined && at >= from && at <= to ? [{ release, at }] : [];
  });
  const incomplete = inWindow.filter(({ release }) => release.written === null).length;
  const all = inWindow.flatMap(({ release, at }) => (release.written ?? []).map((written) => at - written));
  const times = all.filter((ms) => ms >= 0);
  const early = all.length - times.length;
  const until =
    without === null ? "their first deploy that ended well" : `their release's tag, for ${without}`;
  const basis = [
    `${count(times.length, "commit")} of ${count(inWindow.length - incomplete, "release")}, from when they were written until ${until}`,
    ...(early > 0
      ? [`left out: ${count(early, "commit")} that ${early === 1 ? "is" : "are"} dated later than that`]
      : []),
    ...(incomplete > 0
      ? [`left out: ${count(incomplete, "release")} whose commits are not all in this clone`]
      : []),
  ].join("; ");
  const middle = median(times);
  return {
    value: middle === null ? null : middle / 1000,
    unit: "seconds",
    samples: times.length,
    window,
    source: middle === null ? "none" : without === null ? "ledger" : "tags",
    basis,
  };
}

/** The median for one release alone, in seconds; null where it cannot be said. */
export function leadTimeOf(known: Omit<Known, "window">, tag: string): number | null {
  const { releases } = known.input;
  const i = releases.findIndex((release) => release.tag === tag);
  const at = arrivals(known)[i];
  const written = releases[i]?.written;
  if (at === undefined || !written) return null;
  const middle = median(written.map((ms) => at - ms).filter((ms) => ms >= 0));
  return middle === null ? null : middle / 1000;
}

/** When the changes of each release first were there: with it, or with a later one that holds them too. */
function arrivals({ input, deploys, without }: Omit<Known, "window">): readonly (number | undefined)[] {
  if (without !== null) return input.releases.map(({ at }) => at);
  const good = deploys.filter(({ command, outcome }) => command === "apply" && outcome === "good");
  const isOf = (release: ReleasedChanges) =>
    good.find(
      ({ version, commit }) => version === release.tag && (commit ?? release.commit) === release.commit,
    );
  const firsts = input.releases.map((release) => isOf(release)?.ended);
  let earliest: number | undefined;
  return firsts
    .reverse()
    .map((first) => {
      if (first !== undefined && (earliest === undefined || first < earliest)) earliest = first;
      return earliest;
    })
    .reverse();
}
