import { ritualSecrets, type SecretState } from "../../app/ritual-secrets.ts";
import { columns, pad, wrap } from "../../gate/report/columns.ts";
import { jsonText, say } from "../../gate/report/words.ts";
import type { Context } from "../context.ts";
import { logEvent } from "../logging.ts";
import type { RitualOptions } from "../ritual-options.ts";
import { widthOf, writeOut } from "../terminal.ts";

/** The table of secrets. Exit code 1 when one is missing that the configuration asks for. */
export async function run(context: Context, options: RitualOptions): Promise<number> {
  const { sentinel, terminal, env } = context;
  const environment = options.env ?? (env["ENV"] || null);
  const request = {
    command: "ritual secrets",
    environment: environment ?? undefined,
    config: options.config,
    timeoutMs: options.timeout,
    dryRun: true,
  };
  const found = await sentinel.job(request, (job) => ritualSecrets(job, environment));
  const secrets = sentinel.secrets.maskDeep(found);
  const missing = secrets.filter(({ needed, present }) => needed && present !== "set" && present !== "file");
  const exitCode = missing.length > 0 ? 1 : 0;
  if (options.json || options.format === "json") {
    await writeOut(
      terminal.stdout,
      jsonText({ schema: "release-sentinel/ritual-secrets/v1", exitCode, secrets }),
    );
  } else {
    const width = terminal.stdout.isTTY === true ? widthOf(terminal.stderr) : Number.POSITIVE_INFINITY;
    await writeOut(terminal.stdout, secretsText(secrets, width));
  }
  context.listen(logEvent);
  for (const { name, purpose } of missing) {
    const message = `${name} is missing, and the configuration asks for it: ${purpose}`;
    logEvent({ type: "notice", level: "error", from: "release-sentinel.ritual", message });
  }
  return exitCode;
}

/** Nothing is known. */
const none = "–";
const head = ["NAME", "HERE", "AGE", "PURPOSE", "SCOPE", "ROTATION"];

/** A line for each secret; a few short ones for each where those are wider than the terminal. */
export function secretsText(secrets: readonly SecretState[], width: number): string {
  const rows = secrets.map(({ name, present, needed, age, purpose, scope, rotation }) => [
    name,
    present === "missing" && !needed ? "not set" : present,
    age ?? none,
    purpose,
    scope,
    rotation,
  ]);
  const shown = rows.map((row) => row.map((cell) => say(cell)));
  const lines = table([head, ...shown]);
  const isWide = lines.some((line) => columns(line) > width);
  const all = isWide ? shown.flatMap((row, i) => [...(i > 0 ? [""] : []), ...block(row, width)]) : lines;
  return all.map((line) => `${line}\n`).join("");
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((_, i) => Math.max(...rows.map((row) => columns(row[i] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function block([name = "", here = "", ...rest]: readonly string[], width: number): readonly string[] {
  const indent = 12;
  const facts = rest.flatMap((cell, i) => {
    if (cell === none) return [];
    const [first = "", ...more] = wrap(cell, width - indent);
    const label = (head[i + 2] ?? "").toLowerCase();
    return [`  ${label.padEnd(indent - 2)}${first}`, ...more.map((line) => " ".repeat(indent) + line)];
  });
  return [...wrap(`${name}  ${here}`, width), ...facts];
}
