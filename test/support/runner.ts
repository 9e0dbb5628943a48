import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { cleanEnv, root } from "./cli.ts";
import type { JobFacts } from "./runner-events.ts";
import { type Annotation, createLog, readCommandFile } from "./runner-log.ts";
import { tempFolder } from "./temp.ts";

/** One step as GitHub's runner leaves it behind. */
export interface StepResult {
  readonly exitCode: number | null;
  readonly conclusion: "success" | "failure";
  /** What people can read: commands taken out, masks applied. */
  readonly log: string;
  /** What the process wrote, before any mask. */
  readonly raw: string;
  readonly annotations: readonly Annotation[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Of GITHUB_ENV: for later steps. */
  readonly env: Readonly<Record<string, string>>;
  /** Masked, as it is shown; empty when there is none. */
  readonly summary: string;
  readonly masks: readonly string[];
}

export interface StepOptions {
  readonly job: JobFacts;
  /** GITHUB_WORKSPACE. */
  readonly workspace: string;
  /** `with:`, after expressions. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** `env:` of the step, the job and the workflow, after expressions. */
  readonly env?: Readonly<Record<string, string>>;
  /** Values of the secrets' store: masked from the beginning. */
  readonly secrets?: readonly string[];
  /** Called with the running process: the runner cancels with signals. */
  readonly during?: (child: ReturnType<typeof spawn>) => void;
  /** Options for Node before the script. */
  readonly nodeOptions?: readonly string[];
}

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: unknown } | null>>;
  readonly runs: { readonly using: string; readonly main: string };
}

export const actionFile = parse(readFileSync(join(root, "action.yml"), "utf8")) as ActionFile;
/** The action's folder in these tests: the build's, where the file lies that is committed for users. */
export const actionFolder: string = process.env["RS_TEST_ACTION"] ?? join(root, "dist");
const node = process.env["RS_TEST_NODE"] ?? process.execPath;

/** The token that GitHub makes for each job; secret from the beginning. */
export const jobToken: string = ["ghs", "J0bT0ken0fThisRun", "4f9a77c1"].join("_");

/**
 * What the runner does with a JavaScript action: inputs with their defaults as `INPUT_*`, files for commands, the work space as
 * folder, both streams read for commands, masks applied, the exit code as conclusion.
 */
export async function runAction(options: StepOptions): Promise<StepResult> {
  const given = Object.entries(options.inputs ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const defaults = Object.entries(actionFile.inputs).flatMap(([name, input]) =>
    input?.default === undefined ? [] : [[name, expression(String(input.default))]],
  );
  const inputs = Object.fromEntries([...defaults, ...given]) as Record<string, string>;
  const inputEnv = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`,
      value,
    ]),
  );
  const script = join(actionFolder, actionFile.runs.main);
  return runProcess(node, [...(options.nodeOptions ?? []), script], options, inputEnv);
}

/** A `run:` step: bash as the runner calls it. */
export function runScript(script: string, options: StepOptions): Promise<StepResult> {
  const file = join(mkdtempSync(join(tempFolder(), "step-")), "script.sh");
  writeFileSync(file, script);
  return runProcess("bash", ["--noprofile", "--norc", "-e", "-o", "pipefail", file], options, {});
}

function expression(text: string): string {
  return text.replace(/\$\{\{ github\.token \}\}/g, jobToken);
}

async function runProcess(
  program: string,
  args: readonly string[],
  { job, workspace, env = {}, secrets = [], during }: StepOptions,
  inputEnv: Readonly<Record<string, string>>,
): Promise<StepResult> {
  const folder = mkdtempSync(join(job.temp, "commands-"));
  const file = (name: string) => {
    const path = join(folder, name);
    writeFileSync(path, "");
    return path;
  };
  const files = { output: file("output"), env: file("env"), summary: file("summary") };
  const home = join(job.temp, "home");
  mkdirSync(home, { recursive: true });
  const child = spawn(program, args, {
    cwd: workspace,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...cleanEnv({ HOME: home }),
      ...job.env,
      ...env,
      ...inputEnv,
      GITHUB_WORKSPACE: workspace,
      GITHUB_OUTPUT: files.output,
      GITHUB_ENV: files.env,
      GITHUB_STEP_SUMMARY: files.summary,
      GITHUB_PATH: file("path"),
      GITHUB_STATE: file("state"),
      ACTIONS_RUNTIME_TOKEN: `${jobToken}-runtime`,
    },
  });
  const log = createLog([jobToken, ...secrets.filter((value) => value !== "")]);
  child.stdout.on("data", (chunk: Buffer) => log.take("stdout", chunk));
  child.stderr.on("data", (chunk: Buffer) => log.take("stderr", chunk));
  during?.(child);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code));
  });
  const { text, raw, annotations, masks, mask } = log.end();
  const summary = readFileSync(files.summary, "utf8");
  if (Buffer.byteLength(summary) > 1024 * 1024) throw new Error("a summary holds at most 1 MiB");
  return {
    exitCode,
    conclusion: exitCode === 0 ? "success" : "failure",
    log: text,
    raw,
    annotations,
    masks,
    outputs: readCommandFile(readFileSync(files.output, "utf8")),
    env: readCommandFile(readFileSync(files.env, "utf8")),
    summary: summary.split("\n").map(mask).join("\n"),
  };
}
