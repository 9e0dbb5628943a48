import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { inside } from "../../clients/release-folder.ts";
import { type Content, counter, fileOf, partsOf } from "../../clients/stores/local.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import {
  type ArchiveSubject,
  archiveNames,
  isSameSubject,
  type Manifest,
  manifestBytes,
  manifestFile,
  mostFiles,
  parseManifest,
  sumsFile,
  sumsText,
} from "./manifest.ts";

/** The uncompressed content of a gzip file. @throws StepFailure when it is none, or more than `maxBytes` */
export async function tarOf(path: string, maxBytes: number, signal: AbortSignal): Promise<Content> {
  const counting = counter();
  await pipeline(partsOf(path, signal), createGunzip(), bounded(maxBytes, counting), drain, { signal }).catch(
    refuse(signal),
  );
  return counting.content();
}

/** What is known of an archive before it is unpacked. */
export interface Expected {
  readonly subject: ArchiveSubject;
  /** Of the tar. */
  readonly maxBytes: number;
  /** Of the tar; absent where there is no card. */
  readonly sha256?: string;
}

/**
 * Unpacks an archive into an empty folder, and looks whether it is what was expected and what its own manifest says. What it
 * holds is taken for hostile until then: nothing but ordinary files below the folder is made, and no more bytes than expected.
 * @throws StepFailure; the system's error; the signal's reason. Whatever was unpacked by then is left
 */
export async function unpackArchive(
  path: string,
  { subject, maxBytes, sha256 }: Expected,
  { to, signal }: { to: string; signal: AbortSignal },
): Promise<{ readonly manifest: Manifest; readonly tar: Content }> {
  const counting = counter();
  const tar = extract();
  const found = new Map<string, Content>();
  const { root } = archiveNames(subject.tag);
  const unpacked = (async () => {
    for await (const entry of tar) {
      const name = nameOf(entry.header, root);
      if (found.has(name)) throw refused(`${printable(name, 200)} is in it twice`);
      if (found.size >= mostFiles) throw refused(`it has more than ${mostFiles} files`);
      const limit = name === manifestFile ? manifestBytes : maxBytes;
      const file = join(to, name);
      mkdirSync(dirname(file), { recursive: true });
      found.set(name, await fileOf(file, entry as unknown as AsyncIterable<Buffer>, limit));
    }
  })();
  const piped = pipeline(partsOf(path, signal), createGunzip(), bounded(maxBytes, counting), tar, { signal });
  const [one, other] = await Promise.allSettled([unpacked, piped.catch(refuse(signal))]);
  // What was found in it says more than that the stream was closed then.
  if (one.status === "rejected")
    throw one.reason instanceof StepFailure
      ? one.reason
      : other.status === "rejected"
        ? other.reason
        : one.reason;
  if (other.status === "rejected") throw other.reason;
  const content = counting.content();
  if (sha256 !== undefined && content.sha256 !== sha256)
    throw refused("it is not the one that its card is about");
  return { manifest: await verified(to, subject, found, signal), tar: content };
}

async function verified(
  to: string,
  subject: ArchiveSubject,
  found: ReadonlyMap<string, Content>,
  signal: AbortSignal,
): Promise<Manifest> {
  const manifest = found.has(manifestFile)
    ? parseManifest(await textOf(join(to, manifestFile), signal))
    : null;
  if (!manifest) throw refused(`it has no ${manifestFile} that can be read`);
  if (!isSameSubject(manifest, subject)) throw refused("its manifest is of another release");
  const named = new Map(manifest.files.map((file) => [file.name, file]));
  for (const [name, content] of found) {
    const said = named.get(name);
    if (name === manifestFile || name === sumsFile) continue;
    if (said?.sha256 !== content.sha256)
      throw refused(`${printable(name, 200)} is not what its manifest says`);
  }
  const lost = manifest.files.find(({ name }) => !found.has(name));
  if (lost) throw refused(`${printable(lost.name, 200)} is missing`);
  if (!found.has(sumsFile) || (await textOf(join(to, sumsFile), signal)) !== sumsText(manifest)) {
    throw refused(`its ${sumsFile} is not what its manifest says`);
  }
  return manifest;
}

/** Relative to the release's folder. @throws StepFailure for anything but an ordinary file below it */
function nameOf({ name, type, linkname }: Header, root: string): string {
  if (type !== "file" || linkname) throw refused(`${printable(name, 200)} in it is no ordinary file`);
  if (!name.startsWith(`${root}/`)) throw refused(`${printable(name, 200)} in it is not below ${root}`);
  return inside(name.slice(root.length + 1));
}

function bounded(maxBytes: number, counting: { add(part: Buffer): void }) {
  return async function* (parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const part of parts) {
      bytes += part.length;
      if (bytes > maxBytes) throw refused("it unpacks to more than its card says");
      counting.add(part);
      yield part;
    }
  };
}

async function drain(parts: AsyncIterable<Buffer>): Promise<void> {
  for await (const _part of parts);
}

async function textOf(path: string, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of partsOf(path, signal)) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

function refused(why: string): StepFailure {
  return new StepFailure(
    `the archive is not used: ${why}`,
    "see who wrote it; remove it there by hand if it is damaged",
    true,
  );
}

/** zlib's and tar's own words, as ours. */
const refuse =
  (signal: AbortSignal) =>
  (error: unknown): never => {
    // The streams' own error would not say what has ended them.
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    const isDamaged =
      code?.startsWith("Z_") ||
      /^(Invalid tar header|Unexpected end of data|Invalid header|Header exceeds)/.test(message);
    throw isDamaged ? refused(`it is damaged (${printable(message, 100)})`) : error;
  };
