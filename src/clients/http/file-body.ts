import { promises as files } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { ClientRequest } from "node:http";
import { printable } from "../../core/text.ts";
import { type FileBody, NetworkFailure } from "../readers.ts";

const partBytes = 256 * 1024;

/**
 * Streams a file as a request's body, and ends the request. A file that is not as long as was said makes the request
 * fail in the middle, so that the other side never takes it for whole.
 * @throws NetworkFailure BAD_BODY
 */
export async function sendFile(
  { file, bytes }: FileBody,
  request: ClientRequest,
  onProgress: () => void = () => {},
): Promise<void> {
  const handle = await files.open(file).catch((error: unknown) => {
    throw unusable(file, `cannot be read (${codeOf(error)})`);
  });
  try {
    const { size } = await handle.stat();
    if (size !== bytes) throw unusable(file, `has ${size} bytes, not ${bytes}`);
    await pour(handle, { file, bytes }, request, onProgress);
  } finally {
    await handle.close();
  }
}

async function pour(
  handle: FileHandle,
  { file, bytes }: FileBody,
  request: ClientRequest,
  onProgress: () => void,
): Promise<void> {
  for (let sent = 0; sent < bytes; ) {
    const part = Buffer.allocUnsafe(Math.min(partBytes, bytes - sent));
    const { bytesRead } = await handle.read(part, 0, part.length, sent).catch((error: unknown) => {
      throw unusable(file, `cannot be read (${codeOf(error)})`);
    });
    if (bytesRead === 0) throw unusable(file, "became shorter while it was sent");
    sent += bytesRead;
    // Before the last part leaves: afterwards the other side has a whole body.
    if (sent === bytes && (await handle.stat()).size !== bytes) {
      throw unusable(file, "changed its length while it was sent");
    }
    if (!(await handed(request, part.subarray(0, bytesRead)))) return;
    onProgress();
  }
  request.end();
}

/** Hands a part over and waits until there is room for the next; false when the request is over. */
function handed(request: ClientRequest, part: Buffer): Promise<boolean> {
  if (request.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const over = () => resolve(false);
    request.once("close", over);
    request.write(part, (error) => {
      request.off("close", over);
      resolve(!error);
    });
  });
}

function unusable(file: string, what: string): NetworkFailure {
  return new NetworkFailure("BAD_BODY", `file ${printable(file, 200)} ${what}`);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown cause";
}
