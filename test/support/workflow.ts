import { registerHooks } from "node:module";
import { parse } from "yaml";
import { evaluate, interpolate } from "./expressions.ts";
import type { TestRepository } from "./repository.ts";
import { runAction, runScript, type StepResult } from "./runner.ts";
import { checkOut, type JobFacts, startJob, type Trigger } from "./runner-events.ts";

// GitHub's parser is made for bundlers: it imports JSON without saying so.
registerHooks({
  load: (url, context, next) =>
    /@actions\/workflow-parser\/.*\.json$/.test(url)
      ? next(url, { ...context, importAttributes: { type: "json" } })
      : next(url, context),
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
  "@actions/workflow-parser"
);
const { parseAction } = await import("@actions/workflow-parser/actions/action-parser");
const trace = new NoOperationTraceWriter();

/** What GitHub's own parser says against a workflow; empty when it takes it. */
export async function workflowProblems(content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name: "workflow.yml", content }, trace);
  const said = context.errors.getErrors().map(({ message }) => message);
  if (!value || said.length > 0) return said.length > 0 ? said : ["nothing"];
  const { errors = [] } = await convertWorkflowTemplate(context, value);
  return errors.map(({ Message }) => Message);
}

/** The same for an `action.yml`. */
export function actionProblems(content: string): string[] {
  return parseAction({ name: "action.yml", content }, trace)
    .context.errors.getErrors()
    .map(({ message }) => message);
}

export interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

export interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": unknown };
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly if?: string;
        readonly needs?: unknown;
        readonly "runs-on": string;
        readonly "timeout-minutes"?: number;
        readonly environment?: string;
        readonly steps: readonly Step[];
      }
    >
  >;
}

export function readWorkflow(text: string): Workflow {
  return parse(text) as Workflow;
}

/** What a careful reviewer says against a workflow, whatever the parser thinks of it. */
export function reviewWorkflow(text: string): string[] {
  const workflow = readWorkflow(text);
  const said: string[] = [];
  if (!workflow.permissions) said.push("no permissions: the token gets the repository's default");
  if (!workflow.concurrency) said.push("no concurrency");
  for (const [name, job] of Object.entries(workflow.jobs)) {
    if (job["timeout-minutes"] === undefined) said.push(`${name}: no timeout: six hours`);
    for (const { run = "", uses, with: inputs = {} } of job.steps) {
      if (run.includes("${{")) said.push(`${name}: an expression in run is code: ${run}`);
      if (uses?.startsWith("actions/checkout@") && inputs["persist-credentials"] !== false)
        said.push(`${name}: the checkout leaves the token in the work space`);
    }
  }
  for (const [line, target = ""] of text.matchAll(/uses: (.*)$/gm)) {
    if (!target.startsWith("./") && !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(target))
      said.push(`not pinned by a commit with its version: ${line}`);
  }
  return said;
}

export interface WorkflowRun {
  readonly job: JobFacts;
  /** Of the jobs that were not skipped, in order. */
  readonly steps: readonly (StepResult & { readonly name: string })[];
  readonly conclusion: "success" | "failure" | "skipped";
}

export interface RunOptions {
  readonly repo: TestRepository;
  readonly trigger: Trigger;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  /** The tool's name in `uses:`. */
  readonly tool: string;
  /** In place of what the runner says: addresses of servers that stand in. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a workflow's jobs one after another as GitHub would: expressions, conditions, checkout, action and scripts for real. */
export async function runWorkflow(text: string, options: RunOptions): Promise<WorkflowRun> {
  const { repo, trigger, secrets = {}, vars = {}, tool, env: more = {} } = options;
  const workflow = readWorkflow(text);
  const started = startJob(repo, trigger);
  const job = { ...started, env: { ...started.env, ...more } };
  const contexts = {
    github: {
      event: job.payload,
      event_name: trigger.event,
      ref: job.ref,
      repository: job.env["GITHUB_REPOSITORY"],
    },
    inputs: "inputs" in trigger ? (trigger.inputs ?? {}) : {},
    runner: { temp: job.temp },
    secrets,
    vars,
  };
  const steps: (StepResult & { name: string })[] = [];
  for (const { if: condition, steps: planned } of Object.values(workflow.jobs)) {
    if (condition !== undefined && !evaluate(condition, contexts).truthy) continue;
    // Without a checkout the work space is an empty folder.
    let workspace = job.temp;
    for (const step of planned) {
      const texts = (map: Readonly<Record<string, unknown>> = {}) =>
        Object.fromEntries(
          Object.entries(map).map(([name, value]) => [name, interpolate(String(value), contexts)]),
        );
      const inputs = texts(step.with);
      if (step.uses?.startsWith("actions/checkout@")) {
        const depth = inputs["fetch-depth"] === undefined ? 1 : Number(inputs["fetch-depth"]);
        workspace = checkOut(repo, job, { depth, ...(inputs["ref"] ? { ref: inputs["ref"] } : {}) });
        continue;
      }
      const around = {
        job,
        workspace,
        env: { ...texts(step.env), ...more },
        secrets: Object.values(secrets),
      };
      if (step.uses !== undefined && !step.uses.startsWith(tool)) throw new Error(`unknown: ${step.uses}`);
      const result =
        step.uses === undefined
          ? await runScript(step.run ?? "", around)
          : await runAction({ ...around, inputs });
      steps.push({ ...result, name: step.name ?? inputs["command"] ?? "gate" });
      if (result.conclusion === "failure") return { job, steps, conclusion: "failure" };
    }
  }
  return { job, steps, conclusion: steps.length === 0 ? "skipped" : "success" };
}
