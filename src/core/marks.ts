import type { Proof } from "./step.ts";

export const markKinds = ["lease", "released", "claim", "sent", "failed", "complete"] as const;
export type MarkKind = (typeof markKinds)[number];

/** What one run has told every other about one ritual. Only added, never changed. */
export interface Mark {
  readonly kind: MarkKind;
  /** What it is about: `ritual` (lease, released, complete), `broadcast/slack-<hash>`, `metrics/otlp-<hash>`. */
  readonly key: string;
  /** RFC 3339: when it was written, by its writer's clock. */
  readonly at: string;
  /** Who, for people: `alice`, `GitHub Actions`. */
  readonly by: string;
  /** The run: for a lease what `publicHolderId` of clients/host/public-holder.ts gives; the same in every mark of one run. */
  readonly run: string;
  /** Full name of the commit that the tag led to; marks of earlier versions lack it. */
  readonly commit?: string;
  /** RFC 3339: of a lease, when it ends by itself. */
  readonly until?: string;
  /** One line for people: a link to the CI run, the answer of a receiver. No secret. */
  readonly detail?: string;
}

/** Where a ritual's marks are kept: what is appended is seen by everybody who reads afterwards, in one order. */
export interface Marks {
  /** For people: `refs/release-sentinel/ritual/v1.2.3 of https://…`, or `this machine only: FILE`. */
  readonly where: string;
  /** Oldest first. @throws StepFailure when they cannot be read, or are not as they were written: that is never "none" */
  read(signal: AbortSignal): Promise<readonly Mark[]>;
  /**
   * Appends a mark if `allowed` still says so of what is there by then; answers all marks, or null when it does not.
   * `allowed` is asked again when somebody was quicker. @throws StepFailure; the signal's reason when aborted
   */
  append(
    mark: Mark,
    allowed: (marks: readonly Mark[]) => boolean,
    signal: AbortSignal,
  ): Promise<readonly Mark[] | null>;
  /** Whether it can be appended to, as far as that can be told without appending. */
  prove(signal: AbortSignal): Promise<readonly Proof[]>;
  close(): void;
}

/** The last thing that was marked about a sending; null: nothing. A `claim` that is the last may have been sent. */
export function lastMark(marks: readonly Mark[], key: string): Mark | null {
  return (
    marks.findLast(
      ({ kind, key: its }) => its === key && (kind === "claim" || kind === "sent" || kind === "failed"),
    ) ?? null
  );
}
