import { join } from "node:path";
import type { MemoryUse, ProgramReader } from "../readers.ts";
import { answerOf } from "./answer.ts";
import { readText } from "./read-text.ts";

export function memoryUse(source: MemoryUse["source"], totalBytes: number, usedBytes: number): MemoryUse {
  return { source, totalBytes, usedBytes, percent: Math.min(100, (usedBytes / totalBytes) * 100) };
}

/** @throws when /proc/meminfo cannot be read */
export function linuxMemory(proc: string): MemoryUse {
  const path = join(proc, "meminfo");
  const use = parseMeminfo(readText(path) ?? "");
  if (!use) throw new Error(`cannot read ${path}`);
  return use;
}

/** From the text of /proc/meminfo, whose `kB` are KiB. */
export function parseMeminfo(text: string): MemoryUse | undefined {
  const [total, available] = ["MemTotal", "MemAvailable"].map((name) => {
    const value = new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(text)?.[1];
    return value === undefined ? undefined : Number(value) * 1024;
  });
  if (!total || available === undefined) return undefined;
  return memoryUse("host", total, total - available);
}

/** @throws when `vm_stat` or `sysctl` does not answer */
export async function darwinMemory(programs: ProgramReader, signal: AbortSignal): Promise<MemoryUse> {
  const [pages, size] = await Promise.all([
    answerOf(programs, ["vm_stat"], signal),
    answerOf(programs, ["sysctl", "-n", "hw.memsize"], signal),
  ]);
  const use = parseVmStat(pages, size);
  if (!use) throw new Error("cannot read the answer of vm_stat");
  return use;
}

/** From what `vm_stat` and `sysctl -n hw.memsize` print. What the system can take back at once is not used. */
export function parseVmStat(text: string, size: string): MemoryUse | undefined {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(text)?.[1]);
  const total = Number(size.trim());
  const available = ["free", "inactive", "speculative"].reduce(
    (sum, kind) => sum + Number(new RegExp(`^Pages ${kind}:\\s*(\\d+)\\.`, "m").exec(text)?.[1]),
    0,
  );
  if (!(total > 0) || Number.isNaN(available * pageBytes)) return undefined;
  return memoryUse("host", total, Math.max(0, total - available * pageBytes));
}
