import type { ProgramReader, RunningProcess } from "../readers.ts";
import { answerOf } from "./answer.ts";

/**
 * Asks `ps`: macOS, the BSDs, and a Linux whose procfs cannot be read.
 * In two questions, because only the last column may hold spaces. @throws when there is no `ps`, or it lists nothing
 */
export async function psProcesses(
  programs: ProgramReader,
  platform: NodeJS.Platform,
  signal: AbortSignal,
): Promise<RunningProcess[]> {
  // macOS has the accounting name in `ucomm`, and in `comm` the first word as started, whole.
  const [name, started] = platform === "darwin" ? ["ucomm", "comm"] : ["comm", "args"];
  const [names, commands] = await Promise.all([
    answerOf(programs, ["ps", "-axo", `pid=,stat=,${name}=`], signal),
    answerOf(programs, ["ps", "-axo", `pid=,${started}=`], signal),
  ]);
  const processes = parsePs(names, commands, platform);
  if (processes.length === 0) throw new Error("ps lists no processes");
  return processes;
}

/** @param names lines of `pid state name` @param commands lines of `pid command`; processes of one list only are passed over */
export function parsePs(names: string, commands: string, platform: NodeJS.Platform): RunningProcess[] {
  const started = new Map<number, string>();
  for (const line of commands.split("\n")) {
    const match = /^\s*(\d+)\s+(.*?)\s*$/.exec(line);
    if (match) started.set(Number(match[1]), match[2] ?? "");
  }
  return names.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\S+)\s+(.*?)\s*$/.exec(line);
    const command = started.get(Number(match?.[1]));
    if (!match || command === undefined || /^[ZXx]/.test(match[2] ?? "")) return [];
    const argv0 = platform === "darwin" ? command : (command.split(" ", 1)[0] ?? "");
    const executable = argv0.startsWith("/") ? argv0 : "";
    return [{ pid: Number(match[1]), name: match[3] ?? "", argv0, executable }];
  });
}
