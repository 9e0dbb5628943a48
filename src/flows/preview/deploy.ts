import type { Emit } from "../../core/event.ts";
import { StepFailure } from "../../core/step.ts";
import { duration } from "../../core/text.ts";
import type { Change, Status } from "../../deploy/driver.ts";
import type { PreviewMark, PreviewNamespace } from "../../deploy/preview/mark.ts";
import type { PreviewNamespaces } from "../../deploy/preview/namespaces.ts";
import { explain, type PreviewOutcome } from "./outcome.ts";
import { mustBeOurs, unhang, whyStill } from "./owner.ts";
import { concluded, outcomeOf, sentences, told } from "./report.ts";

/** The place of one preview, found out and pinned; what it holds belongs into its namespace. */
export interface PreviewPlace {
  /** `https://10.0.0.1:6443 (context dev)`. */
  readonly cluster: string;
  readonly namespaces: PreviewNamespaces;
  /** What is to be in the namespace. */
  readonly subjects: readonly string[];
  /** Until a namespace that was just made takes objects. */
  ready(signal: AbortSignal): Promise<void>;
  /** By a dry run on the server, in the namespace that is there now. @throws Blocked */
  rehearse(signal: AbortSignal): Promise<readonly Change[]>;
  /** @throws StepFailure */
  apply(signal: AbortSignal): Promise<string>;
  /** Looks again and again, until it is well or will not be. @throws StepFailure */
  wait(limitMs: number, tell: (message: string) => void, signal: AbortSignal): Promise<Status>;
}

export interface PreviewDeployRun {
  readonly pr: number;
  readonly name: string;
  readonly repository: string | null;
  readonly commit: string | null;
  readonly ttlMs: number;
  readonly waitMs: number;
  readonly dryRun: boolean;
  /** The same command again, and the one that takes it away, ready to type. */
  readonly resume: string;
  readonly cleanup: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** @throws Blocked, StepFailure, KubectlFailure */
  open(signal: AbortSignal): Promise<PreviewPlace>;
}

/** Puts a pull request's version into a namespace of its own, which ends by itself. Again: the newer version in the same place. */
export async function previewDeploy(run: PreviewDeployRun): Promise<PreviewOutcome> {
  const { pr, name, signal, emit } = run;
  const known = { command: "deploy", pr, namespace: name } as const;
  let so: Partial<PreviewOutcome> = {};
  let touched = false;
  try {
    // The right cluster, and manifests that can be moved.
    const place = await run.open(signal);
    so = { cluster: place.cluster, objects: place.subjects.map((subject) => ({ subject, action: "apply" })) };
    const now = await place.namespaces.now(signal);
    const mark: PreviewMark = { ...run, expiresAt: new Date(now + run.ttlMs) };
    // Whose namespace is it?
    const seen = await settled(run, place);
    if (run.dryRun) return concluded(emit, planned(run, place, seen, so));
    touched = true;
    so = { ...so, expiresAt: mark.expiresAt.toISOString() };
    const made = await claimed(run, place, seen, mark);
    // What the server would say to each object.
    const changes = await rehearsed(place, seen === null ? made : null, signal);
    so = { ...so, objects: changes.map(({ subject, action }) => ({ subject, action })) };
    told(emit, await place.apply(signal));
    const status = await place.wait(run.waitMs, (message) => told(emit, message), signal);
    if (status.state !== "healthy") throw unwell(status, run.waitMs);
    const message = `Preview of #${pr} is up in namespace ${name} until ${mark.expiresAt.toISOString()}: ${status.message}`;
    return concluded(emit, outcomeOf({ ...known, ...so, outcome: "up", exitCode: 0, message }));
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      if (!touched) throw error;
      const message = `Preview of #${pr} INTERRUPTED: what is in namespace ${name} may be half of it`;
      const end = { outcome: "interrupted", exitCode: 2, message, resume: run.resume } as const;
      return concluded(emit, outcomeOf({ ...known, ...so, ...end }));
    }
    const { exitCode, reasons } = explain(error);
    if (exitCode === 1) {
      const message = `Preview BLOCKED: ${sentences(reasons)}`;
      return concluded(emit, outcomeOf({ ...known, ...so, outcome: "blocked", exitCode, message, reasons }));
    }
    const stays = touched ? `; what is there stays to be looked at: ${run.cleanup} removes it` : "";
    const message = `Preview FAILED: ${sentences(reasons)}${stays}`;
    return concluded(
      emit,
      outcomeOf({ ...known, ...so, outcome: "failed", exitCode, message, reasons, resume: run.resume }),
    );
  }
}

/** The namespace as it is, ours, and not on its way out; null: there is none. @throws Blocked, StepFailure */
async function settled(
  { pr, name, repository, waitMs, signal, emit, dryRun }: PreviewDeployRun,
  { namespaces }: PreviewPlace,
): Promise<PreviewNamespace | null> {
  const seen = await namespaces.find(name, signal);
  if (seen === null) return null;
  mustBeOurs(seen, { pr, repository });
  if (seen.goingSince === null || dryRun) return seen;
  told(emit, `the namespace ${name} is being removed: waiting until it is gone`);
  const [left] = await namespaces.gone([seen], waitMs, signal);
  if (left) throw new StepFailure(whyStill(left), unhang(name));
  const next = await namespaces.find(name, signal);
  if (next !== null) mustBeOurs(next, { pr, repository });
  return next;
}

async function claimed(
  { name, signal, emit }: PreviewDeployRun,
  place: PreviewPlace,
  seen: PreviewNamespace | null,
  mark: PreviewMark,
): Promise<PreviewNamespace> {
  const { namespaces } = place;
  if (seen !== null) return namespaces.renew(seen, mark, signal);
  const made = await namespaces.make(name, mark, signal);
  told(emit, `the namespace ${name} is made`);
  await place.ready(signal);
  return made;
}

/** A namespace that was made for objects which the server refuses goes again. @param made by this run; null: it was there */
async function rehearsed(
  place: PreviewPlace,
  made: PreviewNamespace | null,
  signal: AbortSignal,
): Promise<readonly Change[]> {
  try {
    return await place.rehearse(signal);
  } catch (error) {
    if (made !== null && !signal.aborted) {
      // Another deploy of the same pull request may have taken it over.
      const isOurs = (now: PreviewNamespace) => now.expiresAt === made.expiresAt;
      await place.namespaces.remove(made, isOurs, signal).catch(() => {});
    }
    throw error;
  }
}

function unwell({ state, message, why, remedy }: Status, waitMs: number): StepFailure {
  const late = state === "failed" || state === "other" ? "" : `not well after ${duration(waitMs)}: `;
  return new StepFailure(`${late}${why ?? message}`, remedy);
}

function planned(
  { pr, name, ttlMs }: PreviewDeployRun,
  { subjects }: PreviewPlace,
  seen: PreviewNamespace | null,
  so: Partial<PreviewOutcome>,
): PreviewOutcome {
  const where = seen === null ? `a new namespace ${name}` : `the namespace ${name}, which is there`;
  const message = `Preview of #${pr} is planned: ${subjects.length} objects in ${where}, for ${duration(ttlMs)}; nothing was changed`;
  return outcomeOf({
    command: "deploy",
    pr,
    namespace: name,
    ...so,
    outcome: "planned",
    exitCode: 0,
    message,
  });
}
