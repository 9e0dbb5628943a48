import type { SentinelError } from "../core/errors.ts";
import { jsonText } from "../gate/report/words.ts";
import type { Context } from "./context.ts";
import { writeOut } from "./terminal.ts";

/** Prints an outcome where it was asked for as JSON; answers what could not be written. */
export async function deliverOutcome(
  { terminal, sentinel }: Context,
  { json, format }: { readonly json?: boolean; readonly format?: string },
  outcome: object,
): Promise<readonly SentinelError[]> {
  if (!json && format !== "json") return [];
  return deliverText({ terminal }, jsonText(sentinel.secrets.maskDeep(outcome)));
}

/** Writes to standard output; answers what could not be written. */
export function deliverText(
  { terminal }: Pick<Context, "terminal">,
  text: string,
): Promise<readonly SentinelError[]> {
  return writeOut(terminal.stdout, text).then(
    () => [],
    (error: SentinelError) => [error],
  );
}
