import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { withoutProgramsOf } from "../../app/clients.ts";
import { isByAnybody, isOthersWork, readCi } from "../../clients/ci.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import { failureOf } from "../failure.ts";
import { start, toolVersion } from "../main.ts";
import { parse } from "../program.ts";
import { writeOut } from "../terminal.ts";
import { argvOf } from "./argv.ts";
import { findCheckout, refuseOthersCode } from "./checkout.ts";
import { type Event, readEvent } from "./event.ts";
import { type Inputs, takeInputs } from "./inputs.ts";
import { lendLibrary } from "./library.ts";
import { asked, finish } from "./mode.ts";
import { createVoice, type Voice } from "./say.ts";

type Verdict = Parameters<typeof start>[0];

/**
 * `action/index.cjs`, the whole tool in one file. In a workflow it is the action of `action.yml`; with words after it,
 * it is the plain command line, for hosts on which nothing is to be installed.
 */
export async function run(verdict: Verdict): Promise<void> {
  lendLibrary();
  const words = process.argv.slice(2);
  if (words.length === 1 && (words[0] === "--version" || words[0] === "-V")) {
    await writeOut(process.stdout, `${toolVersion}\n`);
    Object.assign(verdict, { code: 0, reached: true });
    return;
  }
  if (words.length > 0 || process.env["GITHUB_ACTIONS"] !== "true") return start(verdict);
  return act(verdict, process.env);
}

async function act(verdict: Verdict, env: NodeJS.ProcessEnv): Promise<void> {
  // Before the inputs are taken away: the token is one of them.
  const voice = createVoice(env);
  try {
    const inputs = takeInputs(env);
    const hasToken = env["GITHUB_TOKEN"] || env["GITHUB_TOKEN_FILE"];
    if (inputs.token !== undefined && !hasToken) env["GITHUB_TOKEN"] = inputs.token;
    const event = readEvent(env);
    const ci = readCi(env);
    // A link in somebody else's work would choose among the policies that lie in the base.
    enter(inputs.workingDirectory, isOthersWork(ci));
    await look(inputs, event, voice, env);
    const { tag, pullRequest } = ci;
    const version = env["VERSION"] || null;
    const argv = argvOf(asked(inputs, event), { tag, pullRequest: pullRequest !== null, version });
    // A wrong input is an annotation and an output, not only a line in the log.
    if ("help" in parse(argv)) throw noAnswer();
    const job = { mode: inputs.mode, event, env, voice };
    return await start(verdict, { argv, finish: (code, answer) => finish(code, answer, job) });
  } catch (error) {
    const failure = failureOf(error, []);
    voice.refuse(failure);
    Object.assign(verdict, { code: failure.exitCode, reached: true });
  }
}

/** Help is no verdict, and a step that ends well without one would look like SAFE. */
function noAnswer(): SentinelError {
  return new SentinelError(
    "flag-invalid",
    "the input args asks for help, which answers nothing",
    "leave it out; help is at hand on the command line: release-sentinel --help",
  );
}

/** @param noLinks whoever the work space belongs to must not choose by a link what is judged */
function enter(folder: string | undefined, noLinks: boolean): void {
  if (folder === undefined) return;
  const path = resolve(folder);
  const state = statSync(path, { throwIfNoEntry: false });
  if (state && noLinks && realpathSync(path) !== path) {
    throw new SentinelError(
      "flag-invalid",
      `the input working-directory is ${printable(folder, 200)}, which a link leads away from`,
      "name the folder itself",
    );
  }
  if (!state?.isDirectory()) {
    throw new SentinelError(
      "flag-invalid",
      `the input working-directory is ${printable(folder, 200)}, and there is no such folder in the work space`,
      "check out the repository first: uses: actions/checkout, with path:",
    );
  }
  process.chdir(path);
}

/** Commands to which tags and history matter. */
const needHistory = /^(check|release( plan)?|notes|version next|apply|ritual)$/;

/** What is wrong with the job around the command, and would show as something else. */
async function look(inputs: Inputs, { name }: Event, voice: Voice, env: NodeJS.ProcessEnv): Promise<void> {
  // No git that the work space itself brings.
  const own = withoutProgramsOf(process.cwd(), env);
  const checkout = await findCheckout(process.cwd(), own);
  if (checkout === null) return;
  if (isByAnybody(name)) await refuseOthersCode(checkout, name, own);
  if (name === "pull_request_target") {
    voice.tell(
      "warning",
      "pull_request_target: what is judged is the base branch, not the pull request",
      "run the gate on: pull_request",
    );
  }
  if (checkout.shallow && needHistory.test(inputs.command.join(" "))) {
    voice.tell(
      "warning",
      "this checkout is shallow: tags, branches and older commits are missing",
      "give actions/checkout: fetch-depth: 0",
    );
  }
}
