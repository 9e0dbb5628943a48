import { existsSync, readFileSync } from "node:fs";

/** Whether a process runs; one that has ended and was not collected yet does not. */
export function alive(pid: number): boolean {
  if (existsSync("/proc/self/stat")) {
    try {
      return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return false;
    }
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
