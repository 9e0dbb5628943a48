import { freemem, totalmem } from "node:os";
import type { HostReader, ProgramReader } from "../readers.ts";
import { cgroupMemory } from "./cgroup.ts";
import { readDisk } from "./disk.ts";
import { darwinMemory, linuxMemory, memoryUse } from "./memory.ts";
import { procProcesses } from "./proc.ts";
import { psProcesses } from "./ps.ts";
import { tasklistProcesses } from "./tasklist.ts";

export interface HostDeps {
  /** Runs `stat`, `ps`, `vm_stat`, `sysctl` and `tasklist`. */
  readonly programs: ProgramReader;
  readonly platform?: NodeJS.Platform;
  /** Where procfs is mounted. */
  readonly proc?: string;
  /** Where the control groups are mounted. */
  readonly cgroup?: string;
}

/** `vm_stat` and `sysctl` answer in milliseconds. */
const memoryTimeoutMs = 10_000;

/** The machine, or the container, that this process runs on. */
export function createHost(deps: HostDeps): HostReader {
  const { programs, platform = process.platform, proc = "/proc", cgroup = "/sys/fs/cgroup" } = deps;
  return {
    platform,
    disk: (path, signal) => readDisk(path, { programs, platform }, signal),
    async memory() {
      if (platform === "darwin") return darwinMemory(programs, AbortSignal.timeout(memoryTimeoutMs));
      if (platform !== "linux") return memoryUse("host", totalmem(), totalmem() - freemem());
      const host = linuxMemory(proc);
      const own = cgroupMemory({ proc, cgroup }, host.totalBytes);
      return own ? memoryUse(own.source, own.limitBytes, own.usedBytes) : host;
    },
    async processes(signal) {
      // Reading procfs holds this thread: whatever else is to be asked is asked first.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      if (platform === "win32") return tasklistProcesses(programs, signal);
      const found = platform === "linux" ? procProcesses(proc) : [];
      return found.length > 0 ? found : psProcesses(programs, platform, signal);
    },
  };
}
