import { join } from "node:path";
import { createFileStore } from "../../src/clients/ledger/file.ts";
import type { LedgerStore } from "../../src/clients/ledger/store.ts";
import type { Signer } from "../../src/ledger/checkpoint.ts";
import type { LedgerEvent } from "../../src/ledger/entry.ts";
import { createLedgerWriter, type LedgerWriter } from "../../src/ledger/ledger.ts";
import { tempFolder } from "./temp.ts";

export const never: AbortSignal = new AbortController().signal;

/** A ledger in a folder that is gone when the test is over. */
export function fileStore(path: string = join(tempFolder("rs-ledger-"), "ledger.jsonl")): LedgerStore {
  return createFileStore({ path, lock: `${path}.lock` });
}

export function writer(
  store: LedgerStore,
  options: { signer?: Signer | undefined; now?: () => Date; mask?: <T>(value: T) => T } = {},
): LedgerWriter {
  return createLedgerWriter({
    store,
    mask: (value) => value,
    circumstances: {
      actor: { name: "Test Author <author@example.com>", source: "git" },
      run: { ci: null, url: null },
      host: "machine",
      tool: "0.0.0",
    },
    ...options,
  });
}

export function event(about: Partial<LedgerEvent> = {}): LedgerEvent {
  return {
    kind: "note",
    command: "test",
    environment: "prod",
    version: "v1.0.0",
    commit: null,
    data: {},
    ...about,
  };
}

/** All lines of a store, with their line breaks. */
export async function linesOf(store: LedgerStore): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const block of store.blocks(never)) chunks.push(Buffer.from(block));
  return (
    Buffer.concat(chunks)
      .toString("utf8")
      .match(/[^\n]*\n|[^\n]+$/g) ?? []
  );
}

/** What a store hands on, from lines that need not be right. */
export async function* blocksOf(lines: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  yield Buffer.concat(lines.map((line) => Buffer.from(line)));
}
