import type { WatchOutcome } from "../flows/watch/outcome.ts";
import type { Context } from "./context.ts";
import { maskSecrets, publishEnd } from "./github.ts";

export function begin(context: Context): void {
  maskSecrets(context);
}

/** How a watch ended: annotation, job summary, outputs `verdict`, `exit-code`, `report`, `watch` and `action`. */
export function publish(context: Context, outcome: WatchOutcome): void {
  const { exitCode, message, reasons, readings, evidence, action, resume } = outcome;
  const lines = [
    message,
    ...reasons.flatMap(({ remedy }) => (remedy === undefined ? [] : [`→ ${remedy}`])),
    ...readings.map(({ signal, state, message: said }) => `${state.padEnd(15)} ${signal}: ${said}`),
    ...evidence.map((one) => `${one.outcome.padEnd(15)} ${one.metric}: ${one.message}`),
    ...(resume === null ? [] : [resume]),
  ];
  const remedy = resume ?? reasons.find((reason) => reason.remedy !== undefined)?.remedy;
  // Not known to be well, whatever the process ends with.
  const verdict = exitCode > 2 ? 2 : (exitCode as 0 | 1 | 2);
  publishEnd(context, {
    exitCode: verdict,
    message,
    remedy,
    lines,
    outputs: { watch: outcome.outcome, action },
  });
}
