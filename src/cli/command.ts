import type { Option } from "commander";
import type { Context } from "./context.ts";

/** What a command does with its parsed options; answers the exit code. */
export type Run = (context: Context, options: never, args: readonly string[]) => Promise<number>;

export interface CommandDefinition {
  /** `config validate` is a command of the group `config`. */
  readonly name: string;
  readonly summary: string;
  readonly args?: string;
  readonly options: () => readonly Option[];
  /** Each with what it is for. */
  readonly examples: readonly (readonly [string, string])[];
  /** Loaded when the command is run, and only then. */
  readonly load: () => Promise<Run>;
}
