import { monotonicMs } from "../core/clock.ts";
import type { SentinelEvent } from "../core/event.ts";
import { createWatchLines } from "../flows/watch/lines.ts";
import type { WatchOutcome } from "../flows/watch/outcome.ts";
import type { WatchSeen } from "../flows/watch/watch.ts";
import type { Context } from "./context.ts";
import { logEvent } from "./logging.ts";
import type { WatchOptions } from "./watch-options.ts";

/** How a watch is shown while it lasts, and how it ended: a live view for people, lines for everything else. */
export interface WatchScreen {
  seen(seen: WatchSeen): void;
  end(outcome: WatchOutcome): void;
  stop(): void;
}

export async function createWatchScreen(
  context: Context,
  { quiet }: Pick<WatchOptions, "quiet">,
  { environment, version }: { readonly environment: string; readonly version: string | null },
): Promise<WatchScreen> {
  if (!context.interactive || quiet) return lines(context, environment);
  const [{ createWatchView, endLines }, { createLogUpdate }] = await Promise.all([
    import("./watch-view.ts"),
    import("log-update"),
  ]);
  const view = createWatchView({
    stream: context.terminal.stderr,
    now: monotonicMs,
    color: context.color,
    createLogUpdate,
    title: version === null ? environment : `${environment} ${version}`,
  });
  context.listen((event: SentinelEvent) => {
    if (event.type === "notice" && event.level !== "info") view.note(event.message);
  });
  return {
    // What is cut to fit the terminal would not be known as a secret any more.
    seen: (seen) => view.seen({ ...seen, decision: context.sentinel.secrets.maskDeep(seen.decision) }),
    stop: view.stop,
    end(outcome) {
      view.stop();
      for (const line of endLines(outcome, context.color)) context.say(`${line}\n`);
    },
  };
}

function lines({ listen }: Context, environment: string): WatchScreen {
  listen(logEvent);
  const linesOf = createWatchLines(environment);
  const log = (level: "info" | "warning" | "error", message: string) =>
    logEvent({ type: "notice", level, from: "release-sentinel.watch", message });
  return {
    seen(seen) {
      for (const { level, message } of linesOf(seen)) log(level, message);
    },
    stop() {},
    end({ exitCode, message, reasons, resume }) {
      log(exitCode === 0 ? "info" : "error", message);
      for (const remedy of new Set(reasons.flatMap((reason) => reason.remedy ?? [])))
        log("info", `To mend it: ${remedy}`);
      if (resume !== null) log("info", `To go on: ${resume}`);
    },
  };
}
