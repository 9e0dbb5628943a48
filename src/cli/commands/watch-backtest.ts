import { resolve } from "node:path";
import { type BacktestAnswer, runBacktest } from "../../app/watch-backtest.ts";
import { SentinelError } from "../../core/errors.ts";
import { columns, cut, pad } from "../../gate/report/columns.ts";
import { jsonText, say } from "../../gate/report/words.ts";
import type { Replayed } from "../../watch/backtest/replay.ts";
import type { Context } from "../context.ts";
import { ledgerWorld, momentOption, storeToRead } from "../ledger-world.ts";
import { logEvent } from "../logging.ts";
import { widthOf, writeOut } from "../terminal.ts";
import type { BacktestOptions } from "../watch-options.ts";

export async function run(context: Context, options: BacktestOptions): Promise<number> {
  const { sentinel, cwd, env, terminal } = context;
  const environment = options.env ?? env["ENV"];
  if (!environment) {
    throw new SentinelError(
      "flag-invalid",
      "--env (or ENV) missing",
      "for example: release-sentinel watch backtest --env prod --policy new.yaml",
    );
  }
  context.listen(logEvent);
  const { from = "ledger", policy, config = policy, timeout: timeoutMs } = options;
  const isWord = from === "ledger" || from === "prometheus";
  const since = Date.parse(momentOption("--since", options.since ?? "30d", false) ?? "");
  const store = isWord ? storeOf(context, options) : null;
  try {
    const answer = await sentinel.job({ command: "watch backtest", environment, config, timeoutMs }, (job) =>
      runBacktest(job, { environment, from: isWord ? from : { folder: resolve(cwd, from) }, since, store }),
    );
    for (const message of answer.notices)
      logEvent({ type: "notice", level: "warning", from: "release-sentinel.watch", message });
    const shown = sentinel.secrets.maskDeep(answer);
    const width = terminal.stdout.isTTY === true ? widthOf(terminal.stderr, 120) : Number.POSITIVE_INFINITY;
    const isJson = options.json || options.format === "json";
    await writeOut(terminal.stdout, isJson ? jsonText(asJson(shown)) : table(shown, width));
    return 0;
  } finally {
    store?.close();
  }
}

/** Prometheus can be asked without a ledger too: it knows of stretches in which nothing happened. */
function storeOf(context: Context, { from, ledger }: BacktestOptions) {
  try {
    return storeToRead(ledgerWorld(context), ledger);
  } catch (error) {
    if (from !== "prometheus" || ledger !== undefined) throw error;
    return null;
  }
}

function asJson({
  replays,
  policyDigest,
  rolledBack,
  needless,
  missed,
  undecided,
  message,
  notices,
}: BacktestAnswer) {
  return {
    schema: "release-sentinel/watch-backtest/v1",
    message,
    policyDigest,
    all: replays.length,
    rolledBack,
    needless,
    missed,
    undecided,
    notices,
    stretches: replays.map(({ stretch, decision, minute, outcome, needless, missed }) => ({
      id: stretch.id,
      deployedAt: new Date(stretch.deployedAt).toISOString(),
      truth: stretch.truth,
      outcome,
      minute,
      needless,
      missed,
      message: decision.message,
      reasons: decision.reasons,
    })),
  };
}

const head = ["STRETCH", "WAS", "WOULD", "MINUTE", "WHY"];

function table({ replays, message }: BacktestAnswer, width: number): string {
  const rows = [head, ...replays.map(rowOf)];
  const widths = head.map((_, i) => Math.max(...rows.map((row) => columns(row[i] ?? ""))));
  const lines = rows.map((row) =>
    cut(
      row.map((cell, i) => (i === head.length - 1 ? cell : pad(cell, widths[i] ?? 0))).join("  "),
      width,
    ).trimEnd(),
  );
  return `${lines.join("\n")}\n\n${say(message)}\n`;
}

function rowOf({ stretch, decision, minute, outcome, needless, missed }: Replayed): string[] {
  const mark = needless ? " (needlessly)" : missed ? " (missed)" : "";
  return [
    say(stretch.id, 100),
    stretch.truth,
    `${outcome}${mark}`,
    String(minute),
    say(decision.message, 300),
  ];
}
