import { SentinelError } from "../../core/errors.ts";
import { nearest, printable } from "../../core/text.ts";

interface Named {
  readonly name: string;
}

/** A step of the project's own, and where it belongs. */
export interface PlacedStep<S extends Named> {
  readonly step: S;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  /** Where it is configured, for people: `release-sentinel.yaml:12:5`. */
  readonly place: string;
}

/** The place of an own step that names none: what it makes is archived, and can be told of. */
const defaultBefore = "archive";

/** The list with the project's own steps in it, those of one place in their order. @throws SentinelError `config-invalid` */
export function withOwnSteps<S extends Named>(
  list: readonly S[],
  own: readonly PlacedStep<S>[],
): readonly S[] {
  const steps = [...list];
  const lastAfter = new Map<string, number>();
  for (const { step, after, before = after === undefined ? defaultBefore : undefined, place } of own) {
    if (step.name === "integrity" || steps.some(({ name }) => name === step.name)) {
      throw new SentinelError(
        "config-invalid",
        `${place}: there is a step ${printable(step.name, 100)} already`,
        "give it another name: name: …",
      );
    }
    const anchor = before ?? after ?? defaultBefore;
    const at = steps.findIndex(({ name }) => name === anchor);
    const isFirst = anchor === "integrity" && before === undefined;
    const isLast = anchor === "complete" && before === undefined;
    if ((at < 0 && !isFirst) || isLast) throw noPlace(anchor, before, place, steps);
    if (before !== undefined) steps.splice(at, 0, step);
    else {
      // After those that were put there before it.
      const behind = lastAfter.get(anchor) ?? 0;
      steps.splice(at + 1 + behind, 0, step);
      lastAfter.set(anchor, behind + 1);
    }
  }
  return steps;
}

function noPlace(
  anchor: string,
  before: string | undefined,
  place: string,
  steps: readonly Named[],
): SentinelError {
  const where = before === undefined ? "after" : "before";
  if (anchor === "complete" || anchor === "integrity") {
    return new SentinelError(
      "config-invalid",
      `${place}: nothing can be ${where} ${anchor}`,
      "complete is always the last, integrity the first",
    );
  }
  return new SentinelError(
    "config-invalid",
    `${place}: there is no step ${printable(anchor, 100)} to be ${where}`,
    `one of ${steps.map(({ name }) => name).join(", ")}`,
  );
}

export interface Choice {
  /** Names; empty: all of them. */
  readonly only: readonly string[];
  /** This one and those after it. */
  readonly from: string | undefined;
}

/** Names of the steps that are asked for; integrity is always seen to. @throws SentinelError `flag-invalid` */
export function chosenSteps(names: readonly string[], { only, from }: Choice): ReadonlySet<string> {
  for (const name of from === undefined ? only : [...only, from]) {
    if (name === "integrity" || names.includes(name)) continue;
    const near = nearest(name, names);
    throw new SentinelError(
      "flag-invalid",
      `there is no step ${printable(name, 100)}`,
      near ? `did you mean ${near}?` : `the steps: integrity, ${names.join(", ")}`,
    );
  }
  const first = from === undefined || from === "integrity" ? 0 : names.indexOf(from);
  const chosen = names.slice(first).filter((name) => only.length === 0 || only.includes(name));
  if (chosen.length === 0 && !only.includes("integrity"))
    throw new SentinelError(
      "flag-invalid",
      `--only and --from ${printable(from ?? "", 100)} leave nothing to do`,
      "name steps that come later, or leave one of the two out",
    );
  return new Set(chosen);
}
