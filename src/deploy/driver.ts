import type { Proof } from "../core/step.ts";

/**
 * A way to put a release on a place: five verbs, a lock and a memory. A driver does what it is told and says what it sees;
 * in which order, and what follows from it, is the flow's affair (flows/apply).
 * Reading: `plan`, `status`. Writing: `capture`, `apply`, `restore`, the lock, the memory.
 * Every call may throw `StepFailure`, with one line for people; `final` when trying again cannot help.
 */
export interface Driver {
  readonly name: string;
  /** What is about to happen, by a dry run against the real place. Changes nothing. */
  plan(signal: AbortSignal): Promise<DeployPlan>;
  /**
   * Keeps everything that `apply` will touch where it outlives this process and this machine, with the run that it belongs to.
   * What an unfinished run has kept is not overwritten: that is the way back still. Called again when a run turns round,
   * with `run.returning`. The sentence for people.
   */
  capture(run: Run, signal: AbortSignal): Promise<string>;
  /** Puts the new version there. Safe to call again. The sentence for people. */
  apply(signal: AbortSignal): Promise<string>;
  /**
   * How the place is doing, seen once.
   * @param expected what should be there: what was applied, or what was restored
   */
  status(expected: "applied" | "restored", signal: AbortSignal): Promise<Status>;
  /** Whether `restore` to there would work, by a dry run. Changes nothing. For `rollback` and `pin`; `plan` has it for `captured`. */
  prove?(to: RestorePoint, signal: AbortSignal): Promise<readonly Proof[]>;
  /** Puts back what was, and takes away what `apply` created. Safe to call again. The sentence for people. */
  restore(to: RestorePoint, signal: AbortSignal): Promise<string>;
  readonly lock: Lock;
  readonly memory: Memory;
  /** Only where the place moves step by step, and waits to be told. */
  readonly steps?: Steps;
  /** The commands that show, and mend, what is there, for a person to type when we have failed. */
  byHand(): readonly string[];
  /** Lets go of processes and temporary files. */
  close(): Promise<void>;
}

/** What was found out before anything is touched. */
export interface DeployPlan {
  readonly target: TargetPlace;
  /** In the order in which they are applied. */
  readonly changes: readonly Change[];
  readonly images: readonly ImageUse[];
  readonly wayBack: WayBack;
  /** Permissions, owners, autoscalers, quotas, validity of what is to be applied: `conflict` and `unknown` stop the run. */
  readonly proofs: readonly Proof[];
  /** A run that was begun and not ended: of ours that was killed, or of somebody else. */
  readonly unfinished: Run | null;
  /**
   * What is there now and is neither what an unfinished run has kept nor what it was about to write, `Deployment shop/web`:
   * somebody else has changed it since. Who goes forward from here keeps it as it is now. Absent where nothing like that is seen.
   */
  readonly changedSince?: readonly string[];
}

/** The place, resolved once and pinned for the run. */
export interface TargetPlace {
  /** One line: `namespace shop on https://10.0.0.1:6443 (context prod-eu)`. */
  readonly title: string;
  /** Names the lock and the memory: one application on one environment. */
  readonly name: string;
}

export interface Change {
  /** `Deployment shop/web`. */
  readonly subject: string;
  readonly action: "create" | "change" | "unchanged" | "remove";
  /** Unified diff, values of secrets left out; empty where there is none to show. */
  readonly diff: string;
}

export interface ImageUse {
  /** `Deployment shop/web, container app`. */
  readonly subject: string;
  /** As written: `app:1.4.2`. */
  readonly image: string;
  /** `sha256:…`; null where it could not be found out. */
  readonly digest: string | null;
  /** Whether something else runs there now. Absent where that is not known. */
  readonly isNew?: boolean;
}

/** How to get back, proven before the way there is taken. */
export interface WayBack {
  /** `nothing`: there is nothing here yet, the way back is to remove what is created. */
  readonly state: "ready" | "nothing" | "none" | "unknown";
  /** `back to v1.4.1 (revision 12, app@sha256:ab12…), about 40 s`. */
  readonly message: string;
  readonly remedy?: string;
  /** Version that runs now, if known. */
  readonly version: string | null;
}

/** One run of `apply`, as the place remembers it. */
export interface Run {
  readonly id: string;
  readonly version: string;
  readonly commit: string | null;
  readonly actor: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly reason?: string;
  /** Images that it brings or keeps, as they are written. */
  readonly images?: readonly string[];
  /** It has turned round: what was begun is being taken back. */
  readonly returning?: Returning;
}

/** Whether it has turned round, and may still get back: one that could not stops nobody from going forward. */
export function isReturning(run: Run | null | undefined): run is Run & { readonly returning: Returning } {
  return run?.returning !== undefined && !run.returning.failed;
}

/** A way back that is being taken, as the place remembers it: whoever comes next goes on with it, and not forward. */
export interface Returning {
  readonly to: RestorePoint;
  /** Of what is gone back to; null where nobody knows its name. */
  readonly version: string | null;
  /** Id of the good release that runs again; null where it is none. */
  readonly current: string | null;
  /** What had failed, or why somebody wanted it. */
  readonly reason: string;
  /** What was brought is bad, and not only unlucky. */
  readonly fault: boolean;
  /** What is rejected by it, as far as it does not run afterwards. */
  readonly rejected: readonly Rejection[];
  /** It did not work: a person must act, and a deploy may go forward again. */
  readonly failed?: true;
}

export interface Status {
  /**
   * `healthy`: all of what is expected is there and ready, and nothing of the old is left.
   * `failed`: it will not become ready by waiting. `paused`: it waits to be told to go on.
   * `other`: something else than what is expected is there.
   */
  readonly state: "healthy" | "progressing" | "paused" | "failed" | "other";
  /** One line: `web 1 of 3 ready, worker ready`. */
  readonly message: string;
  /** Of what failed: one paragraph, with the last lines of the log and the events; printable and without secrets. */
  readonly why?: string;
  readonly remedy?: string;
  /** Digests that really run, `app@sha256:…`; for the memory. */
  readonly digests?: readonly string[];
}

/** What to go back to. */
export type RestorePoint =
  /** What `capture` kept before this run. */
  | { readonly kind: "captured" }
  /** A release that was verified, by the memory. */
  | { readonly kind: "good"; readonly good: GoodRelease }
  /** A revision of the place's own, as people name it. */
  | { readonly kind: "revision"; readonly revision: string }
  /** One image, everything else as it is. `name@sha256:…` */
  | { readonly kind: "image"; readonly image: string };

export interface LockClaim {
  /** Of clients/host/holder: who dies is known to be dead by whoever asks on the same machine. */
  readonly holder: string;
  /** For people: who, from where, what for. */
  readonly reason: string;
  readonly ttlMs: number;
}

export interface LockHolder {
  readonly holder: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
  readonly expiresAt: string;
}

/** One deploy per target at a time, across machines. */
export interface Lock {
  /** Null: it is ours now. Else who has it; taken from them only when it has expired, or when they are known to be dead. */
  acquire(claim: LockClaim, signal: AbortSignal): Promise<LockHolder | null>;
  /** False: it is not ours any more, and nothing more may be written. */
  renew(signal: AbortSignal): Promise<boolean>;
  /** Of ours only; what is somebody else's stays. */
  release(signal: AbortSignal): Promise<void>;
}

/** A release that was put there and seen to be well. */
export interface GoodRelease {
  /** Of the run that put it there. */
  readonly id: string;
  readonly version: string;
  readonly commit: string | null;
  /** RFC 3339. */
  readonly verifiedAt: string;
  readonly actor: string;
  /** The place's own name for it: revisions of Deployments, say. */
  readonly revision: string;
  readonly digests: readonly string[];
  /** The run's. */
  readonly images?: readonly string[];
}

/** What must not be deployed again without a reason. */
export interface Rejection {
  readonly digest: string;
  readonly version: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly at: string;
  readonly by: string;
}

export interface TargetRecord {
  /** Newest first. The first one is what runs, if `current` is its id. */
  readonly good: readonly GoodRelease[];
  readonly rejected: readonly Rejection[];
  /** Id of the good release that runs; null where that is not known, or none of them does. */
  readonly current: string | null;
  readonly unfinished: Run | null;
}

/** What the place remembers of its releases; kept at the place, since CI machines keep nothing. */
export interface Memory {
  read(signal: AbortSignal): Promise<TargetRecord>;
  /** The run is over and what runs now is good; what is needed to come back to it is kept with it. */
  good(run: Run, status: Status, signal: AbortSignal): Promise<void>;
  /** The run is over and what it brought is gone; its digests are rejected. `current` is what runs again. */
  rolledBack(rejected: readonly Rejection[], current: string | null, signal: AbortSignal): Promise<void>;
  /** Such digests may be deployed again. */
  pardon(digests: readonly string[], signal: AbortSignal): Promise<void>;
}

/** A rollout that moves in steps. */
export interface Steps {
  /** Safe to call again when it has failed: no other pause is ended than the one that was meant. */
  promote(signal: AbortSignal): Promise<string>;
  abort(signal: AbortSignal): Promise<string>;
}

/** What every driver is told. */
export interface DeployRequest {
  readonly environment: string;
  readonly version: string;
  readonly run: Run;
  /** Files and folders, absolute; `-` is standard input. */
  readonly manifests: readonly string[];
  /** Words that take the place of `${VERSION}` and the like are no affair of ours: manifests are applied as they are. */
  readonly wayBack: "required" | "optional";
  /** A roll back, or a pin: what manifests say is of no interest. */
  readonly returning?: true;
  /** Of a pin: the image. It goes forward from what is there. */
  readonly image?: string;
}

/** Something to look at when the new version is up: an endpoint, a version, golden signals, a migration. */
export interface Look {
  /** `verify.url`, `watch`. */
  readonly id: string;
  readonly title: string;
  /** Before anything is touched: can it look at all, and is all well now? */
  prove?(signal: AbortSignal): Promise<readonly Proof[]>;
  look(since: Date, signal: AbortSignal): Promise<Looked>;
}

export interface Looked {
  /** `failed`: this deploy's fault, roll back. `unknown`: it could not be found out: neither success nor a reason to roll back. */
  readonly state: "ok" | "failed" | "unknown";
  readonly message: string;
  readonly remedy?: string;
}

/** Work of the project's own before or after: a migration. */
export interface Phase {
  readonly id: string;
  readonly title: string;
  prove?(signal: AbortSignal): Promise<readonly Proof[]>;
  /** The sentence for people. @throws StepFailure */
  run(signal: AbortSignal): Promise<string>;
}
