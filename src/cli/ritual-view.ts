import { styleText } from "node:util";
import type { SentinelEvent } from "../core/event.ts";
import { count, duration, printable } from "../core/text.ts";
import type { RitualOutcome } from "../flows/ritual/outcome.ts";
import { say } from "../gate/report/words.ts";
import type { StepRecord } from "../ritual/verification.ts";
import type { Context } from "./context.ts";
import { logEvent } from "./logging.ts";
import type { RitualOptions } from "./ritual-options.ts";

/** A ritual as people see it: at a terminal with marks and colours, else a line for each thing that happens. */
export interface RitualView {
  handle(event: SentinelEvent): void;
  end(outcome: RitualOutcome): void;
}

type Style = Parameters<typeof styleText>[0];
type Level = "info" | "warning" | "error";

const ritualLog = "release-sentinel.ritual";
/** Of one payload: what is longer is in the JSON, or in the folder. */
const payloadLines = 60;

const words: Readonly<Record<StepRecord["outcome"], string>> = {
  did: "done",
  "was-done": "was done",
  planned: "to do",
  skipped: "skipped",
  "left-out": "left out",
  failed: "failed",
  conflict: "conflict",
  unknown: "unknown",
  "not-reached": "not reached",
};

const marks: Readonly<Record<StepRecord["outcome"], readonly [string, Style]>> = {
  did: ["✔", "green"],
  "was-done": ["✔", "dim"],
  planned: ["○", "cyan"],
  skipped: ["–", "dim"],
  "left-out": ["–", "dim"],
  failed: ["✖", "magenta"],
  conflict: ["✖", "red"],
  unknown: ["?", "magenta"],
  "not-reached": ["–", "dim"],
};

export function createRitualView(
  context: Context,
  options: Pick<RitualOptions, "quiet" | "dryRun">,
): RitualView {
  return context.interactive && !options.quiet ? atTerminal(context) : asLines(context, options);
}

function asLines(context: Context, { quiet = false }: Pick<RitualOptions, "quiet">): RitualView {
  const log = (level: Level, message: string) =>
    logEvent({ type: "notice", level, from: ritualLog, message });
  return {
    handle(event) {
      if (event.type === "step.started") log("info", `${event.step}: ${event.title}`);
      else if (event.type === "step.finished") {
        const { outcome, message } = event.result;
        log(outcome === "did" || outcome === "was-done" ? "info" : "error", `${event.step}: ${message}`);
      } else if (event.type !== "plan") logEvent(event);
    },
    end(outcome) {
      for (const { name, outcome: what, message } of outcome.steps)
        if (isQuiet(outcome, what)) log("info", `${name}: ${words[what]}: ${message}`);
      if (!quiet) for (const line of payloadText(outcome)) context.say(`${line}\n`);
      log(outcome.exitCode === 0 ? "info" : "error", outcome.message);
      for (const [level, line] of afterwards(outcome)) log(level, line);
    },
  };
}

/** What the events have not told already. */
function isQuiet({ outcome }: RitualOutcome, what: StepRecord["outcome"]): boolean {
  if (outcome === "planned" || outcome === "blocked" || outcome === "critical" || outcome === "complete")
    return true;
  return what === "skipped" || what === "left-out";
}

function atTerminal(context: Context): RitualView {
  const paint = (style: Style, text: string) =>
    context.color ? styleText(style, text, { validateStream: false }) : text;
  const line = ([mark, style]: readonly [string, Style], text: string) =>
    context.say(` ${paint(style, mark)} ${text}\n`);
  return {
    handle(event) {
      if (event.type === "step.started") line(["…", "dim"], paint("dim", say(event.title)));
      else if (event.type === "notice" && event.level !== "info") line(["!", "yellow"], say(event.message));
    },
    end(outcome) {
      context.say("\n");
      for (const { name, outcome: what, message, durationMs } of outcome.steps) {
        const time = durationMs === null ? "" : paint("dim", ` (${duration(durationMs)})`);
        line(marks[what], `${paint("dim", name.padEnd(12))} ${say(message)}${time}`);
      }
      for (const text of payloadText(outcome)) context.say(`${text}\n`);
      const { exitCode, message } = outcome;
      const style = exitCode === 0 ? "green" : exitCode === 1 ? "red" : "magenta";
      context.say("\n");
      line([exitCode === 0 ? "✔" : "✖", style], paint("bold", say(message)));
      for (const [, text] of afterwards(outcome)) context.say(`   ${say(text)}\n`);
    },
  };
}

/** What is said at the end, besides the sentence itself. */
function* afterwards({
  reasons,
  resume,
  steps,
  folder,
  outcome,
  url,
}: RitualOutcome): Generator<[Level, string]> {
  for (const remedy of new Set(reasons.flatMap((reason) => reason.remedy ?? [])))
    yield ["info", `To mend it: ${remedy}`];
  if (resume !== null) yield ["info", `To finish it: ${resume}`];
  if (outcome === "planned" || outcome === "blocked" || outcome === "critical") return;
  for (const { links } of steps)
    for (const { label, url: link } of links) yield ["info", `${label}: ${printable(link, 2000)}`];
  if (url !== null) yield ["info", url];
  if (folder !== null) yield ["info", `Folder: ${folder}`];
}

/** Every payload of a dry run: where it would go, and what it would be. */
function* payloadText({ payloads }: RitualOutcome): Generator<string> {
  for (const { step, to, type, body } of payloads) {
    const all = body.replace(/\n$/, "").split("\n");
    yield "";
    yield `── ${step} → ${say(to)} (${say(type)}, ${count(Buffer.byteLength(body), "byte")})`;
    for (const text of all.slice(0, payloadLines)) yield `   ${printable(text, 400)}`;
    if (all.length > payloadLines)
      yield `   … ${count(all.length - payloadLines, "line")} more: --json has them all`;
  }
  if (payloads.length > 0) yield "";
}
