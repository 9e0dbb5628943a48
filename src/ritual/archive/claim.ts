import type { Observed } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { type Claimant, lastMark, type Marks } from "../marks.ts";
import type { Card } from "./card.ts";
import type { ArchiveSubject } from "./manifest.ts";
import { type ArchiveState, observed } from "./state.ts";

export interface ArchiveMarks {
  readonly marks: Pick<Marks, "read" | "append">;
  readonly who: Claimant;
}

const key = "archive";

/**
 * How far the archive is, and whether one may be made here: of another that this release already has, all that is known may be
 * its mark, while the store that has it gives no answer. @throws StepFailure
 */
export async function observedByAll(
  { marks }: ArchiveMarks,
  subject: ArchiveSubject,
  state: ArchiveState,
  signal: AbortSignal,
): Promise<Observed> {
  const seen = observed(subject, state);
  const silent = state.stores.filter((one) => one.state === "unknown");
  const isHere = state.made !== null || state.stores.some((one) => one.state === "same");
  if (seen.state !== "needed" || isHere || silent.length === 0) return seen;
  const claim = lastMark(await marks.read(signal), key);
  if (claim?.commit !== subject.commit) return seen;
  const names = silent.map(({ store }) => store.name).join(", ");
  return {
    state: "unknown",
    message: `${printable(subject.tag, 100)} was archived at ${printable(claim.at, 40)}, and that archive may be in ${names}, where nobody answers: another one would stand against it`,
    remedy: `run the same command again when it answers; if it is gone for good, take it out of ritual.archive.stores`,
  };
}

/** Tells every machine which archive is stored from here on. @throws StepFailure */
export async function claimArchive(
  { marks, who: { by, run } }: ArchiveMarks,
  { commit, tar }: Pick<Card, "commit" | "tar">,
  signal: AbortSignal,
): Promise<void> {
  const at = new Date().toISOString();
  const mark = { kind: "claim", key, at, by, run, commit, detail: `sha256 ${tar.sha256}` } as const;
  const isNews: Parameters<Marks["append"]>[1] = (all) => lastMark(all, key)?.detail !== mark.detail;
  await marks.append(mark, isNews, signal);
}
