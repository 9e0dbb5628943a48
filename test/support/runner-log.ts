export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly title: string;
  readonly file?: string;
  readonly line?: string;
  readonly message: string;
}

const annotating = ["error", "warning", "notice"];
const others = ["add-mask", "debug", "group", "endgroup", "stop-commands", "echo"];

/**
 * Reads a process's lines as GitHub's runner does: `::command key=value,…::data` is obeyed, and so is, wherever it stands in a
 * line, the older `##[command key=value;…]data`; everything else is shown, masked.
 */
export function createLog(secrets: readonly string[]) {
  const masks = new Set(secrets.flatMap((value) => value.split("\n")).filter((line) => line.trim() !== ""));
  const shown: string[] = [];
  const annotations: Annotation[] = [];
  const open = { stdout: "", stderr: "" };
  let raw = "";
  let stopped: string | undefined;

  // Longest first, so that a value within another does not leave the rest of it.
  const mask = (text: string) =>
    [...masks]
      .sort((a, b) => b.length - a.length)
      .reduce((masked, value) => masked.replaceAll(value, "***"), text);

  const obey = (line: string): boolean => {
    // The end of the command is the first `::` after its name; leading white space is allowed.
    const found =
      /^\s*::([^ :]+)(?: (.*?))?::(.*)$/s.exec(line) ?? /##\[([^ \]]+)(?: (.*?))?\](.*)$/s.exec(line);
    const [, name = "", properties = "", data = ""] = found ?? [];
    if (stopped !== undefined) {
      if (name === stopped) stopped = undefined;
      return false;
    }
    if (![...annotating, ...others].includes(name)) return false;
    const values = Object.fromEntries(
      properties
        .split(/[,;]/)
        .map((pair) => pair.split(/=(.*)/s))
        .map(([key = "", value = ""]) => [key.trim(), unescapeProperty(value)]),
    );
    const message = unescapeData(data);
    if (name === "add-mask") for (const part of [message, ...message.split("\n")]) if (part) masks.add(part);
    if (name === "stop-commands") stopped = message;
    if (annotating.includes(name)) {
      const { title = "", file, line: at } = values;
      annotations.push({
        level: name as Annotation["level"],
        title: mask(title),
        message: mask(message),
        ...(file === undefined ? {} : { file }),
        ...(at === undefined ? {} : { line: at }),
      });
      shown.push(mask(`${name}: ${message}`));
    }
    return true;
  };
  const line = (text: string) => {
    if (!obey(text)) shown.push(mask(text));
  };

  return {
    take(stream: "stdout" | "stderr", chunk: Buffer): void {
      raw += chunk.toString("utf8");
      const lines = (open[stream] + chunk.toString("utf8")).split("\n");
      open[stream] = lines.pop() ?? "";
      for (const text of lines) line(text.replace(/\r$/, ""));
    },
    end() {
      for (const rest of [open.stdout, open.stderr]) if (rest !== "") line(rest);
      return { text: shown.join("\n"), raw, annotations, masks: [...masks], mask };
    },
  };
}

function unescapeData(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}

function unescapeProperty(text: string): string {
  return text
    .replaceAll("%0D", "\r")
    .replaceAll("%0A", "\n")
    .replaceAll("%3A", ":")
    .replaceAll("%2C", ",")
    .replaceAll("%25", "%");
}

/** A file of `NAME=VALUE` lines and `NAME<<DELIMITER` blocks. @throws where the runner fails the step */
export function readCommandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    if (line === "") continue;
    const [equals, here] = [line.indexOf("="), line.indexOf("<<")];
    if (equals >= 0 && (here < 0 || equals < here)) values[line.slice(0, equals)] = line.slice(equals + 1);
    else if (here > 0) {
      const [name, delimiter] = [line.slice(0, here), line.slice(here + 2)];
      const end = lines.indexOf(delimiter, i + 1);
      if (delimiter === "" || end < 0) throw new Error(`Matching delimiter not found '${delimiter}'`);
      values[name] = lines.slice(i + 1, end).join("\n");
      i = end;
    } else throw new Error(`Invalid format '${line}'`);
  }
  return values;
}
