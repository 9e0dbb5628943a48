import type { Readable, Writable } from "node:stream";
import { confirm, isCancel, select, text } from "@clack/prompts";
import { Aborted } from "../core/check.ts";
import { type Choices, type CiChoice, ciChoices, isEnvironment, toolRefOf } from "../scaffold/choices.ts";
import type { Looked } from "../scaffold/look.ts";
import type { Template } from "../scaffold/target.ts";

/** Where questions are put. Ctrl-C, and a signal, end them as an interrupt. */
export interface Asking {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

const about: Readonly<Record<Template, string>> = {
  gate: "a policy, and CI asks whether a release is safe",
  release: "the gate, and releases and deploys by command",
  org: "a policy that other repositories extend",
};

/** Asks for what was neither said nor can be found. @throws Aborted when it is broken off */
export async function ask({ facts, choices, fitting }: Looked, asking: Asking): Promise<Choices> {
  const put = prompts(asking);
  const template =
    choices.template ??
    (await put(
      select<Template>({
        ...asking,
        message: "What is wanted here?",
        initialValue: fitting.template,
        options: (Object.keys(about) as Template[]).map((value) => ({
          value,
          label: value,
          hint: about[value],
        })),
      }),
    ));
  if (template === "org") return { ...choices, template };
  const environment =
    choices.environment ??
    (await put(
      text({
        ...asking,
        message: "Which environment do releases go to in the end?",
        initialValue: facts.environment,
        validate: (value) => (isEnvironment(value ?? "") ? undefined : "letters, digits, hyphens: prod"),
      }),
    ));
  const ci =
    choices.ci ??
    (await put(
      select<CiChoice>({
        ...asking,
        message: "Which CI service shall ask the gate?",
        initialValue: facts.writeCi ?? "none",
        options: ciChoices.map((value) => ({ value, label: value })),
      }),
    ));
  return { ...choices, template, environment, ci, ...(await askAction(choices, ci, asking)) };
}

async function askAction({ action }: Choices, ci: CiChoice, asking: Asking): Promise<Choices> {
  if (action !== undefined || ci === "none") return {};
  const said = await prompts(asking)(
    text({
      ...asking,
      message: "Where does CI get release-sentinel from? OWNER/NAME@REF; empty: you put it in later",
      placeholder: "your-org/release-sentinel@v0.1.0",
      defaultValue: "",
      validate: (value) => (!value || toolRefOf(value) ? undefined : "OWNER/NAME@REF"),
    }),
  );
  return said ? { action: said } : {};
}

/** Whether the files that were shown may be written. @throws Aborted */
export function agree(files: string, asking: Asking): Promise<boolean> {
  return prompts(asking)(confirm({ ...asking, message: `Write ${files}?`, initialValue: true }));
}

function prompts({ signal }: Asking) {
  return async <T>(question: Promise<T>): Promise<Exclude<T, symbol>> => {
    const answer = await Promise.race([question, ended(signal)]);
    // In raw mode the terminal makes no signal of Ctrl-C.
    if (isCancel(answer)) throw new Aborted("interrupt", "interrupted by SIGINT", "SIGINT");
    return answer as Exclude<T, symbol>;
  };
}

/** Never answers: it fails when the signal is aborted. */
function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
