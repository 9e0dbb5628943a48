import type { Option } from "commander";
import { SentinelError } from "../../core/errors.ts";
import { nearest, printable } from "../../core/text.ts";
import { commands } from "../commands.ts";
import { type Inputs, inputNames } from "./inputs.ts";

/** What the job is about, where it says. */
export interface Job {
  readonly tag: string | null;
  readonly pullRequest: boolean;
  /** What VERSION names; null when it is not set. */
  readonly version: string | null;
}

/** Commands whose answer is about the version. */
const judged = ["check", "release", "release plan", "apply", "ritual", "watch"];

/** Commands to which a tag's build means that tag. Others take versions to mean something else. */
const aboutATag = [...judged, "env", "preflight", "notes"];

/**
 * The command line that the inputs stand for.
 * @throws SentinelError `flag-invalid` for an input that the command has no use for
 */
export function argvOf(inputs: Inputs, job: Job): string[] {
  const name = inputs.command.join(" ");
  const definition = commands.find((command) => command.name === name);
  const known = definition?.options();
  const stray = inputs.unknown.map((one) => noInput(one, known ?? [])).find((error) => error !== undefined);
  if (stray) throw stray;
  const takes = (flag: string, valued = true) =>
    known?.some(({ long, required }) => long === flag && required === valued) === true;
  const versionFlag = !takes("--version") && takes("--tag") ? "--tag" : "--version";
  const flags = [...inputs.options].flatMap(([input, value]) => {
    const flag = input === "version" ? versionFlag : `--${input}`;
    // An unknown command is told by the command line itself.
    if (known && !takes(flag, value !== true)) throw useless(input, name);
    if (value === true) return [flag];
    return [value].flat().map((one) => `${flag}=${one}`);
  });
  const says = (flag: string) =>
    inputs.args.some((word) => word === flag || word.startsWith(`${flag}=`)) ||
    flags.some((word) => word.startsWith(`${flag}=`));
  const open = !says(versionFlag) && !job.version;
  // The answer would be green on one version's build, and about another.
  const { version, tag } = job;
  const isSaid = says(versionFlag) || says("--repo");
  if (version && tag && version !== tag && judged.includes(name) && !isSaid)
    throw anotherVersion(version, tag);
  if (open && job.tag !== null && aboutATag.includes(name) && takes(versionFlag)) {
    // Another repository's versions are its own.
    if (!says("--repo")) flags.push(`${versionFlag}=${job.tag}`);
  }
  // No version and no tag: what is asked is whether this could be released, as for a pull request.
  else if (open && name === "check" && !job.pullRequest && !says("--for") && !says("--from"))
    flags.push("--for=pull-request");
  return [...inputs.command, ...flags, ...inputs.args];
}

/**
 * The runner only warns of an input that there is none of, and a release that was to be a dry run, or a rehearsal, would be a
 * real one. What is like nothing of ours is left to that warning: some runners hand on the inputs of an action around this one.
 */
function noInput(input: string, known: readonly Option[]): SentinelError | undefined {
  const flag = known.find(({ long }) => long === `--${input}`);
  const near = nearest(input, inputNames);
  if (!flag && near === undefined) return undefined;
  return new SentinelError(
    "flag-invalid",
    `there is no input ${printable(input, 100)}`,
    flag ? `write it into args: ${flag.required ? `--${input} …` : `--${input}`}` : `did you mean ${near}?`,
  );
}

function useless(input: string, command: string): SentinelError {
  return new SentinelError(
    "flag-invalid",
    `the input ${input} is nothing that ${command} takes`,
    `leave it out; what ${command} takes: release-sentinel ${command} --help`,
  );
}

function anotherVersion(version: string, tag: string): SentinelError {
  return new SentinelError(
    "flag-invalid",
    `VERSION is ${printable(version, 100)}, and this is the build of the tag ${printable(tag, 100)}`,
    "unset VERSION, or say which is meant: the input version",
  );
}
