import type { GitCommand } from "./command.ts";
import { type FileAtCommit, GitFailure } from "./reader.ts";

/** How many bytes one `cat-file --batch` may bring into memory. */
const batchBytes = 16 * 1024 * 1024;

/**
 * Regular files at a ref, in the order asked for; symbolic links, submodules and missing paths are passed over.
 * Sizes are asked first, so that a large file is never read.
 */
export async function* readBlobs(
  git: GitCommand,
  ref: string,
  paths: readonly string[],
  maxBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<FileAtCommit> {
  if (paths.length === 0) return;
  let batch: Entry[] = [];
  let bytes = 0;
  for (const entry of await listEntries(git, ref, paths, signal)) {
    if (entry.size > maxBytes) {
      yield { path: entry.path, content: null };
      continue;
    }
    if (bytes + entry.size > batchBytes) {
      yield* readBatch(git, batch, signal);
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += entry.size;
  }
  yield* readBatch(git, batch, signal);
}

interface Entry {
  readonly path: string;
  readonly object: string;
  readonly size: number;
}

async function listEntries(
  git: GitCommand,
  ref: string,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<Entry[]> {
  // Few paths are asked for by name; with many, listing all is shorter than a command line can be.
  const named = paths.length <= 50 ? ["--", ...paths] : [];
  const listing = await git(["ls-tree", "-r", "-l", "-z", "--full-tree", ref, ...named], { signal });
  if (listing.code !== 0) throw new GitFailure(`the files at ${ref} cannot be listed`);
  const wanted = new Set(paths);
  const entries: Entry[] = [];
  for (const line of listing.stdout.toString("utf8").split("\0")) {
    const match = /^(100644|100755|100664) blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(line);
    if (match?.[2] && match[4] !== undefined && wanted.has(match[4])) {
      entries.push({ path: match[4], object: match[2], size: Number(match[3]) });
    }
  }
  return entries;
}

async function* readBatch(
  git: GitCommand,
  entries: readonly Entry[],
  signal?: AbortSignal,
): AsyncGenerator<FileAtCommit> {
  if (entries.length === 0) return;
  const input = entries.map((entry) => `${entry.object}\n`).join("");
  const answer = await git(["cat-file", "--batch"], { signal, input });
  if (answer.code !== 0) throw new GitFailure("file contents cannot be read");
  let offset = 0;
  for (const entry of entries) {
    // Each object is "<object> blob <size>\n<content>\n".
    const header = answer.stdout.indexOf(10, offset);
    if (header < 0) throw new GitFailure("file contents cannot be read to the end");
    const start = header + 1;
    yield { path: entry.path, content: answer.stdout.subarray(start, start + entry.size) };
    offset = start + entry.size + 1;
  }
}
