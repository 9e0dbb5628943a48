import { Aborted } from "../core/check.ts";
import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";
import { jsonText } from "../gate/report/words.ts";

/** Why a run ended without what was asked for. */
export interface Failure {
  /** Of docs/errors.md, or `interrupted`. */
  readonly code: string;
  readonly message: string;
  readonly remedy?: string | undefined;
  readonly exitCode: number;
}

/** 128 and the signal's number, as shells have it. */
export const signalCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export function failureOf(error: unknown, argv: readonly string[]): Failure {
  if (error instanceof Aborted && error.cause === "interrupt") {
    const again = argv.map((arg) => printable(arg, 200)).join(" ");
    return {
      code: "interrupted",
      message: `${error.message}; nothing was changed. Run it again: release-sentinel ${again}`,
      exitCode: signalCodes[error.signalName ?? "SIGINT"],
    };
  }
  if (error instanceof SentinelError) return error;
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = printable(cause.split("\n").slice(0, 4).join(" | "), 1000);
  return { code: "internal", message: `internal error, please report it: ${lines}`, exitCode: 2 };
}

/** What is said of it on stderr: one line for people, or for programs where log lines are JSON. */
export function errorLine({ code, message, remedy, exitCode }: Failure, logFormat: "text" | "json"): string {
  if (logFormat === "text") return `release-sentinel: ${message}${remedy ? ` → ${remedy}` : ""}\n`;
  const properties = { code, exitCode, ...(remedy ? { remedy } : {}) };
  const time = new Date().toISOString();
  return `${JSON.stringify({ time, level: "ERROR", logger: "release-sentinel", message, ...properties })}\n`;
}

/** What stands on stdout where JSON was asked for and there is nothing else to put there. */
export function errorJson(
  failure: Failure,
  maskDeep: <T>(value: T) => T = (value) => value,
): string | undefined {
  const { code, message, remedy = null, exitCode } = failure;
  // stdout is the very thing that failed, or the answer is there already; and who interrupts waits for none.
  if (code === "report-unwritable" || code === "interrupted") return undefined;
  return jsonText({ schema: "release-sentinel/error/v1", ...maskDeep({ code, message, remedy }), exitCode });
}

/** What a command line that cannot be parsed says of how errors are to be said. */
export function wishes(argv: readonly string[]): { json: boolean; logFormat: "text" | "json" } {
  const given = (flag: string) =>
    argv.some((word, i) => word === `${flag}=json` || (word === flag && argv[i + 1] === "json"));
  return {
    json: argv.includes("--json") || given("--format"),
    logFormat: given("--log-format") ? "json" : "text",
  };
}
