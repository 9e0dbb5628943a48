import type { HttpWriter } from "../../clients/readers.ts";
import { createLimit, type Limit } from "../../core/limit.ts";
import { lastMark, type Mark, type Marks } from "../../core/marks.ts";
import { StepFailure } from "../../core/step.ts";
import type { Answered, ChannelRequest } from "./channel.ts";
import { broadcastKey, type PreparedBroadcast, type ReadyBroadcast } from "./channels.ts";
import { type BroadcastLimits, sendOnce } from "./send.ts";

/** To tell others what was sent, when this run is being stopped; from when it is that mark's turn, behind a renewal of the lease. */
const recordMs = 30_000;

/** What is known of a channel before anything is sent. `claimed`: it may have been sent, and nobody wrote down that it was. */
export type Told = "untold" | "failed" | "told" | "claimed";

export function toldOf(
  marks: readonly Mark[],
  ready: Pick<ReadyBroadcast, "channel" | "name">,
): { readonly told: Told; readonly mark: Mark | null } {
  const mark = lastMark(marks, broadcastKey(ready));
  if (mark === null) return { told: "untold", mark };
  if (mark.kind === "sent") return { told: "told", mark };
  return { told: mark.kind === "failed" ? "failed" : "claimed", mark };
}

/** Whether it may be sent now: never by itself what may have been sent, unless the receiver drops a copy. @param resend people say so */
export function maySend(told: Told, { channel }: Pick<ReadyBroadcast, "channel">, resend: boolean): boolean {
  if (told === "untold" || told === "failed") return true;
  return resend || (told === "claimed" && channel.dropsCopies);
}

/** Marks are written one after the other. */
export interface Turns {
  readonly claim: Limit;
  readonly record: Limit;
}

/** Only one claim at a time waits to be written, so that what was sent does not wait for all that is still to be sent. */
export function createTurns(): Turns {
  const claims = createLimit(1);
  const record = createLimit(1);
  return { record, claim: (work) => claims(() => record(work)) };
}

export interface OnceWorld {
  readonly turns: Turns;
  readonly marks: Pick<Marks, "read" | "append">;
  readonly claimant: Pick<Mark, "by" | "run" | "commit">;
  readonly http: Pick<HttpWriter, "post">;
  readonly deadlineAt: number;
  readonly limits: BroadcastLimits;
  now(): number;
}

/** What came of one channel. */
export type Sent =
  | { readonly name: string; readonly answered: Answered }
  | { readonly name: string; readonly failure: StepFailure };

/**
 * Claims a channel, sends, and writes down what came of it, so that nobody else sends the same. Where that is lost in
 * between, the claim stays: it may have been sent.
 * @throws the signal's reason, when it aborts before anything was sent
 */
export async function sendMarked(
  ready: PreparedBroadcast,
  request: () => ChannelRequest,
  { resend }: { resend: boolean },
  world: OnceWorld,
  signal: AbortSignal,
): Promise<Sent> {
  const { name } = ready;
  const key = broadcastKey(ready);
  const mark = (kind: Mark["kind"], detail?: string): Mark => ({
    kind,
    key,
    at: new Date(world.now()).toISOString(),
    ...world.claimant,
    ...(detail === undefined ? {} : { detail }),
  });
  try {
    const allowed = (marks: readonly Mark[]) => maySend(toldOf(marks, ready).told, ready, resend);
    const claimed = await world.turns.claim(() => world.marks.append(mark("claim"), allowed, signal));
    if (claimed === null) {
      throw new StepFailure(
        `${name}: another run is sending to it`,
        "run the same command again when that has ended",
      );
    }
    const answered = await sendOnce(ready.channel, request, world.http, { signal, ...world }).catch(
      async (error) => {
        // Nothing has left: nobody needs to look into the channel.
        await record(mark("failed", "stopped before it was sent"), world);
        throw error;
      },
    );
    const words = answered.state === "sent" ? answered.detail : answered.why;
    if (answered.state !== "lost")
      await record(mark(answered.state === "sent" ? "sent" : "failed", words), world);
    return { name, answered };
  } catch (failure) {
    if (failure instanceof StepFailure) return { name, failure };
    throw failure;
  }
}

/** @throws StepFailure when it was sent, and that could not be written down */
async function record(mark: Mark, { marks, turns }: OnceWorld): Promise<void> {
  try {
    await turns.record(() => marks.append(mark, () => true, AbortSignal.timeout(recordMs)));
  } catch (error) {
    const why = error instanceof StepFailure ? error.message : "no answer in time";
    throw new StepFailure(`what came of ${mark.key} (${mark.kind}) could not be written down: ${why}`);
  }
}

/** Writes down what people have seen in the channel. @throws StepFailure; the signal's reason */
export async function markAsSent(
  ready: ReadyBroadcast,
  world: OnceWorld,
  signal: AbortSignal,
): Promise<void> {
  const at = new Date(world.now()).toISOString();
  const mark: Mark = {
    kind: "sent",
    key: broadcastKey(ready),
    at,
    ...world.claimant,
    detail: "said by hand: --sent",
  };
  await world.marks.append(mark, () => true, signal);
}
