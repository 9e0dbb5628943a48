import { Aborted } from "../core/check.ts";
import { SentinelError } from "../core/errors.ts";
import type { Secrets } from "../core/mask.ts";
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

/** An error that nothing waited for, such as that of a promise in a step of a project's own: it ends the run as an interrupt does. */
export class Stray extends Aborted {
  constructor(error: unknown) {
    const words = printable(error instanceof Error ? error.message || error.name : String(error), 300);
    super("interrupt", `an error that nothing waited for ended the run: ${words}${placeOf(error)}`);
  }
}

/** Where it was thrown, by the first line of a stack that names a file. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const place = /^\s+at (?:async |.*\()?(?:file:\/\/)?((?!node:)[^()]+:\d+):\d+\)?$/m.exec(stack)?.[1];
  return place === undefined ? "" : ` (${printable(place, 300)})`;
}

export function failureOf(error: unknown, argv: readonly string[]): Failure {
  if (error instanceof Stray) {
    const remedy =
      "wait for what a step or check of your own begins; if none of them did that, please report it";
    return { code: "internal", message: error.message, remedy, exitCode: 2 };
  }
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

/** What is said of it on stderr, masked: one line for people, or for programs where log lines are JSON. */
export function errorLine(
  { code, message, remedy, exitCode }: Failure,
  logFormat: "text" | "json",
  mask: (text: string) => string,
): string {
  if (logFormat === "text") return `release-sentinel: ${mask(`${message}${remedy ? ` → ${remedy}` : ""}`)}\n`;
  const properties = { code, exitCode, ...(remedy ? { remedy: mask(remedy) } : {}) };
  const time = new Date().toISOString();
  return `${JSON.stringify({ time, level: "ERROR", logger: "release-sentinel", message: mask(message), ...properties })}\n`;
}

/** What stands on stdout where JSON was asked for and there is nothing else to put there. */
export function errorJson(failure: Failure, secrets: Secrets): string | undefined {
  const { code, message, remedy = null, exitCode } = failure;
  // stdout is the very thing that failed, or the answer is there already; and who interrupts waits for none.
  if (code === "report-unwritable" || code === "interrupted") return undefined;
  return jsonText({
    schema: "release-sentinel/error/v1",
    ...secrets.maskDeep({ code, message, remedy }),
    exitCode,
  });
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
