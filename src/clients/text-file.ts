import { open } from "node:fs/promises";

/** Why a file cannot be read as text; the sentence's end, for people: `is not UTF-8`. */
export class TextFileProblem extends Error {
  override readonly name = "TextFileProblem";
}

/** A whole file of UTF-8 text, without a byte order mark. @throws TextFileProblem */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  const bytes = await readAtMost(path, maxBytes).catch((error: NodeJS.ErrnoException) => {
    throw error instanceof TextFileProblem
      ? error
      : new TextFileProblem(`cannot be read (${error.code ?? "unknown cause"})`);
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new TextFileProblem("is not UTF-8");
  }
}

async function readAtMost(path: string, maxBytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new TextFileProblem("is no file");
    if (info.size > maxBytes) throw new TextFileProblem(`is larger than ${maxBytes / 1024 / 1024} MiB`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
