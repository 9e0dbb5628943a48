import { replayRuns, replayShadows } from "../../app/replay.ts";
import { parseAge } from "../../attest/age.ts";
import { SentinelError } from "../../core/errors.ts";
import { isMoment, printable } from "../../core/text.ts";
import { renderReplay } from "../../flows/replay/render.ts";
import type { RecordedEntry } from "../../flows/replay/runs.ts";
import type { Context } from "../context.ts";
import type { ReplayOptions } from "../evidence-options.ts";
import { writeOut } from "../terminal.ts";

/** Where recorded runs come from: the audit ledger's entries, oldest first. */
export type EntriesOf = (context: Context, options: ReplayOptions) => AsyncIterable<RecordedEntry>;

/** The command, once it knows the ledger. */
export function replayCommand(entriesOf: EntriesOf) {
  return async (context: Context, options: ReplayOptions): Promise<number> => {
    const format = options.json ? "json" : (options.format ?? "text");
    const { config, configRef, since } = options;
    const request = {
      config,
      configRef,
      sinceMs: since === undefined ? undefined : moment(since, Date.now()),
    };
    const entries = entriesOf(context, options);
    const { sentinel, terminal } = context;
    const report = options.shadow
      ? await replayShadows(sentinel, entries, request)
      : await replayRuns(sentinel, entries, request);
    await writeOut(terminal.stdout, renderReplay(sentinel.secrets.maskDeep(report), format));
    return 0;
  };
}

/** `90d` ago, or a date or time. */
function moment(text: string, now: number): number {
  const ms = parseAge(text);
  if (ms !== undefined) return now - ms;
  if (isMoment(text)) return Date.parse(text);
  throw new SentinelError(
    "flag-invalid",
    `--since ${printable(text, 100)} is neither a duration nor a date`,
    "write 90d, 12h, or 2026-11-01",
  );
}
