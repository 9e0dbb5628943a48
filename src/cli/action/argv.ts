import { SentinelError } from "../../core/errors.ts";
import { commands } from "../commands.ts";
import type { Inputs } from "./inputs.ts";

/** What the job is about, where it says. */
export interface Job {
  readonly tag: string | null;
  readonly pullRequest: boolean;
  /** Whether VERSION names one. */
  readonly hasVersion: boolean;
}

/** Commands to which a tag's build means that tag. Others take versions to mean something else. */
const aboutATag = [
  "check",
  "env",
  "preflight",
  "release",
  "release plan",
  "apply",
  "notes",
  "ritual",
  "watch",
];

/**
 * The command line that the inputs stand for.
 * @throws SentinelError `flag-invalid` for an input that the command has no use for
 */
export function argvOf(inputs: Inputs, job: Job): string[] {
  const name = inputs.command.join(" ");
  const definition = commands.find((command) => command.name === name);
  const known = definition?.options();
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
  const open = !says(versionFlag) && !job.hasVersion;
  if (open && job.tag !== null && aboutATag.includes(name) && takes(versionFlag))
    flags.push(`${versionFlag}=${job.tag}`);
  // No version and no tag: what is asked is whether this could be released, as for a pull request.
  else if (open && name === "check" && !job.pullRequest && !says("--for") && !says("--from"))
    flags.push("--for=pull-request");
  return [...inputs.command, ...flags, ...inputs.args];
}

function useless(input: string, command: string): SentinelError {
  return new SentinelError(
    "flag-invalid",
    `the input ${input} is nothing that ${command} takes`,
    `leave it out; what ${command} takes: release-sentinel ${command} --help`,
  );
}
