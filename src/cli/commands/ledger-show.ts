import { printable } from "../../core/text.ts";
import { columns, cut, pad } from "../../gate/report/columns.ts";
import type { Recorded } from "../../ledger/entry.ts";
import { newest, type Query, verdictOf } from "../../ledger/query.ts";
import type { Context } from "../context.ts";
import type { ShowOptions } from "../ledger-options.ts";
import { ledgerWorld, momentOption, storeToRead } from "../ledger-world.ts";
import { widthOf, writeOut } from "../terminal.ts";

const usualLast = 20;

export async function run(context: Context, options: ShowOptions): Promise<number> {
  const { sentinel, terminal, signal } = context;
  const json = options.json || options.format === "json";
  const query = queryOf(options);
  const store = storeToRead(ledgerWorld(context), options.ledger);
  try {
    const entries = (await newest(store.backwards(signal), query)).toReversed();
    const shown = sentinel.secrets.maskDeep(entries);
    const text = json
      ? `${JSON.stringify({ schema: "release-sentinel/ledger-entries/v1", ledger: store.where, entries: shown }, null, 2)}\n`
      : table(
          shown,
          terminal.stdout.isTTY === true ? widthOf(context.terminal.stderr, 120) : Number.POSITIVE_INFINITY,
        );
    if (!json && entries.length === 0 && !options.quiet)
      context.say(`No entry in ${store.where} is as asked for\n`);
    await writeOut(terminal.stdout, text);
    return 0;
  } finally {
    store.close();
  }
}

function queryOf(options: ShowOptions): Query {
  const { env: environment, version, actor, verdict, kind } = options;
  const since = momentOption("--since", options.since, false);
  const until = momentOption("--until", options.until, true);
  const asked = { environment, version, actor, verdict, kind, since, until };
  const isAsked = Object.values(asked).some((value) => value !== undefined);
  return { ...asked, last: options.last ?? (isAsked ? undefined : usualLast) };
}

const head = ["#", "TIME", "KIND", "ENV", "VERSION", "RESULT", "WHO"];

function table(entries: readonly Recorded[], width: number): string {
  if (entries.length === 0) return "";
  const rows = [head, ...entries.map(rowOf)];
  const widths = head.map((_, i) => Math.max(...rows.map((row) => columns(row[i] ?? ""))));
  return rows
    .map(
      (row) =>
        `${cut(row.map((cell, i) => (i === head.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join("  "), width).trimEnd()}\n`,
    )
    .join("");
}

function rowOf({ seq, time, newer, entry }: Recorded): string[] {
  const { kind, environment, version, actor, data } = entry;
  const outcome = data?.["outcome"];
  const result = verdictOf(entry) ?? (typeof outcome === "string" ? outcome : "");
  return [
    String(seq),
    time.replace(/\.\d+Z$/, "Z"),
    newer ? `${text(kind)} (newer)` : text(kind),
    text(environment),
    text(version),
    text(result),
    actor ? `${text(actor.name)} (${text(actor.source)})` : "not known",
  ];
}

/** An entry of a later version may hold anything anywhere. */
function text(value: unknown): string {
  return printable(
    typeof value === "string" ? value : value === null || value === undefined ? "–" : JSON.stringify(value),
    80,
  );
}
