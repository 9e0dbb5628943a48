import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Readable } from "node:stream";
import { printable } from "../../core/text.ts";

export interface ManifestText {
  /** What it is called in messages: its path as seen from the working folder, or `standard input`. */
  readonly label: string;
  readonly text: string;
}

/** A file or folder of manifests cannot be read. The message names it. */
export class ManifestUnreadable extends Error {
  override readonly name = "ManifestUnreadable";
}

const largest = 32 * 1024 * 1024;

/**
 * Files as `kubectl apply -f` takes them: a file whatever its name, of a folder those that end in .yaml, .yml or .json
 * (not its folders), `-` for standard input. In the order given, sorted within a folder.
 * @throws ManifestUnreadable
 */
export async function readManifestFiles(
  paths: readonly string[],
  around: { readonly cwd: string; readonly stdin: Readable; readonly signal: AbortSignal },
): Promise<ManifestText[]> {
  const texts: ManifestText[] = [];
  for (const path of paths) {
    around.signal.throwIfAborted();
    if (path === "-")
      texts.push({ label: "standard input", text: await readAll(around.stdin, around.signal) });
    else for (const file of await filesAt(path)) texts.push(await readOne(file, around.cwd));
  }
  return texts;
}

async function filesAt(path: string): Promise<string[]> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) throw new ManifestUnreadable(`there is no manifest ${printable(path, 300)}`);
  if (!info.isDirectory()) return [path];
  const names = (await readdir(path).catch(() => [])).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  if (names.length === 0) {
    throw new ManifestUnreadable(`the folder ${printable(path, 300)} holds no .yaml, .yml or .json file`);
  }
  return names.map((name) => join(path, name));
}

async function readOne(file: string, cwd: string): Promise<ManifestText> {
  const shown = relative(cwd, file);
  const label = printable(shown === "" || shown.startsWith("..") ? file : shown, 300);
  try {
    return { label, text: decode(await readFile(file), label) };
  } catch (error) {
    if (error instanceof ManifestUnreadable) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ManifestUnreadable(`${label} cannot be read: ${code ?? printable(message, 200)}`);
  }
}

async function readAll(stdin: Readable, signal: AbortSignal): Promise<string> {
  const stop = () => stdin.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
    return decode(Buffer.concat(chunks), "standard input");
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function decode(bytes: Buffer, label: string): string {
  if (bytes.length > largest) throw new ManifestUnreadable(`${label} is larger than 32 MB`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ManifestUnreadable(`${label} is not valid UTF-8`);
  }
}
