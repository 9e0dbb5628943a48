import type { Proof } from "../core/step.ts";
import { duration } from "../core/text.ts";
import type { Look, Looked } from "../deploy/driver.ts";
import { createWatchLines } from "../flows/watch/lines.ts";
import type { WatchOutcome } from "../flows/watch/outcome.ts";
import { before, rangeBefore } from "../watch/before.ts";
import type { WatchSettings } from "../watch/settings.ts";
import { lasting, policyFrom, queriesFrom } from "../watch/settings-policy.ts";
import { createSource } from "../watch/sources/index.ts";
import type { WatchLook } from "../watch/state.ts";
import { type WatchWorld, watchBy } from "./watch.ts";
import { sourceFrom } from "./watch-source.ts";

/** What is watched after a deploy. */
export interface WatchPlace {
  readonly environment: string;
  readonly version: string;
  /** Milliseconds; default: as the settings say. */
  readonly forMs?: number | undefined;
  /** What the prober asks, where the settings name nothing. */
  readonly serviceUrl?: string | undefined;
  /** What it asks whatever the settings name: a flag. */
  readonly serviceUrlFlag?: string | undefined;
}

/**
 * The golden signals as something to look at after a deploy. `prove`: can they be asked for, and is all well now?
 * `look` lasts as long as the watch; what it sees on the way is told by events.
 * @throws SentinelError where the settings contradict each other, or there is nothing to watch with
 */
export function watchLook(world: WatchWorld, settings: WatchSettings, place: WatchPlace): Look {
  const { environment, version, forMs, serviceUrl, serviceUrlFlag } = place;
  const url = serviceUrlFlag ?? settings.prober?.url ?? serviceUrl;
  const asked: WatchSettings = {
    ...lasting(settings, forMs),
    ...(url === undefined ? {} : { prober: { ...settings.prober, url } }),
  };
  const { clients, cwd, emit } = world;
  const policy = policyFrom(asked);
  const filled = { environment, version };
  const choice = sourceFrom(asked, clients.readers, filled, cwd);
  const queries = queriesFrom(asked, policy, filled, choice.kind);
  let known: WatchLook | undefined;
  const lasts = policy.judge === null ? policy.forMs : policy.judge.maxMs;
  return {
    id: "watch",
    title: `Watch the golden signals of ${environment} for ${duration(lasts)}`,
    async prove(signal) {
      const source = await createSource(choice, clients.readers);
      try {
        const proofs = await source.prove(queries, signal);
        if (proofs.some(({ state }) => state === "conflict" || state === "unknown")) return proofs;
        const at = Date.now();
        const range = rangeBefore(policy, at);
        const answers = await Promise.all(
          queries.map(async (query) => ({ query, answer: await source.read(query, range, signal) })),
        );
        known = { at, answers };
        return [...proofs, ...alreadyWrong(before(policy, known))];
      } finally {
        await source.close();
      }
    },
    async look(since, signal) {
      const lines = createWatchLines(environment);
      const tell = (level: "info" | "warning" | "error", message: string) =>
        emit({ type: "notice", level, from: "release-sentinel.watch", message });
      const request = { environment, version, command: "apply", since: since.getTime(), resume: () => null };
      const outcome = await watchBy(
        { ...world, signal },
        asked,
        { ...request, before: known },
        {
          seen: (seen) => {
            for (const { level, message } of lines(seen)) tell(level, message);
          },
          // Whoever deploys tells how the deploy went.
          alarm: async ({ message }) => tell("error", message),
        },
      );
      signal.throwIfAborted();
      return looked(outcome);
    },
  };
}

/** What burns before the deploy is not its fault, and would hide what is: it stops the deploy. */
function alreadyWrong(readings: ReturnType<typeof before>): readonly Proof[] {
  return readings.flatMap(({ signal, message, state }): readonly Proof[] => {
    const text = `${signal}: ${message}`;
    if (state === "breach") {
      const remedy = "mend that first, or deploy without a watch if this deploy is what mends it";
      return [{ state: "conflict", message: `before the deploy already, ${text}`, remedy }];
    }
    if (state === "telemetry-error") return [{ state: "unknown", message: text }];
    return state === "no-data" ? [{ state: "notice", message: text }] : [];
  });
}

function looked({ outcome, message, reasons }: WatchOutcome): Looked {
  const remedy = reasons.find((reason) => reason.remedy !== undefined)?.remedy;
  const state =
    outcome === "passed" || outcome === "promoted" ? "ok" : outcome === "breach" ? "failed" : "unknown";
  return { state, message, ...(remedy === undefined ? {} : { remedy }) };
}
