import { printable } from "../../core/text.ts";
import type { ProgramReader } from "../readers.ts";

/** Enough for tens of thousands of processes. */
const maxOutputBytes = 8 * 1024 * 1024;

/** What a program of the system prints. @throws when it is missing or fails */
export async function answerOf(
  programs: ProgramReader,
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  // Untranslated, whatever the user's language is.
  const answer = await programs.run({ argv, signal, maxOutputBytes, env: { LC_ALL: "C" } });
  if (answer.code === 0) return answer.stdout;
  const cause = answer.signal ?? `exit code ${answer.code}`;
  const said = answer.stderr.trim().split("\n")[0] ?? "";
  throw new Error(`${argv[0]} failed (${cause})${said ? `: ${printable(said, 200)}` : ""}`);
}
