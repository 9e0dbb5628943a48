import { passedOn } from "../clients/env.ts";
import type { GitReader } from "../clients/git/reader.ts";
import type { EnvReader, ProgramReader } from "../clients/readers.ts";
import { type Observed, type Step, StepFailure } from "../core/step.ts";
import { duration, lastLines, printable, shellWord } from "../core/text.ts";
import { limited } from "../core/within.ts";
import type { HookPlace, HookSettings } from "./settings.ts";

/** A hook with its time limit read: milliseconds. */
export interface Hook extends HookSettings {
  readonly timeoutMs: number;
}

export interface HookWorld {
  readonly programs: ProgramReader;
  readonly env: EnvReader;
  readonly git: GitReader;
  /** Top of the work tree: where hooks run. */
  readonly root: string;
  /** Given to every hook: RS_VERSION and the like. */
  readonly variables: Readonly<Record<string, string>>;
}

const words: Readonly<Record<HookPlace, string>> = {
  beforeTag: "before-tag",
  beforePublish: "before-publish",
  afterPublish: "after-publish",
};
/** Of a failed hook, what it said last. */
const tailLines = 5;
const outputBytes = 64 * 1024;

/**
 * The hooks of one place as steps. One that runs before a step is needed while that step is; one that runs after it
 * until its own `unless` says that the work is done: what has happened is read from the world, not remembered.
 * @param guarded the step that the hooks run before or after
 */
export function hookSteps(
  place: HookPlace,
  hooks: readonly Hook[],
  guarded: Step,
  world: HookWorld,
): readonly Step[] {
  return hooks.map((hook, i) => {
    const id = `hook.${words[place]}${hooks.length > 1 ? `.${i + 1}` : ""}`;
    const shown = printable(hook.run.map(shellWord).join(" "), 300);
    let ran = false;
    return {
      id,
      title: `Run ${shown}`,
      local: true,
      async observe(signal) {
        if (ran) return { state: "done", message: `${shown} has run` };
        const before = place !== "afterPublish";
        const { state } = await guarded.observe(signal);
        if (before && state === "done") return { state: "done", message: `${shown} is not needed any more` };
        // What stands in the guarded step's way is for that step to say.
        if (!before && state !== "done") return needed(shown);
        return (await isUnneeded(hook, world, signal))
          ? { state: "done", message: `${shown} is not needed` }
          : needed(shown);
      },
      async run(signal) {
        const before = await treeOf(world, signal);
        await runHook(hook, shown, world, signal);
        const left = leftBehind(shown, before, await treeOf(world, signal));
        // Without a tag nothing is lost yet; with it the release is finished first.
        if (left && place === "beforeTag") throw left;
        ran = true;
        return left
          ? `${shown} has run; ${left.message}: the next gate will find it dirty`
          : `${shown} has run`;
      },
    };
  });
}

function needed(shown: string): Observed {
  return { state: "needed", message: `${shown} will be run` };
}

async function isUnneeded(hook: Hook, world: HookWorld, signal: AbortSignal): Promise<boolean> {
  if (hook.unless === undefined) return false;
  const answer = await run(hook.unless, hook, world, signal);
  return answer.code === 0;
}

async function runHook(hook: Hook, shown: string, world: HookWorld, signal: AbortSignal): Promise<void> {
  const answer = await run(hook.run, hook, world, signal);
  if (answer.code === 0) return;
  const ended = answer.code === null ? `was ended by ${answer.signal}` : `exited with ${answer.code}`;
  const said = lastLines(`${answer.stdout}\n${answer.stderr}`, tailLines, 800);
  throw new StepFailure(
    `hook ${shown} ${ended}${said ? `: ${said}` : ""}`,
    `mend it, then run the release again`,
  );
}

async function run(argv: HookSettings["run"], hook: Hook, world: HookWorld, signal: AbortSignal) {
  const request = {
    argv,
    cwd: world.root,
    env: { ...world.variables, ...passedOn(hook.env ?? [], world.env) },
    maxOutputBytes: outputBytes,
    keep: "end",
  } as const;
  const late = () =>
    new StepFailure(
      `hook ${printable(argv.map(shellWord).join(" "), 300)} did not end within ${duration(hook.timeoutMs)}`,
      "give it a longer `timeout`, or see what it waits for",
    );
  return limited(hook.timeoutMs, signal, (inner) => world.programs.run({ ...request, signal: inner }), late);
}

interface Tree {
  readonly head: string | null;
  readonly changed: string;
}

async function treeOf({ git }: HookWorld, signal: AbortSignal): Promise<Tree> {
  const [head, changed] = await Promise.all([git.resolve("HEAD", signal), git.status(signal)]);
  return { head, changed: JSON.stringify(changed) };
}

/** What is tagged is what was judged. @throws StepFailure when HEAD is another commit */
function leftBehind(shown: string, before: Tree, after: Tree): StepFailure | undefined {
  if (after.head !== before.head) {
    throw new StepFailure(
      `hook ${shown} moved HEAD away from the commit that was judged`,
      "run the release again: it judges the new commit; give the hook an `unless` that knows when its work is done",
    );
  }
  if (after.changed === before.changed) return undefined;
  return new StepFailure(
    `hook ${shown} changed files of the work tree, which the tag does not hold`,
    "let it write ignored files only, or commit what it changes and give it an `unless`",
  );
}
