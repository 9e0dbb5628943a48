import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Header, type Pack, pack } from "tar-stream";
import { type Content, counter, fileOf, partsOf } from "../../clients/stores/local.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { archiveNames, type Manifest, manifestFile, manifestText, sumsFile, sumsText } from "./manifest.ts";

/** What a header of a tar can say. */
const lastSecond = 2 ** 31 - 1;

/**
 * Writes a release's archive: the same files give the same tar. Read in parts, so that its size is no matter.
 * @param root the release's folder
 * @param to a file that is not there yet; none is left when this fails
 * @throws StepFailure when a file is not what the manifest says; the system's error; the signal's reason
 */
export async function packArchive(
  manifest: Manifest,
  { root, to, signal }: { root: string; to: string; signal: AbortSignal },
): Promise<{ readonly tar: Content; readonly gzip: Content }> {
  const tar = pack();
  const counting = counter();
  const filled = fill(tar, manifest, root, signal).catch((error) => tar.destroy(error as Error));
  const zipped = createGzip();
  const counted = async function* (parts: AsyncIterable<Buffer>) {
    for await (const part of parts) {
      counting.add(part);
      yield part;
    }
  };
  const piped = pipeline(tar as unknown as Readable, counted, zipped, { signal });
  const written = fileOf(to, zipped).catch((error) => {
    // Where the file cannot even be opened nobody reads what is zipped.
    zipped.destroy(error as Error);
    throw error;
  });
  const [made] = await Promise.allSettled([written, piped, filled]);
  signal.throwIfAborted();
  // What the file met is the cause, and the streams that were closed then the consequence.
  if (made.status === "rejected") throw made.reason;
  await piped;
  return { tar: counting.content(), gzip: made.value };
}

async function fill(tar: Pack, manifest: Manifest, root: string, signal: AbortSignal): Promise<void> {
  const { root: top } = archiveNames(manifest.tag);
  const seconds = Math.floor(Date.parse(manifest.taggedAt) / 1000);
  const mtime = new Date(1000 * Math.min(lastSecond, Math.max(0, seconds)));
  const fixed = { mode: 0o644, uid: 0, gid: 0, uname: "", gname: "", mtime, type: "file" } as const;
  const own = new Map([
    [manifestFile, manifestText(manifest)],
    [sumsFile, sumsText(manifest)],
  ]);
  const files = new Map(manifest.files.map((file) => [file.name, file]));
  for (const name of [...own.keys(), ...files.keys()].sort()) {
    const text = own.get(name);
    const file = files.get(name);
    const size = file?.bytes ?? Buffer.byteLength(text ?? "");
    const header: Partial<Header> & { name: string } = { ...fixed, name: `${top}/${name}`, size };
    const parts = file ? checked(join(root, name), file, signal) : [Buffer.from(text ?? "")];
    await pipeline(parts, tar.entry(header) as unknown as Writable, { signal });
  }
  tar.finalize();
}

/** @throws StepFailure when it is not what it was */
async function* checked(
  path: string,
  { name, bytes, sha256 }: Manifest["files"][number],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const counting = counter();
  let size = 0;
  for await (const part of partsOf(path, signal)) {
    size += part.length;
    if (size > bytes) throw changed(name);
    counting.add(part);
    yield part;
  }
  if (counting.content().sha256 !== sha256) throw changed(name);
}

function changed(name: string): StepFailure {
  return new StepFailure(
    `${printable(name, 200)} changed while it was archived`,
    "let nothing write into the release's folder meanwhile, and run the same command again",
  );
}
