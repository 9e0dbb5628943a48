import type { DiskUse, SentinelCheck } from "../../clients/readers.ts";
import { Aborted } from "../../core/check.ts";
import type { Judgement } from "../../core/finding.ts";
import { printable } from "../../core/text.ts";
import { type Level, level, size, upsideDown } from "./percent.ts";

interface Options {
  paths: string[];
  /** Percent. */
  warn: number;
  critical: number;
  inodesWarn: number;
  inodesCritical: number;
}

type Seen = {
  disks: { path: string; use: { [key in keyof DiskUse]: DiskUse[key] } | null; trouble: string | null }[];
};

/** Is there room left, in bytes and in inodes? One answer a path. */
export const hostDisk: SentinelCheck<Options, Seen> = {
  id: "host.disk",
  question: "Is there room left on the disks?",
  kind: "health",
  reach: "local",
  limits: { timeoutMs: 10_000 },
  // On Windows `/` is the current drive.
  defaults: { paths: ["/"], warn: 75, critical: 85, inodesWarn: 85, inodesCritical: 95 },
  schema: (z) => {
    const percent = z.number().min(0).max(100).optional();
    return z.strictObject({
      paths: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe("Paths on the disks to look at; `/` is the current drive on Windows."),
      warn: percent.describe("Percent of a disk in use, as df counts it, from which on it is a warning."),
      critical: percent.describe("Percent of a disk in use from which on it is a failure."),
      inodesWarn: percent.describe("Percent of a file system's inodes in use from which on it is a warning."),
      inodesCritical: percent.describe(
        "Percent of a file system's inodes in use from which on it is a failure.",
      ),
    });
  },
  contradiction: (options) =>
    upsideDown({ ...options }, ["warn", "critical"]) ??
    upsideDown({ ...options }, ["inodesWarn", "inodesCritical"]),
  async observe({ readers, options, signal }) {
    const look = async (path: string): Promise<Seen["disks"][number]> => {
      try {
        return { path, use: await inTime(readers.host.disk(path, signal), path, signal), trouble: null };
      } catch (error) {
        if (error === signal.reason) throw error;
        return { path, use: null, trouble: error instanceof Error ? error.message : "cannot be asked" };
      }
    };
    return { disks: await Promise.all(options.paths.map(look)) };
  },
  judge({ disks }, { options }) {
    const rootAlone = disks.length === 1 && disks[0]?.path === "/";
    return disks.map(({ path, use, trouble }): Judgement => {
      const suffix = rootAlone ? "" : ` (${printable(path, 200)})`;
      if (!use) {
        return {
          status: "unknown",
          message: `Disk UNKNOWN: ${trouble ?? "cannot be asked"}`,
          subject: path,
          remedy: `look at it by hand: df ${quote(path)}; the check's \`paths\` must exist on this machine`,
        };
      }
      return { subject: path, ...judgeDisk(use, options, { suffix, path }) };
    });
  },
};

/** When time is up, a dead network disk is named, and the answers of the others are kept. */
function inTime<T>(work: Promise<T>, path: string, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => {
      const { reason } = signal;
      const timeIsUp =
        reason instanceof Aborted && (reason.cause === "time-limit" || reason.cause === "deadline");
      reject(timeIsUp ? new Error(`${printable(path, 200)} gives no answer`) : reason);
    };
    signal.addEventListener("abort", late, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", late));
  });
}

const rank = { ok: 0, warn: 1, fail: 2 } as const;

function judgeDisk(use: DiskUse, options: Options, names: { suffix: string; path: string }): Judgement {
  const space = level(use.percent, options);
  const inodes =
    use.inodePercent === null
      ? undefined
      : level(use.inodePercent, { warn: options.inodesWarn, critical: options.inodesCritical });
  const inodesWorse = inodes !== undefined && rank[inodes.status] > rank[space.status];
  const worst: Level = inodesWorse ? inodes : space;
  const metrics = [
    { name: "disk_percent", value: use.percent, unit: "%" },
    { name: "disk_available", value: use.availableBytes, unit: "B" },
  ];
  if (use.inodePercent !== null) metrics.push({ name: "inodes_percent", value: use.inodePercent, unit: "%" });
  return {
    status: worst.status,
    message: `Disk ${worst.word}: ${worst.shown}${inodesWorse ? " of inodes" : ""}${names.suffix}`,
    details: [
      `${size(use.availableBytes)} of ${size(use.totalBytes)} available`,
      ...(inodes ? [`${inodes.shown} of inodes in use`] : []),
    ],
    ...(worst.status === "ok" ? {} : { remedy: remedy(names.path, inodesWorse) }),
    metrics,
  };
}

function remedy(path: string, inodes: boolean): string {
  return inodes
    ? `delete small files; where they are: du --inodes -x -d 2 ${quote(path)} | sort -n | tail`
    : `free some space; where it went: du -xh -d 2 ${quote(path)} | sort -h | tail`;
}

/** For a shell. */
function quote(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${printable(path, 200).replaceAll("'", "'\\''")}'`;
}
