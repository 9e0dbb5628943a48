import { styleText } from "node:util";
import type { SentinelEvent } from "../core/event.ts";
import { printable } from "../core/text.ts";
import type { Change } from "../deploy/driver.ts";
import type { DeployOutcome } from "../flows/apply/outcome.ts";
import type { Survey } from "../flows/apply/survey.ts";
import { say } from "../gate/report/words.ts";
import type { Context } from "./context.ts";
import type { DeployOptions } from "./deploy-options.ts";
import { logEvent } from "./logging.ts";

/** A deploy as people see it: at a terminal with marks and colours, else a line for each thing that happens. */
export interface DeployView {
  handle(event: SentinelEvent): void;
  planned(found: Survey): void;
  end(outcome: DeployOutcome): void;
}

type Style = Parameters<typeof styleText>[0];
type Level = "info" | "warning" | "error";

const deployLog = "release-sentinel.deploy";
/** Of all diffs together: what is longer is looked at by itself. */
const diffLines = 400;

const actions: Readonly<Record<Change["action"], string>> = {
  create: "create",
  change: "change",
  remove: "remove",
  unchanged: "unchanged",
};

export function createDeployView(context: Context, options: Pick<DeployOptions, "quiet">): DeployView {
  return context.interactive && !options.quiet ? marks(context) : lines(context, options);
}

/** Everything in the order in which it is said. */
function* plan({ plan: { target, changes, images, wayBack: _ } }: Survey): Generator<string> {
  yield `Target: ${target.title} (${target.name})`;
  const unchanged = changes.filter(({ action }) => action === "unchanged").length;
  for (const { action, subject } of changes)
    if (action !== "unchanged") yield `Plan: ${actions[action]} ${subject}`;
  if (unchanged > 0) yield `Plan: ${unchanged} unchanged`;
  for (const { subject, image, digest, isNew } of images) {
    const shown = digest === null || image.includes(digest) ? image : `${image} (${digest})`;
    yield `Image: ${subject}: ${shown}${isNew === false ? "" : ", new here"}`;
  }
}

function diffOf({ plan: { changes } }: Survey): readonly string[] {
  const all = changes.flatMap(({ diff }) => (diff === "" ? [] : diff.replace(/\n$/, "").split("\n")));
  const shown = all.slice(0, diffLines).map((line) => printable(line, 400));
  return all.length > diffLines ? [...shown, `… ${all.length - diffLines} lines more`] : shown;
}

/** What is said at the end, besides the sentence itself. */
function* afterwards({ reasons, resume, byHand, message }: DeployOutcome): Generator<[Level, string]> {
  for (const reason of reasons) if (!message.includes(reason.message)) yield ["error", reason.message];
  for (const remedy of new Set(reasons.flatMap((reason) => reason.remedy ?? [])))
    yield ["info", `To mend it: ${remedy}`];
  for (const command of byHand) yield ["info", `By hand: ${command}`];
  if (resume !== null) yield ["info", `To finish it: ${resume}`];
}

/** Why something has failed is said in full at the end. */
function brief(message: string): string {
  return message.length > 120 ? `${message.slice(0, 119)}…` : message;
}

function lines(context: Context, { quiet = false }: Pick<DeployOptions, "quiet">): DeployView {
  const log = (level: Level, message: string) =>
    logEvent({ type: "notice", level, from: deployLog, message });
  return {
    handle(event) {
      if (event.type === "step.finished") {
        const { outcome, message } = event.result;
        if (outcome === "did") log("info", message);
        else log("error", brief(message));
      } else if (event.type !== "step.started") logEvent(event);
    },
    planned(found) {
      for (const line of plan(found)) log("info", line);
      if (!quiet) for (const line of diffOf(found)) context.say(`  ${line}\n`);
    },
    end(outcome) {
      log(outcome.exitCode === 0 ? "info" : "error", outcome.message);
      for (const [level, line] of afterwards(outcome)) log(level, line);
    },
  };
}

function marks(context: Context): DeployView {
  const paint = (style: Style, text: string) =>
    context.color ? styleText(style, text, { validateStream: false }) : text;
  const line = (mark: string, style: Style, text: string) => context.say(` ${paint(style, mark)} ${text}\n`);
  const levels: Readonly<Record<Level, readonly [string, Style]>> = {
    info: ["·", "dim"],
    warning: ["!", "yellow"],
    error: ["✖", "red"],
  };
  return {
    handle(event) {
      if (event.type === "step.finished") {
        const { outcome, message } = event.result;
        if (outcome === "did") line("✔", "green", say(message));
        else line("✖", "magenta", say(brief(message)));
      } else if (event.type === "notice") line(...levels[event.level], say(event.message));
    },
    planned(found) {
      for (const text of plan(found)) line("○", "cyan", say(text));
      for (const text of diffOf(found)) {
        const style = text.startsWith("+") ? "green" : text.startsWith("-") ? "red" : "dim";
        context.say(`     ${paint(style, text)}\n`);
      }
    },
    end(outcome) {
      const { exitCode, message } = outcome;
      const style = exitCode === 0 ? "green" : exitCode === 1 ? "red" : "magenta";
      context.say("\n");
      line(exitCode === 0 ? "✔" : "✖", style, paint("bold", say(message)));
      for (const [, text] of afterwards(outcome)) context.say(`   ${say(text)}\n`);
    },
  };
}
