import { InvalidArgumentError, Option } from "commander";
import { ciChoices, isBranch, isEnvironment, toolRefOf, versionShapes } from "../scaffold/choices.ts";
import { templates } from "../scaffold/target.ts";
import type { CommandDefinition } from "./command.ts";
import { commonOptions } from "./options.ts";

/** Options of `init`. */
export const initCommands: readonly CommandDefinition[] = [
  {
    name: "init",
    summary:
      "Writes the files that this repository needs: the policy, and the gate for its CI. Never overwrites.",
    options: () => [
      new Option(
        "--template <name>",
        "gate, release (with release and deploy), or org: a policy for others",
      ).choices(templates),
      new Option("--env <name>", "environment that releases go to in the end").argParser(environment),
      new Option("--branch <name>", "branch that releases are cut from").argParser(branch),
      new Option("--ci <service>", "service to write files for (default: the one that is here)").choices(
        ciChoices,
      ),
      new Option(
        "--action <owner/name@ref>",
        "where CI gets release-sentinel from; best at a commit, with its version: @SHA#v0.1.0",
      ).argParser(action),
      new Option(
        "--versions <shape>",
        "how versions are written in tags: v1.2.3, 1.2.3, package@1.2.3",
      ).choices(versionShapes),
      new Option("--previews", "also a workflow that removes the environments of pull requests"),
      new Option("--skip <paths>", "not these files").argParser(paths),
      new Option("-y, --yes", "ask nothing: take what is found"),
      new Option("--update", "replace files that init wrote and nobody has edited since"),
      new Option("--dry-run", "write nothing: the changes go to stdout, as a patch"),
      new Option("--check", "write nothing: is anything missing or out of date?"),
      ...commonOptions().filter(({ long }) => !foreign.has(long ?? "")),
    ],
    examples: [
      ["release-sentinel init", "asks, shows what it would write, and writes it"],
      ["release-sentinel init --yes --action your-org/release-sentinel@v0.1.0", "where nobody can be asked"],
      ["release-sentinel init --dry-run", "the files, before there are any"],
      ["release-sentinel init --check", "in CI: exit 1 when something is out of date"],
    ],
    load: async () => (await import("./commands/init.ts")).run,
  },
];

/** It reads no configuration, and writes no report of a gate. */
const foreign = new Set(["--config", "--format", "--report"]);

function environment(text: string): string {
  if (isEnvironment(text)) return text;
  throw new InvalidArgumentError("Use letters, digits, hyphens: prod.");
}

function branch(text: string): string {
  if (isBranch(text)) return text;
  throw new InvalidArgumentError("Use a branch's name: main.");
}

function action(text: string): string {
  if (toolRefOf(text)) return text;
  throw new InvalidArgumentError(
    "Use OWNER/NAME@REF, or for GitLab and Jenkins https://HOST/OWNER/NAME.git@REF.",
  );
}

function paths(text: string): readonly string[] {
  return text
    .split(",")
    .map((path) => path.trim().replaceAll("\\", "/"))
    .filter((path) => path !== "");
}
