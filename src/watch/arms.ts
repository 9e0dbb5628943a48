import type { WatchLook } from "./state.ts";
import type { Answer } from "./types.ts";

/** What was deployed, and what it is compared with, if anything. */
export interface Arms {
  readonly subject: Answer;
  readonly control: Answer | null;
}

export function armsOf(look: WatchLook, signal: string): Arms {
  const own = look.answers.filter(({ query }) => query.id === signal);
  const of = (arm: string) => own.find(({ query }) => query.arm === arm)?.answer;
  return { subject: of("canary") ?? of("all") ?? notAsked, control: of("baseline") ?? null };
}

export const notAsked: Answer = {
  state: "telemetry-error",
  why: "it was not asked for",
  sent: [],
  tookMs: 0,
};
