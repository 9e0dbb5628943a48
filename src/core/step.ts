/** One sentence for people, and what to do about it. */
export interface Reason {
  readonly message: string;
  readonly remedy?: string;
}

/** Where the world stands with regard to one step. `unknown`: it could not be found out; that is never `done`. */
export type StepState = "done" | "needed" | "conflict" | "unknown";

export interface Observed {
  readonly state: StepState;
  /** One sentence: what is there, or what will be done. */
  readonly message: string;
  /** What to do about a conflict, or about what could not be found out; best a command to type. */
  readonly remedy?: string;
}

/** One answer to "will this step be able to act?", asked before the first step of a plan acts. */
export interface Proof {
  /** `conflict` and `unknown` stop the plan; a `notice` is shown. */
  readonly state: "ok" | "notice" | "conflict" | "unknown";
  readonly message: string;
  readonly remedy?: string;
}

/**
 * One change of the world. Its truth is in the world, not with us: after a crash the same step is observed again,
 * and goes on from what is there.
 */
export interface Step {
  /** `subject.verb`, for example `tag.push`. */
  readonly id: string;
  /** What it does, as an imperative: `Push tag v1.4.2 to origin`. */
  readonly title: string;
  /** Reads only. What it throws counts as `unknown`. */
  observe(signal: AbortSignal): Promise<Observed>;
  /** Finds out whether `run` will be allowed to act, without acting. Asked only while the step is needed. */
  prove?(signal: AbortSignal): Promise<readonly Proof[]>;
  /**
   * Does what is missing, and no more: a part of it may be there already. Answers the sentence for people.
   * It is observed again afterwards: done is what the world says. @throws StepFailure
   */
  run(signal: AbortSignal): Promise<string>;
  /** What it does stays on this machine, and nobody else sees it. */
  readonly local?: true;
  /** Takes back what this very process did, when a later step meets a conflict. */
  undo?(signal: AbortSignal): Promise<string>;
}

/** A step could not do its work. Message and remedy are for people, and hold no secret. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  readonly remedy: string | undefined;
  /** Running the same command again cannot help. */
  readonly final: boolean;
  constructor(message: string, remedy?: string, final = false) {
    super(message);
    this.remedy = remedy;
    this.final = final;
  }
}
