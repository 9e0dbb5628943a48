import type { ProgramReader, RunningProcess } from "../readers.ts";
import { answerOf } from "./answer.ts";

/** Asks Windows' `tasklist`, which knows the image's name only. @throws when it lists nothing */
export async function tasklistProcesses(
  programs: ProgramReader,
  signal: AbortSignal,
): Promise<RunningProcess[]> {
  const processes = parseTasklist(await answerOf(programs, ["tasklist", "/fo", "csv", "/nh"], signal));
  if (processes.length === 0) throw new Error("tasklist lists no processes");
  return processes;
}

/** From lines of `"image","pid","session","number","memory"`; every field is quoted. */
export function parseTasklist(text: string): RunningProcess[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^"((?:[^"]|"")*)","(\d+)",/.exec(line);
    if (!match) return [];
    return [
      { pid: Number(match[2]), name: (match[1] ?? "").replaceAll('""', '"'), argv0: "", executable: "" },
    ];
  });
}
