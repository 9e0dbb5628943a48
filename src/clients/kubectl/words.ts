/** What kubectl is asked, as far as it is understood here. */
export interface Words {
  readonly verb: string;
  readonly plain: readonly string[];
  readonly namespace: string | undefined;
  readonly output: string | undefined;
  readonly selector: string | undefined;
  readonly raw: string | undefined;
  readonly manager: string;
  readonly isFromInput: boolean;
  readonly ignoresMissing: boolean;
  readonly isDryRun: boolean;
  readonly showsManaged: boolean;
}

/** Undefined when there is a word that is not known here. */
export function wordsOf(args: readonly string[]): Words | undefined {
  const [verb = "", ...rest] = args;
  if (!["get", "create", "replace", "delete", "annotate"].includes(verb)) return undefined;
  const plain: string[] = [];
  const flags = new Map<string, string>();
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? "";
    const [name = "", ...value] = word.split("=");
    if (["-f", "-o", "-n", "-l", "--raw"].includes(word)) flags.set(word, rest[++i] ?? "");
    else if (known.has(name)) flags.set(name, value.join("="));
    else if (word.startsWith("-")) return undefined;
    else plain.push(word);
  }
  if ((flags.get("--dry-run") ?? "server") !== "server") return undefined;
  if ((flags.get("--validate") ?? "false") !== "false" && verb === "get") return undefined;
  if ((flags.get("-f") ?? "-") !== "-") return undefined;
  return {
    verb,
    plain,
    namespace: flags.get("--namespace") ?? flags.get("-n"),
    output: flags.get("-o"),
    selector: flags.get("--selector") ?? flags.get("-l"),
    raw: flags.get("--raw"),
    manager: flags.get("--field-manager") ?? `kubectl-${verb}`,
    isFromInput: flags.has("-f"),
    ignoresMissing: flags.has("--ignore-not-found"),
    isDryRun: flags.has("--dry-run"),
    showsManaged: flags.has("--show-managed-fields"),
  };
}

const known = new Set([
  "--namespace",
  "--ignore-not-found",
  "--show-managed-fields",
  "--selector",
  "--dry-run",
  "--validate",
  "--field-manager",
  "--overwrite",
]);
