import type { Problem } from "./rules.ts";

/** Every problem on one line, the first one first. */
export function sayProblems(problems: readonly Problem[]): string {
  return problems.map(({ what, message }) => `${what}: ${message}`).join("; ");
}
