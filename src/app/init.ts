import { GitMissing } from "../clients/git/command.ts";
import { surveyRepository } from "../clients/git/survey.ts";
import type { Readers } from "../clients/readers.ts";
import { SentinelError } from "../core/errors.ts";
import type { Emit } from "../core/event.ts";
import type { Secrets } from "../core/mask.ts";
import type { StepResult } from "../core/plan.ts";
import { printable } from "../core/text.ts";
import { type PlannedFile, planFiles, writeFiles } from "../flows/init.ts";
import { actionOf, actionProblem, type Choices, choiceWords } from "../scaffold/choices.ts";
import type { Facts } from "../scaffold/facts.ts";
import { type Looked, lookAt } from "../scaffold/look.ts";
import type { Target, Template } from "../scaffold/target.ts";
import { policyPath, targetsOf } from "../scaffold/targets.ts";

export interface InitWorld {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly readers: Readers;
  readonly secrets: Secrets;
  readonly toolVersion: string;
  readonly signal: AbortSignal;
}

/** The files for a repository, and where each of them stands. */
export interface InitPlan {
  readonly template: Template;
  readonly facts: Facts;
  /** The command that writes them again. */
  readonly words: readonly string[];
  readonly files: readonly PlannedFile[];
  /** Writes those that are needed. */
  write(emit: Emit): Promise<readonly StepResult[]>;
}

/** What is in the repository around the current folder. @throws SentinelError `init-impossible` where there is none */
export async function lookAround(world: InitWorld, choices: Choices): Promise<Looked> {
  const seen = await world.readers.git.repository().catch((error: Error) => {
    if (!(error instanceof GitMissing)) throw error;
    throw new SentinelError("init-impossible", error.message, error.remedy);
  });
  // A repository without a commit can have files, and so can get ours.
  if (seen.state !== "ready" && seen.state !== "empty") {
    const remedy =
      seen.state === "outside" ? "cd to the repository, or make one here: git init" : seen.remedy;
    throw new SentinelError("init-impossible", seen.message, remedy);
  }
  const { cwd, env, signal, toolVersion } = world;
  return lookAt(await surveyRepository(cwd, env, { signal }), choices, toolVersion);
}

/** @throws SentinelError `flag-invalid` when a file that is to be left out is none of ours */
export async function planInit(
  { facts, choices, fitting, policyInPackage }: Looked,
  { toolVersion, signal, secrets }: InitWorld,
  { asked, update }: { readonly asked: Choices; readonly update: boolean },
): Promise<InitPlan> {
  const template = choices.template ?? fitting.template;
  const better = actionProblem(facts, template);
  if (better !== undefined)
    throw new SentinelError(
      "flag-invalid",
      `--action ${actionOf(facts.tool)} is no place that these files can get the tool from`,
      `write ${better}`,
    );
  // A file beside it would take its place.
  const all = targetsOf(template, facts).filter(({ path }) => !policyInPackage || path !== policyPath);
  const targets = without(all, choices.skip ?? [], asked.skip ?? []);
  refuseSecrets(targets, secrets);
  const words = choiceWords(settled(template, facts, choices));
  const world = { root: facts.root, by: { args: words, version: toolVersion }, update };
  const files = await planFiles(targets, world, signal);
  return {
    template,
    facts,
    words,
    files,
    write: (emit) => writeFiles(targets, files, world, { signal, emit }),
  };
}

/** Everything that the files depend on and that a later run could see otherwise: another clone has other branches and tags. */
function settled(template: Template, facts: Facts, choices: Choices): Choices {
  const hasCi = template === "org" || facts.writeCi !== null;
  // Also where nobody said it: what stands for the place is not out of date in the next version.
  const action = choices.action !== undefined || hasCi ? actionOf(facts.tool) : undefined;
  return {
    ...choices,
    template,
    branch: facts.defaultBranch,
    ...(template === "org" ? {} : { environment: facts.environment, ci: facts.writeCi ?? "none" }),
    ...(action === undefined ? {} : { action }),
    ...(facts.tagShape === null ? {} : { versions: facts.tagShape }),
  };
}

/** A folder, a branch or a remote may be called by a secret. @throws SentinelError `init-impossible` */
function refuseSecrets(targets: readonly Target[], secrets: Secrets): void {
  const found = targets.find(({ path, body }) => secrets.mask(body) !== body || secrets.mask(path) !== path);
  if (!found) return;
  throw new SentinelError(
    "init-impossible",
    `${printable(found.path, 200)} would hold the value of a variable that is a secret by its name`,
    "run it without that variable: init needs no secrets",
  );
}

/** What was left out before may be no file of another template. */
function without(targets: readonly Target[], skip: readonly string[], asked: readonly string[]) {
  const unknown = asked.find((path) => !targets.some((target) => target.path === path));
  if (unknown === undefined) return targets.filter(({ path }) => !skip.includes(path));
  throw new SentinelError(
    "flag-invalid",
    `--skip ${printable(unknown, 200)}: there is no such file to leave out`,
    `one of ${targets.map(({ path }) => path).join(", ")}`,
  );
}
