import { spawn } from "node:child_process";
import { end } from "../program/end.ts";
import { gitEnvironment, hardened, startFailure } from "./command.ts";
import { oneLine } from "./git.ts";
import { GitFailure } from "./reader.ts";

/** More of one field is not kept while it is read. */
const longestField = 2 * 1024 * 1024;
const headLength = 16 * 1024;
const tailLength = 4 * 1024;

/** What a partial clone lacks is not fetched. */
export const offline = { GIT_NO_LAZY_FETCH: "1" };

/** Makes one thing of the fields from `at` on. */
export type Make<Item> = (fields: readonly string[], at: number) => Item;

export type RecordStream = <Item>(
  fields: readonly string[],
  make: Make<Item>,
  args: readonly string[],
  signal?: AbortSignal,
) => AsyncGenerator<readonly Item[]>;

/**
 * Runs `git log` with a format of NUL-terminated fields, and answers the records while it runs, as many as have come. Whoever stops
 * listening stops git. @throws GitFailure, GitMissing; the signal's reason when aborted
 */
export function createRecordStream(cwd: string, env: NodeJS.ProcessEnv): RecordStream {
  // Otherwise git writes every commit by itself, and most of the time goes into reading so many little pieces.
  const environment = { ...gitEnvironment(env), ...offline, GIT_FLUSH: "0" };
  return async function* records(fields, make, args, signal) {
    signal?.throwIfAborted();
    const settings = hardened.flatMap((setting) => ["-c", setting]);
    const how = ["-z", "--encoding=UTF-8", "--no-color", "--no-decorate", "--no-notes"];
    const format = `--format=tformat:${fields.join("%x00")}`;
    const child = spawn("git", ["--no-pager", ...settings, "log", ...how, format, ...args], {
      cwd,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    const stop = () => end(child);
    signal?.addEventListener("abort", stop, { once: true });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < 4096) said += text;
    });
    const ended = new Promise<number>((resolve, reject) => {
      child.once("error", (error) => reject(startFailure(error, cwd)));
      child.once("close", (code) => resolve(code ?? 128));
    });
    // Awaited below; until then a failure to start is nobody's.
    ended.catch(() => {});
    try {
      yield* grouped(fieldsOf(child.stdout.setEncoding("utf8")), fields.length, make);
      const code = await ended;
      signal?.throwIfAborted();
      if (code !== 0) throw new GitFailure(oneLine(said) || `git log exited with ${code}`);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
      stop();
      child.stdout.destroy();
      child.stderr.destroy();
    }
  };
}

async function* grouped<Item>(
  batches: AsyncIterable<readonly string[]>,
  size: number,
  make: Make<Item>,
): AsyncGenerator<readonly Item[]> {
  let rest: readonly string[] = [];
  for await (const batch of batches) {
    const fields = rest.length === 0 ? batch : [...rest, ...batch];
    const items: Item[] = [];
    let at = 0;
    for (; at + size <= fields.length; at += size) items.push(make(fields, at));
    rest = fields.slice(at);
    yield items;
  }
}

/** The fields of a NUL-terminated stream, as many at once as have come. */
async function* fieldsOf(chunks: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let pending = "";
  for await (const chunk of chunks) {
    const fields = chunk.split("\0");
    const last = fields.pop() ?? "";
    const [first] = fields;
    if (first === undefined) {
      // In the middle of a long one, of which the end must still come.
      pending = pending.length < longestField ? pending + last : shortened(pending) + last;
      continue;
    }
    fields[0] = pending + first;
    pending = last;
    yield fields;
  }
}

/** The head and the tail of a field that is too long to be kept: the subject, and the trailers. */
export function shortened(field: string): string {
  if (field.length <= headLength + tailLength) return field;
  const short = `${field.slice(0, headLength)}\n\n${field.slice(-tailLength)}`;
  // A copy: a part of a string keeps all of it in memory.
  return Buffer.from(short, "utf8").toString("utf8");
}
