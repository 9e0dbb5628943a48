import { ritualSecrets, type SecretState } from "../../app/ritual-secrets.ts";
import { jsonText, say } from "../../gate/report/words.ts";
import type { Context } from "../context.ts";
import { logEvent } from "../logging.ts";
import type { RitualOptions } from "../ritual-options.ts";
import { writeOut } from "../terminal.ts";

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
  } else await writeOut(terminal.stdout, table(secrets));
  context.listen(logEvent);
  for (const { name, purpose } of missing) {
    const message = `${name} is missing, and the configuration asks for it: ${purpose}`;
    logEvent({ type: "notice", level: "error", from: "release-sentinel.ritual", message });
  }
  return exitCode;
}

function table(secrets: readonly SecretState[]): string {
  const head = ["NAME", "HERE", "AGE", "PURPOSE", "SCOPE", "ROTATION"];
  const rows = secrets.map(({ name, present, needed, age, purpose, scope, rotation }) => [
    name,
    present === "missing" && !needed ? "not set" : present,
    age ?? "–",
    purpose,
    scope,
    rotation,
  ]);
  const cells = [head, ...rows].map((row) => row.map((cell) => say(cell)));
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells
    .map((row) => row.map((cell, i) => cell.padEnd(i === row.length - 1 ? 0 : (widths[i] ?? 0))).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
