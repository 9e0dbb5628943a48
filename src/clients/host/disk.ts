import { type BigIntStatsFs, statfs } from "node:fs";
import { resolve } from "node:path";
import { printable } from "../../core/text.ts";
import type { DiskUse, ProgramReader } from "../readers.ts";

/** What the kernel says about a file system: sizes in blocks, and the block's size in bytes. */
export interface FileSystem {
  readonly blockBytes: bigint;
  readonly blocks: bigint;
  readonly free: bigint;
  /** What is left of the free ones for users other than root; negative when root has used its reserve. */
  readonly available: bigint;
  readonly inodes: bigint;
  readonly freeInodes: bigint;
}

/**
 * @throws when the path does not exist, may not be asked, or has no size (as /proc has none); the signal's reason
 */
export async function readDisk(
  path: string,
  host: { readonly programs: ProgramReader; readonly platform: NodeJS.Platform },
  signal: AbortSignal,
): Promise<DiskUse> {
  signal.throwIfAborted();
  // A dead network disk holds the thread that asks it, and with it our own exit. The root is never one.
  const outside = host.platform === "linux" && path !== "/" && host.programs.which("stat") !== undefined;
  const system = outside ? await fromProgram(path, host.programs, signal) : await fromKernel(path);
  const use = diskUse(system);
  if (!use) throw new Error(`${printable(path, 200)} is not on a disk: its file system has no size`);
  return use;
}

async function fromKernel(path: string): Promise<FileSystem> {
  const answer = await new Promise<BigIntStatsFs>((resolve, reject) => {
    statfs(path, { bigint: true }, (error, found) => {
      if (error) reject(refusal(path, error.code === "ENOENT", error.code ?? error.message));
      else resolve(found);
    });
  });
  return {
    // Older Node versions know the transfer size only; on local file systems it is the same.
    blockBytes: (answer.frsize as bigint | undefined) ?? answer.bsize,
    blocks: answer.blocks,
    free: answer.bfree,
    available: answer.bavail,
    inodes: answer.files,
    freeInodes: answer.ffree,
  };
}

async function fromProgram(path: string, programs: ProgramReader, signal: AbortSignal): Promise<FileSystem> {
  const argv = ["stat", "-f", "-c", "%S %b %f %a %c %d", resolve(path)] as const;
  const answer = await programs.run({ argv, signal, env: { LC_ALL: "C" } });
  if (answer.code !== 0) {
    const cause = answer.stderr.trim().split(": ").at(-1) ?? "";
    throw refusal(path, cause === "No such file or directory", cause);
  }
  const system = parseStatFormat(answer.stdout);
  if (!system) throw refusal(path, false, "stat prints something else");
  return system;
}

/** From six numbers: block size, blocks, free, available, inodes, free inodes. */
export function parseStatFormat(text: string): FileSystem | undefined {
  const match = /^(\d+) (\d+) (\d+) (-?\d+) (\d+) (\d+)\s*$/.exec(text);
  if (!match) return undefined;
  const [blockBytes = 0n, blocks = 0n, free = 0n, available = 0n, inodes = 0n, freeInodes = 0n] = match
    .slice(1)
    .map(BigInt);
  return { blockBytes, blocks, free, available, inodes, freeInodes };
}

function refusal(path: string, missing: boolean, cause: string): Error {
  return new Error(
    `${printable(path, 200)} ${missing ? "does not exist" : `cannot be asked (${printable(cause, 200)})`}`,
  );
}

/** Counted as `df` does: the reserve of root is neither used nor available. Undefined when there is nothing to count. */
export function diskUse(system: FileSystem): DiskUse | undefined {
  const used = system.blocks - system.free;
  const signed = BigInt.asIntN(64, system.available);
  const available = signed > 0n ? signed : 0n;
  if (used < 0n || used + available === 0n) return undefined;
  const { inodes, freeInodes } = system;
  const countsInodes = inodes > 0n && freeInodes <= inodes;
  return {
    percent: percent(used, used + available),
    inodePercent: countsInodes ? percent(inodes - freeInodes, inodes) : null,
    totalBytes: Number(system.blocks * system.blockBytes),
    availableBytes: Number(available * system.blockBytes),
  };
}

function percent(part: bigint, whole: bigint): number {
  return (Number(part) / Number(whole)) * 100;
}
