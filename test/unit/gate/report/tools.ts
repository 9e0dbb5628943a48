import { spawnSync } from "node:child_process";
import { describe } from "vitest";

/** Runs a program with a text on its standard input. */
export function feed(
  program: string,
  args: readonly string[],
  input: string,
): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, {
    input,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status, output: stdout + stderr };
}

/** Tests that need a program: left out by its name where it is missing, unless RS_TEST_REQUIRE=all wants everything. */
export function withProgram(program: string, tests: () => void): void {
  const missing = spawnSync(program, ["--version"], { stdio: "ignore" }).error !== undefined;
  const required = process.env["RS_TEST_REQUIRE"] === "all";
  describe.skipIf(missing && !required)(`${program}${missing ? " (not installed)" : ""}`, tests);
}
