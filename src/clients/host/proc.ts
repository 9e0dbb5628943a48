import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { RunningProcess } from "../readers.ts";

/**
 * Linux: the processes in procfs that run; empty when it cannot be read.
 * Read without waiting: three small reads a process are quicker than handing each to another thread.
 */
export function procProcesses(proc: string): RunningProcess[] {
  let entries: string[];
  try {
    entries = readdirSync(proc);
  } catch {
    return [];
  }
  return entries.flatMap((entry) => (/^\d+$/.test(entry) ? (procProcess(proc, entry) ?? []) : []));
}

/** Undefined when it has ended meanwhile, is a zombie, or may not be looked at. */
function procProcess(proc: string, pid: string): RunningProcess | undefined {
  const folder = `${proc}/${pid}`;
  const stat = parseStat(read(`${folder}/stat`) ?? "");
  if (!stat?.runs) return undefined;
  return {
    pid: Number(pid),
    name: stat.name,
    argv0: (read(`${folder}/cmdline`) ?? "").split("\0", 1)[0] ?? "",
    executable: executable(`${folder}/exe`),
  };
}

/** From the text of /proc/PID/stat, where the name stands in parentheses and may hold some itself. */
export function parseStat(text: string): { name: string; runs: boolean } | undefined {
  const [open, close] = [text.indexOf("("), text.lastIndexOf(")")];
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(" ");
  const state = fields[0] ?? "";
  // A first thread that has ended is shown as a zombie although the others work on.
  const threads = Number(fields[17] ?? 0);
  const runs = state === "Z" ? threads > 1 : !/^[Xx]?$/.test(state);
  return { name: text.slice(open + 1, close), runs };
}

/** An upgrade replaces the file under a running service; it still is that program. */
function executable(link: string): string {
  try {
    return readlinkSync(link).replace(/ \(deleted\)$/, "");
  } catch {
    return "";
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
