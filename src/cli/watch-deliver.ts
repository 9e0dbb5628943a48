import type { SentinelError } from "../core/errors.ts";
import type { WatchOutcome } from "../flows/watch/outcome.ts";
import type { WatchSeen } from "../flows/watch/watch.ts";
import { jsonText } from "../gate/report/words.ts";
import { explain } from "../watch/report/explain.ts";
import type { Context } from "./context.ts";
import { writeReportFile } from "./report-file.ts";
import { writeOut } from "./terminal.ts";
import type { WatchOptions, WatchReport } from "./watch-options.ts";

/** Writes every report, and what was asked for on stdout; answers what could not be written. */
export async function deliver(
  { cwd, terminal, sentinel, toolVersion }: Context,
  options: Pick<WatchOptions, "json" | "format" | "report">,
  told: WatchOutcome,
  lastSeen: WatchSeen | undefined,
): Promise<readonly SentinelError[]> {
  const outcome = sentinel.secrets.maskDeep(told);
  const seen = sentinel.secrets.maskDeep(lastSeen);
  const render = async (format: WatchReport["format"]): Promise<string> => {
    if (format === "json") return jsonText(outcome);
    if (format === "text") return textOf(outcome);
    const { watchPage } = await import("../flows/watch/page.ts");
    return watchPage(outcome, seen, toolVersion);
  };
  const unwritten: SentinelError[] = [];
  for (const { format, path } of options.report)
    unwritten.push(...writeReportFile(cwd, path, await render(format)));
  const format = options.json ? "json" : options.format;
  if (!format) return unwritten;
  const failed = await writeOut(terminal.stdout, await render(format)).then(
    () => [],
    (error: SentinelError) => [error],
  );
  return [...unwritten, ...failed];
}

function textOf({ message, receipt }: WatchOutcome): string {
  return receipt === null ? `${message}\n` : `${message}\n\n${explain(receipt)}`;
}
