import { SentinelError } from "../../core/errors.ts";
import { nearest, printable } from "../../core/text.ts";
import type { CommandDefinition, Run } from "../command.ts";
import { writeOut } from "../terminal.ts";

const shells = ["bash", "zsh", "fish"] as const;

type Commands = readonly CommandDefinition[];

export function completion(commands: Commands): Run {
  return async (context, _options, [shell = ""]) => {
    const known = shells.find((name) => name === shell);
    if (!known) {
      const meant = nearest(shell, shells);
      throw new SentinelError(
        "flag-invalid",
        `there is no completion for ${printable(shell, 50)}`,
        meant ? `did you mean ${meant}?` : `one of: ${shells.join(", ")}`,
      );
    }
    const bashcompinit = "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n";
    const script =
      known === "fish" ? fish(commands) : `${known === "zsh" ? bashcompinit : ""}${bash(commands)}`;
    await writeOut(context.terminal.stdout, script);
    return 0;
  };
}

/** Commands' first words, and the second words of those that are groups. */
function words(commands: Commands): {
  first: readonly string[];
  second: ReadonlyMap<string, readonly string[]>;
} {
  const second = new Map<string, string[]>();
  for (const { name } of commands) {
    const [group = "", sub] = name.split(" ");
    second.set(group, [...(second.get(group) ?? []), ...(sub ? [sub] : [])]);
  }
  return { first: [...second.keys()], second };
}

function flags(commands: Commands, name: string): string[] {
  const command = commands.find((candidate) => candidate.name === name);
  return [...(command?.options() ?? []).flatMap(({ long }) => (long ? [long] : [])), "--help"];
}

function bash(commands: Commands): string {
  const { first, second } = words(commands);
  const groups = [...second].filter(([, subs]) => subs.length > 0);
  const cases = commands.map(({ name }) => `    "${name}") words="${flags(commands, name).join(" ")}" ;;`);
  const choices = choicesOf(commands).map(
    ([flag, values]) => `    ${flag}) COMPREPLY=($(compgen -W "${values.join(" ")}" -- "$cur")); return ;;`,
  );
  return `_release_sentinel() {
  local cur prev command words
  cur="\${COMP_WORDS[COMP_CWORD]}"
  prev="\${COMP_WORDS[COMP_CWORD-1]}"
  command="\${COMP_WORDS[1]}"
  case "$prev" in
${choices.join("\n")}
    --config|--report) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ] && [ "\${cur#-}" = "$cur" ]; then
    COMPREPLY=($(compgen -W "${first.join(" ")}" -- "$cur")); return
  fi
${groups.map(([group, subs]) => `  if [ "$command" = "${group}" ] && [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W "${subs.join(" ")}" -- "$cur")); return; fi\n  [ "$command" = "${group}" ] && command="$command \${COMP_WORDS[2]}"`).join("\n")}
  case "$command" in
${cases.join("\n")}
    *) words="${flags(commands, "check").join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _release_sentinel release-sentinel
`;
}

/** Flags whose values are known beforehand. */
function choicesOf(commands: Commands): (readonly [string, readonly string[]])[] {
  const found = new Map<string, readonly string[]>();
  for (const option of commands.flatMap((command) => command.options())) {
    if (option.long && option.argChoices) found.set(option.long, option.argChoices);
  }
  return [...found, ["completion", shells]];
}

function fish(commands: Commands): string {
  const { first, second } = words(commands);
  const quote = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines = [
    "complete -c release-sentinel -f",
    `complete -c release-sentinel -n __fish_use_subcommand -a ${quote(first.join(" "))}`,
    `complete -c release-sentinel -n '__fish_seen_subcommand_from completion' -a '${shells.join(" ")}'`,
    ...[...second]
      .filter(([, subs]) => subs.length > 0)
      .map(
        ([group, subs]) =>
          `complete -c release-sentinel -n '__fish_seen_subcommand_from ${group}' -a '${subs.join(" ")}'`,
      ),
  ];
  for (const command of commands) {
    const [group] = command.name.split(" ");
    const when =
      command.name === "check"
        ? `not __fish_seen_subcommand_from ${first.filter((name) => name !== "check").join(" ")}`
        : `__fish_seen_subcommand_from ${group}`;
    for (const { long, description, argChoices, required } of command.options()) {
      const values = argChoices ? ` -xa ${quote(argChoices.join(" "))}` : required ? " -r" : "";
      lines.push(
        `complete -c release-sentinel -n ${quote(when)} -l ${long?.slice(2)}${values} -d ${quote(description)}`,
      );
    }
  }
  return `${lines.join("\n")}\n`;
}
