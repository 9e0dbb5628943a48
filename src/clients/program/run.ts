import type { Readable } from "node:stream";
import { type Command, startGroup } from "./group.ts";

/** Between asking a program to stop and making it. */
const politeMs = 500;
/** For what a program started to pass its output on, as `tee` does, to finish. */
const flushMs = 500;
/** For what a program wrote to arrive after its end, and for the kernel to end it. */
const graceMs = 500;

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * Runs a program to its end; then nothing of its group is left, nor any pipe or timer.
 * @throws the signal's reason once it has been stopped; the system's error when it cannot be started
 */
export function runCommand(
  command: Command,
  kept: { readonly bytes: number; readonly part: "start" | "end" },
  signal: AbortSignal,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const group = startGroup(command);
    const { child } = group;
    const keep = kept.part === "start" ? keepStart : keepEnd;
    const [stdout, stderr] = [keep(group.stdout, kept.bytes), keep(group.stderr, kept.bytes)];
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;

    const finish = (error?: Error) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      group.kill();
      group.stdout.destroy();
      group.stderr.destroy();
      child.stdin?.destroy();
      child.unref();
      if (stopped) reject(signal.reason);
      else if (error) reject(error);
      else resolve({ code: child.exitCode, signal: child.signalCode, stdout: stdout(), stderr: stderr() });
    };
    const stop = () => {
      stopped = true;
      group.terminate();
      timer = setTimeout(() => {
        group.kill();
        timer = setTimeout(finish, graceMs);
      }, politeMs);
    };

    let open = 3;
    const closed = () => {
      open -= 1;
      if (open === 0) finish();
    };
    group.stdout.once("close", closed);
    group.stderr.once("close", closed);
    signal.addEventListener("abort", stop, { once: true });
    child.once("error", finish);
    child.once("exit", () => {
      signal.removeEventListener("abort", stop);
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          group.kill();
          // A daemon that left the group may hold the pipes for ever. One more round of reading comes first.
          timer = setTimeout(() => setImmediate(finish), graceMs);
        },
        stopped ? 0 : flushMs,
      );
      closed();
    });
  });
}

/** Reads a stream to its end and keeps its beginning. */
function keepStart(stream: Readable, limit: number): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    if (size >= limit) return;
    const kept = chunk.subarray(0, limit - size);
    chunks.push(kept);
    size += kept.length;
  });
  return () => Buffer.concat(chunks);
}

/** Reads a stream to its end and keeps that. */
export function keepEnd(stream: Readable, limit: number): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    while (size - (chunks[0]?.length ?? 0) >= limit) size -= chunks.shift()?.length ?? 0;
  });
  return () => Buffer.concat(chunks).subarray(-limit);
}
