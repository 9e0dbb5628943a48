import { Command, CommanderError } from "commander";
import { SentinelError } from "../core/errors.ts";
import { nearest, printable, showUrl } from "../core/text.ts";
import type { CommandDefinition, Run } from "./command.ts";
import { commands } from "./commands.ts";
import type { CommonOptions } from "./options.ts";

/** A command line taken apart. */
export interface Parsed {
  readonly definition: CommandDefinition;
  readonly options: CommonOptions;
  readonly args: readonly string[];
  readonly load: () => Promise<Run>;
}

const exitCodes = `
Exit codes:
  0  SAFE      every policy and health check passed (warnings are shown)
  1  BLOCKED   policy, configuration, git or usage: not allowed as asked for
  2  CRITICAL  something is unhealthy, could not be found out, or failed`;

/**
 * Parses a command line.
 * @returns the command to run, or the help text that was asked for
 * @throws SentinelError `flag-invalid`, in one line
 */
export function parse(argv: readonly string[]): Parsed | { readonly help: string } {
  let parsed: Parsed | undefined;
  let output = "";
  const words = commandFirst(argv);
  const program = build(meantCommands(words), (result) => {
    parsed = result;
  });
  for (const command of [program, ...allCommands(program)]) {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => {
        output += text;
      },
      writeErr: () => {},
      outputError: () => {},
    });
  }
  try {
    program.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { help: output };
    throw usage(error, argv);
  }
  if (!parsed) throw new SentinelError("flag-invalid", "nothing to do", "try: release-sentinel --help");
  return parsed;
}

/** `--json check` is `check --json`: a command's words may come after options. */
function commandFirst(argv: readonly string[]): string[] {
  if (!argv.some((word) => commands.some(({ name }) => name.split(" ")[0] === word))) return [...argv];
  let valued: ReadonlySet<string> | undefined;
  const rest = [...argv];
  const words: string[] = [];
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? "";
    if (words.length > 0 && !hasMore(words.join(" "))) break;
    if (word.startsWith("-")) {
      valued ??= valuedOptions();
      if (valued.has(word)) i++;
      continue;
    }
    const soFar = [...words, word].join(" ");
    if (!commands.some(({ name }) => name === soFar) && !hasMore(soFar)) break;
    words.push(word);
    rest.splice(i--, 1);
  }
  return [...words, ...rest];
}

/** Whether commands begin with these words and another one. */
function hasMore(words: string): boolean {
  return commands.some(({ name }) => name.startsWith(`${words} `));
}

/** Of every command: hundreds, which takes milliseconds. */
function valuedOptions(): ReadonlySet<string> {
  const options = commands.flatMap((command) => command.options());
  return new Set(options.flatMap(({ long, required }) => (long && required ? [long] : [])));
}

/** Making every command with its options takes a while: one is enough, unless help or a wrong word needs them all. */
function meantCommands(words: readonly string[]): readonly CommandDefinition[] {
  const [first = "--", second] = words;
  if (words.some((word) => word === "help" || word === "--help" || word === "-h")) return commands;
  if (first.startsWith("-")) return commands.slice(0, 1);
  const named = commands.filter(({ name }) => name === first || name === `${first} ${second}`);
  return named.length > 0 ? named : commands;
}

/** Names that are promised and come with a later version. */
const reserved = ["train", "protect", "serve", "worker"];

/** What was typed may be a URL with a password in it. */
function withoutUrlSecrets(text: string): string {
  return text.replace(/[a-z][a-z0-9+.-]*:\/\/\S+?(?=['"]?(?:\s|$))/gi, (url) => showUrl(url));
}

function usage(failed: CommanderError, typed: readonly string[]): SentinelError {
  const argv = typed.map(withoutUrlSecrets);
  const error = { code: failed.code, message: withoutUrlSecrets(failed.message) };
  const [word = ""] = argv;
  if (
    error.code === "commander.excessArguments" &&
    !word.startsWith("-") &&
    !commands.some(({ name }) => name.split(" ")[0] === word)
  ) {
    if (reserved.includes(word))
      return new SentinelError(
        "flag-invalid",
        `'${word}' is not in this version yet`,
        "release-sentinel --help",
      );
    const near = nearest(
      word,
      commands.map(({ name }) => name),
    );
    return new SentinelError(
      "flag-invalid",
      `unknown command '${printable(word, 100)}'`,
      near ? `did you mean ${near}?` : "release-sentinel --help",
    );
  }
  const [first = "", ...suggestion] = error.message
    .replace(/^error: /, "")
    .split("\n")
    .map((line) => line.trim());
  const meant = suggestion.join(" ").replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1?");
  if (error.code === "commander.help")
    return new SentinelError(
      "flag-invalid",
      `${argv[0]} needs a command`,
      `release-sentinel ${argv[0]} --help`,
    );
  const known = commands.find(({ name }) => name === argv[0] || name === argv.slice(0, 2).join(" "));
  return new SentinelError(
    "flag-invalid",
    first,
    meant || `try: release-sentinel${known ? ` ${known.name}` : ""} --help`,
  );
}

function build(definitions: readonly CommandDefinition[], found: (parsed: Parsed) => void): Command {
  const program = new Command("release-sentinel")
    .description("Is this release SAFE to deploy right now? Without a command: check.")
    .usage("[command] [options]")
    .helpOption("-h, --help", "this help")
    .helpCommand("help [command]", "help for a command")
    .enablePositionalOptions()
    .addHelpText(
      "after",
      `${examplesText(commands.flatMap(({ examples }) => examples.slice(0, 1)))}\n${exitCodes}`,
    );
  const groups = new Map<string, Command>();
  for (const definition of definitions) {
    const [group, name] = definition.name.includes(" ")
      ? (definition.name.split(" ") as [string, string])
      : [undefined, definition.name];
    const parent = group === undefined ? program : groupOf(program, groups, group);
    const built = command(name, definition, found);
    // `release` does something by itself, and has `release plan` besides.
    if (group === undefined) groups.set(name, built);
    parent.addCommand(built, { isDefault: definition === commands[0] });
  }
  return program;
}

/** What a group of commands is about. */
const groupSummaries: Readonly<Record<string, string>> = {
  config: "Configuration: validate, show.",
  version: "Versions: next.",
  migrate: "Changes of the database: check.",
  preview: "Previews of pull requests: deploy, cleanup, sweep.",
};

function groupOf(program: Command, groups: Map<string, Command>, name: string): Command {
  const known = groups.get(name);
  if (known) return known;
  const group = new Command(name)
    .description(groupSummaries[name] ?? "")
    .helpOption("-h, --help", "this help");
  groups.set(name, group);
  program.addCommand(group);
  return group;
}

function command(name: string, definition: CommandDefinition, found: (parsed: Parsed) => void): Command {
  const result = new Command(name)
    .description(definition.summary)
    .helpOption("-h, --help", "this help")
    // Options after `release plan` are the plan's, though `release` has some of the same names.
    .enablePositionalOptions()
    .allowExcessArguments(false);
  if (definition.args) result.argument(definition.args);
  for (const option of definition.options()) result.addOption(option);
  return result
    .addHelpText(
      "after",
      `${examplesText(definition.examples)}${definition.name === "check" ? `\n${exitCodes}` : ""}`,
    )
    .action((...received: unknown[]) => {
      const self = received.at(-1) as Command;
      found({ definition, options: self.opts(), args: self.args, load: definition.load });
    });
}

function examplesText(examples: CommandDefinition["examples"]): string {
  return `\nExamples:\n${examples.map(([line, why]) => `  ${line}\n      ${why}`).join("\n")}`;
}

function allCommands(command: Command): Command[] {
  return command.commands.flatMap((child) => [child as Command, ...allCommands(child as Command)]);
}
