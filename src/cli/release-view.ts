import { styleText } from "node:util";
import type { SentinelEvent } from "../core/event.ts";
import type { PlannedStep, StepResult } from "../core/plan.ts";
import type { StepState } from "../core/step.ts";
import type { ReleaseOutcome } from "../flows/release/outcome.ts";
import { say } from "../gate/report/words.ts";
import type { Context } from "./context.ts";

type Style = Parameters<typeof styleText>[0];

const states: Readonly<Record<StepState, readonly [string, Style]>> = {
  done: ["✔", "green"],
  needed: ["○", "cyan"],
  conflict: ["✖", "red"],
  unknown: ["?", "magenta"],
};
const outcomes: Readonly<Record<StepResult["outcome"], readonly [string, Style]>> = {
  did: ["✔", "green"],
  "was-done": ["✔", "dim"],
  failed: ["✖", "magenta"],
  conflict: ["✖", "red"],
  unknown: ["?", "magenta"],
  undone: ["↶", "yellow"],
  "not-reached": ["–", "dim"],
};

/** A release as people at a terminal see it: what is there and what will be done, then each step as it ends. */
export function createReleaseView(context: Context) {
  const paint = (style: Style, text: string) =>
    context.color ? styleText(style, text, { validateStream: false }) : text;
  const line = (mark: readonly [string, Style], text: string) =>
    context.say(` ${paint(mark[1], mark[0])} ${text}\n`);
  const after = (text: string) => context.say(`   → ${say(text)}\n`);

  return {
    handle(event: SentinelEvent): void {
      if (event.type === "plan") for (const step of event.steps) planned(step);
      else if (event.type === "step.finished")
        line(outcomes[event.result.outcome], say(event.result.message));
      else if (event.type === "notice" && event.level !== "info") line(["!", "yellow"], say(event.message));
    },
    end({ exitCode, outcome, message, reasons, resume, url }: ReleaseOutcome): void {
      const style = exitCode === 0 ? "green" : exitCode === 1 ? "red" : "magenta";
      context.say("\n");
      line([exitCode === 0 ? "✔" : "✖", style], paint("bold", say(message)));
      for (const remedy of new Set(reasons.flatMap((reason) => reason.remedy ?? []))) after(remedy);
      if (resume !== null) context.say(`   To finish it: ${say(resume)}\n`);
      if (url !== null && outcome !== "planned") context.say(`   ${say(url)}\n`);
    },
  };

  function planned({ state, id, message, proofs }: PlannedStep): void {
    line(states[state], `${paint("dim", id.padEnd(20))} ${say(message)}`);
    for (const proof of proofs) {
      if (proof.state === "ok") continue;
      line(
        proof.state === "notice" ? ["!", "yellow"] : states[proof.state],
        `${" ".repeat(20)} ${say(proof.message)}`,
      );
    }
  }
}
