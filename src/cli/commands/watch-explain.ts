import { readText } from "../../app/attest.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import { jsonText } from "../../gate/report/words.ts";
import type { Recorded } from "../../ledger/entry.ts";
import { newest, readEntry } from "../../ledger/query.ts";
import { asReceipt, type Receipt } from "../../watch/receipt.ts";
import { explain } from "../../watch/report/explain.ts";
import type { Context } from "../context.ts";
import { ledgerWorld, storeToRead } from "../ledger-world.ts";
import { writeOut } from "../terminal.ts";
import type { ExplainOptions } from "../watch-options.ts";

const maxBytes = 64 * 1024 * 1024;

export async function run(
  context: Context,
  options: ExplainOptions,
  [file]: readonly string[],
): Promise<number> {
  const ways = [file !== undefined, options.seq !== undefined, options.last === true];
  if (ways.filter(Boolean).length > 1) {
    throw new SentinelError(
      "flag-invalid",
      "a file, --seq and --last do not go together",
      "give one of them: watch explain, watch explain --seq 12, watch explain watch.json",
    );
  }
  const found = file === undefined ? await fromLedger(context, options) : fromFile(context, file);
  const receipt = context.sentinel.secrets.maskDeep(found);
  const json = options.json || options.format === "json";
  await writeOut(context.terminal.stdout, json ? jsonText(receipt) : explain(receipt));
  return 0;
}

/** A receipt, or an answer that holds one. */
function fromFile({ cwd }: Context, file: string): Receipt {
  const text = readText(file, cwd, "answer of watch", maxBytes);
  let receipt: Receipt | undefined;
  try {
    const value = JSON.parse(text) as { receipt?: unknown };
    receipt = asReceipt(value) ?? asReceipt(value?.receipt);
  } catch {
    // said below
  }
  if (receipt) return receipt;
  throw new SentinelError(
    "evidence-unreadable",
    `${printable(file, 200)} holds no decision of a watch`,
    "save one: release-sentinel watch --report json=watch.json",
  );
}

async function fromLedger(context: Context, options: ExplainOptions): Promise<Receipt> {
  const store = storeToRead(ledgerWorld(context), options.ledger);
  try {
    const { env: environment, version, seq } = options;
    const recorded =
      seq === undefined
        ? (await newest(store.backwards(context.signal), { environment, version, kind: "watch", last: 1 }))[0]
        : await entryAt(store.backwards(context.signal), seq);
    const receipt = recorded && asReceipt(recorded.entry.data["receipt"]);
    if (receipt) return receipt;
    throw new SentinelError(
      "ledger-unreadable",
      seq === undefined
        ? `no decision of a watch in ${store.where} is as asked for`
        : `entry ${seq} of ${store.where} is no decision of a watch`,
      "see what there is: release-sentinel ledger show --kind watch",
    );
  } finally {
    store.close();
  }
}

async function entryAt(backwards: AsyncIterable<Buffer>, seq: number): Promise<Recorded | undefined> {
  for await (const line of backwards) {
    const recorded = readEntry(line);
    if (!recorded || recorded.seq > seq) continue;
    return recorded.seq === seq ? recorded : undefined;
  }
  return undefined;
}
