import { existsSync } from "node:fs";
import { join } from "node:path";
import { readText } from "./read-text.ts";

/** A container's, or a service's, own limit. Bytes. */
export interface CgroupMemory {
  readonly source: "cgroup v1" | "cgroup v2";
  readonly limitBytes: number;
  /** Without the page cache that the kernel takes back first, as the kubelet counts it. */
  readonly usedBytes: number;
}

/** The names of one version's files. */
const files = {
  "cgroup v1": {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    cache: "total_inactive_file",
  },
  "cgroup v2": { limit: "memory.max", usage: "memory.current", cache: "inactive_file" },
} as const;

/**
 * The smallest memory limit on the way from this process's control group to the root, if it is below `hostBytes`.
 * @throws when there is such a limit and its use cannot be read
 */
export function cgroupMemory(
  roots: { readonly proc: string; readonly cgroup: string },
  hostBytes: number,
): CgroupMemory | undefined {
  const own = memoryGroup(readText(join(roots.proc, "self/cgroup")) ?? "");
  if (!own) return undefined;
  const { limit, usage, cache } = files[own.source];
  const mounts = own.mounts.map((mount) => join(roots.cgroup, mount));
  const mount = mounts.find((folder) => existsSync(join(folder, "cgroup.procs"))) ?? roots.cgroup;
  let tightest: { folder: string; limitBytes: number } | undefined;
  for (const folder of upwards(mount, own.path)) {
    const limitBytes = Number(readText(join(folder, limit)) ?? Number.NaN);
    if (!(limitBytes > 0 && limitBytes < hostBytes)) continue;
    // Of equal limits the outer one is reached first.
    if (!tightest || limitBytes <= tightest.limitBytes) tightest = { folder, limitBytes };
  }
  if (!tightest) return undefined;
  const used = Number(readText(join(tightest.folder, usage)) ?? Number.NaN);
  if (Number.isNaN(used)) throw new Error(`cannot read ${join(tightest.folder, usage)}`);
  const inactive = statistic(readText(join(tightest.folder, "memory.stat")) ?? "", cache);
  return { source: own.source, limitBytes: tightest.limitBytes, usedBytes: Math.max(0, used - inactive) };
}

interface MemoryGroup {
  readonly source: CgroupMemory["source"];
  /** From the mount's root, as this process sees it. */
  readonly path: string;
  /** Where the hierarchy may be mounted, below the control groups' folder; the first that is there counts. */
  readonly mounts: readonly string[];
}

/**
 * Which control group limits this process's memory, from the text of /proc/self/cgroup (`id:controllers:path` a line).
 * In a hybrid set-up the memory controller is on one side only: where version 1 lists it, version 2 does not have it.
 */
function memoryGroup(text: string): MemoryGroup | undefined {
  const lines = text.split("\n").flatMap((line) => {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    return match ? [{ controllers: match[1] ?? "", path: match[2] ?? "/" }] : [];
  });
  const first = lines.find(({ controllers }) => controllers.split(",").includes("memory"));
  if (first) return { source: "cgroup v1", path: first.path, mounts: [first.controllers, "memory"] };
  const second = lines.find(({ controllers }) => controllers === "");
  return second && { source: "cgroup v2", path: second.path, mounts: [".", "unified"] };
}

/** The group's folder, its parent, … and the mount. A path from outside this container leads nowhere: the mount alone is left. */
function upwards(mount: string, path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  if (names.includes("..")) return [mount];
  return names.map((_, i) => join(mount, ...names.slice(0, names.length - i))).concat(mount);
}

function statistic(text: string, name: string): number {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}
