import { join } from "node:path";
import { type InitPlan, type InitWorld, lookAround, planInit } from "../../app/init.ts";
import { readHead } from "../../clients/file-head.ts";
import { Aborted } from "../../core/check.ts";
import { SentinelError } from "../../core/errors.ts";
import { obstacles, type StepResult } from "../../core/plan.ts";
import { count, printable, shellWord } from "../../core/text.ts";
import type { Choices } from "../../scaffold/choices.ts";
import type { Looked } from "../../scaffold/look.ts";
import { bounded } from "../bounded.ts";
import type { Context } from "../context.ts";
import { signalCodes } from "../failure.ts";
import type { Asking } from "../init-ask.ts";
import { fileLine, foundLine, nextLines, notesOf, placeless } from "../init-view.ts";
import type { CommonOptions } from "../options.ts";
import { widthOf, writeOut } from "../terminal.ts";

/** Options of `init`. */
export interface InitOptions extends CommonOptions {
  readonly template?: Choices["template"];
  readonly env?: string;
  readonly branch?: string;
  readonly ci?: Choices["ci"];
  readonly action?: string;
  readonly versions?: Choices["versions"];
  readonly previews?: true;
  readonly skip?: readonly string[];
  readonly yes?: boolean;
  readonly update?: boolean;
  readonly dryRun?: boolean;
  readonly check?: boolean;
}

/** How it ended, for people and for programs. */
interface Ending {
  readonly exitCode: number;
  readonly message: string;
  readonly remedy?: string;
  readonly results?: readonly StepResult[];
}

export async function run(context: Context, options: InitOptions): Promise<number> {
  const asked = choicesOf(options);
  const { cwd, env, toolVersion, sentinel, signal } = context;
  const { secrets, clients } = sentinel;
  const world: InitWorld = { cwd, env, secrets, toolVersion, signal, readers: clients.readers };
  const limited = <T>(work: (signal: AbortSignal) => Promise<T>) =>
    bounded(context, options, "nothing was written: git gave no answer", work);
  const look = (choices: Choices) => limited((signal) => lookAround({ ...world, signal }, choices));
  const looked = await talk(context, options, { first: await look(asked), look });
  const plan = await limited(() => planInit(looked, world, { asked, update: options.update ?? false }));
  const ending = await end(context, options, plan, looked.again);
  await tell(context, options, plan, ending);
  return ending.exitCode;
}

function choicesOf(options: InitOptions): Choices {
  const { template, env, branch, ci, action, versions, previews, skip } = options;
  const given = { template, environment: env, branch, ci, action, versions, previews, skip };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Choices;
}

/** What is here, and what people say to it, where they can be asked and have not said it before. */
async function talk(
  context: Context,
  options: InitOptions,
  { first, look }: { readonly first: Looked; readonly look: (choices: Choices) => Promise<Looked> },
): Promise<Looked> {
  if (!options.quiet && !options.json) context.say(foundLine(first.facts));
  if (first.again || options.check || options.dryRun || !canAsk(context, options)) return first;
  const { ask } = await import("../init-ask.ts");
  return look(await ask(first, asking(context)));
}

function canAsk(context: Context, { yes, json, quiet }: InitOptions): boolean {
  return context.interactive && process.stdin.isTTY === true && !yes && !json && !quiet;
}

function asking(context: Context): Asking {
  const { stdin } = process;
  const { stderr } = context.terminal;
  // What would be wrapped at 0 columns is one letter a line.
  if (stderr.columns === 0) Object.assign(stderr, { columns: widthOf(stderr), rows: 24 });
  const gone = new AbortController();
  const leave = () => gone.abort(new Aborted("interrupt", "interrupted: nobody answers any more", "SIGINT"));
  // After Ctrl-D, or without its terminal, nothing is left that could wake this process.
  process.once("beforeExit", leave);
  stdin.once("end", leave);
  return {
    input: stdin,
    output: stderr,
    signal: AbortSignal.any([context.signal, gone.signal]),
  };
}

async function end(context: Context, options: InitOptions, plan: InitPlan, again: boolean): Promise<Ending> {
  const needed = plan.files.filter(({ state }) => state === "needed");
  if (options.check) return checked(plan, again);
  const refused = plan.files.find(({ file }) => file === "refused");
  if (refused) return { exitCode: 1, ...named(refused) };
  const [unable] = obstacles(plan.files, "unknown");
  if (unable) return { exitCode: 2, message: `Nothing was written: ${unable.message}`, ...remedyOf(unable) };
  if (options.dryRun) return planned(plan, needed.length);
  if (needed.length > 0 && !(await allowed(context, options, plan)))
    return { exitCode: 1, message: "Nothing was written: it was not wanted" };
  return written(context, plan);
}

function checked(plan: InitPlan, again: boolean): Ending {
  const { files } = plan;
  if (!again)
    return { exitCode: 1, message: "init has written nothing here yet", remedy: "release-sentinel init" };
  const stale = files.filter(({ file }) => file === "needed" || file === "outdated" || file === "refused");
  if (stale.length === 0) return placed(plan);
  const missing = stale.some(({ file }) => file === "outdated") ? " --update" : "";
  return {
    exitCode: 1,
    message: `Out of date: ${stale.map(({ path, file }) => (file === "needed" ? `${path} (missing)` : path)).join(", ")}`,
    remedy: `release-sentinel init${missing}`,
  };
}

/** What stands for a place is up to date, and runs nowhere. */
function placed({ facts, files }: InitPlan): Ending {
  const { paths, remedy } = placeless(facts, files);
  if (paths.length === 0) return { exitCode: 0, message: "Up to date" };
  return {
    exitCode: 1,
    message: `CI does not know where to get release-sentinel from: ${paths.join(", ")}`,
    remedy,
  };
}

function planned(plan: InitPlan, needed: number): Ending {
  const [conflict] = obstacles(plan.files, "conflict");
  const message = needed === 0 ? "Nothing would be written" : `${count(needed, "file")} would be written`;
  return { exitCode: conflict ? 1 : 0, message };
}

/** @throws SentinelError `init-impossible` where nobody can be asked, and nobody has agreed beforehand */
async function allowed(context: Context, options: InitOptions, plan: InitPlan): Promise<boolean> {
  const needed = plan.files.filter(({ state }) => state === "needed");
  if (!options.quiet && !options.json)
    context.say(`\n${shownLines(needed.map(({ difference }) => difference).join(""))}\n`);
  if (options.yes) return true;
  if (canAsk(context, options)) {
    const { agree } = await import("../init-ask.ts");
    return agree(count(needed.length, "file"), asking(context));
  }
  throw new SentinelError(
    "init-impossible",
    "init cannot ask here: there is no terminal, and --yes is missing",
    `see the files with --dry-run, then: release-sentinel init ${plan.words.map(shellWord).join(" ")} --yes`,
  );
}

async function written(context: Context, plan: InitPlan): Promise<Ending> {
  const results = await plan.write(() => {});
  const did = results.filter(({ outcome }) => outcome === "did").length;
  const { signal } = context;
  if (signal.aborted) {
    const name = signal.reason instanceof Aborted ? signal.reason.signalName : undefined;
    const message = `Interrupted: ${count(did, "file")} written, each of them whole`;
    return {
      exitCode: signalCodes[name ?? "SIGINT"],
      message,
      remedy: "run it again: it goes on from there",
      results,
    };
  }
  const failed = results.find(({ outcome }) => outcome !== "did" && outcome !== "was-done");
  const said =
    did === 0
      ? `Nothing to do: ${count(plan.files.length, "file")} as wanted`
      : `${count(did, "file")} written`;
  if (failed) {
    const message = did === 0 ? failed.message : `${failed.message} (${said})`;
    return { exitCode: failed.outcome === "conflict" ? 1 : 2, message, ...remedyOf(failed), results };
  }
  const left = plan.files.filter(({ state }) => state === "conflict").map(({ path }) => path);
  if (left.length === 0) return { exitCode: 0, message: said, results };
  const before = did === 0 ? "Nothing was written" : said;
  return { exitCode: 1, message: `${before}; left as it is: ${left.join(", ")}`, results };
}

function named({ message, remedy }: { readonly message: string; readonly remedy?: string }) {
  return { message: `Nothing was written: ${message}`, ...remedyOf({ remedy }) };
}

function remedyOf({ remedy }: { readonly remedy?: string | undefined }) {
  return remedy === undefined ? {} : { remedy };
}

/** A patch for people: what is in somebody else's file is not for the terminal. */
function shownLines(patch: string): string {
  return patch
    .split("\n")
    .map((line) =>
      line
        .split("\t")
        .map((part) => printable(part, 2000))
        .join("\t"),
    )
    .join("\n");
}

/** The answer, where and how it was asked for. */
async function tell(context: Context, options: InitOptions, plan: InitPlan, ending: Ending): Promise<void> {
  const { secrets } = context.sentinel;
  const { facts, files, template, words } = plan;
  const notes = notesOf(facts, files, readHead(join(facts.root, ".gitlab-ci.yml"), 256 * 1024));
  const changes = files.map(({ difference }) => difference).join("");
  if (options.json) {
    const { exitCode, message, remedy = null, results = [] } = ending;
    const outcome = (path: string) => results.find(({ id }) => id === `file:${path}`)?.outcome ?? null;
    const shown = {
      schema: "release-sentinel/init/v1",
      exitCode,
      message,
      remedy,
      template,
      command: ["release-sentinel", "init", ...words],
      facts,
      files: files.map(({ path, file, message, difference }) => ({
        path,
        state: file,
        message,
        outcome: outcome(path),
        difference,
      })),
      notes,
    };
    await writeOut(context.terminal.stdout, `${JSON.stringify(secrets.maskDeep(shown), null, 2)}\n`);
  } else if (options.dryRun) {
    const toPeople = context.terminal.stdout.isTTY === true;
    await writeOut(context.terminal.stdout, secrets.mask(toPeople ? shownLines(changes) : changes));
  }
  if (options.quiet && ending.exitCode === 0) return;
  const arrow = ending.remedy ? ` → ${ending.remedy}` : "";
  if (options.json) return context.say(`${ending.message}${arrow}\n`);
  const results = ending.results ?? [];
  context.say(files.map((file) => fileLine(file, results)).join(""));
  const inTheWay = files.filter(({ file, state }) => state === "conflict" && file !== "refused");
  if (!options.dryRun && !options.check)
    context.say(
      inTheWay.map(({ difference }) => (difference === "" ? "" : `\n${shownLines(difference)}`)).join(""),
    );
  if (!options.check && ending.exitCode < 2) context.say(notes.map((note) => `Note: ${note}\n`).join(""));
  if (results.some(({ outcome }) => outcome === "did") && ending.exitCode < 2)
    context.say(nextLines(facts, files, { written: results, env: context.env }));
  context.say(`${ending.message}${arrow}\n`);
}
