import type { Recorded } from "../../ledger/entry.ts";
import { entriesOf } from "../../ledger/query.ts";
import type { Context } from "../context.ts";
import type { ReplayOptions } from "../evidence-options.ts";
import { ledgerWorld, storeToRead } from "../ledger-world.ts";
import { replayCommand } from "./replay.ts";

/** `replay`, with the ledger's entries, oldest first. */
export const run: ReturnType<typeof replayCommand> = replayCommand(recorded);

async function* recorded(context: Context, options: ReplayOptions): AsyncGenerator<Recorded> {
  const store = storeToRead(ledgerWorld(context), options.ledger);
  try {
    for await (const { recorded: entry } of entriesOf(store.blocks(context.signal))) yield entry;
  } finally {
    store.close();
  }
}
