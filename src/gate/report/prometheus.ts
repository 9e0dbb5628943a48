import type { Verdict } from "../../core/verdict.ts";
import { exitCodes } from "../../core/verdict.ts";
import { excuses, say } from "./words.ts";

type Labels = Readonly<Record<string, string | null>>;

/** Prometheus' text exposition format 0.0.4, for a textfile collector or a push gateway: gauges without timestamps. */
export function prometheus(verdict: Verdict): string {
  const { environment, version, findings } = verdict;
  const target = { environment, version };
  const asked = new Gauge("verdict", "Whether this is the verdict: 1 for the one that is, 0 for the others.");
  for (const word of Object.keys(exitCodes))
    asked.set({ ...target, verdict: word }, word === verdict.verdict ? 1 : 0);
  const checks = new Gauge("finding", "Findings by check, subject, kind and status.");
  const durations = new Gauge("check_duration_seconds", "How long the check took, all attempts together.");
  const attempts = new Gauge("check_attempts", "Attempts the check made.");
  const metrics = new Gauge(
    "check_metric",
    "Numbers that checks saw on their way, in the unit that the label names.",
  );
  const excused = new Gauge("excuse_info", "Who let a finding pass, why and until when.");
  for (const finding of findings) {
    const { check, subject = "", kind, status } = finding;
    checks.add({ ...target, check, subject, kind, status }, 1);
    for (const excuse of excuses(finding)) excused.set({ ...target, check, subject, excuse }, 1);
    durations.set({ ...target, check }, finding.durationMs / 1000);
    attempts.set({ ...target, check }, finding.attempts);
    for (const { name, unit, value } of finding.metrics ?? [])
      metrics.set({ ...target, check, subject, name, unit }, value);
  }
  return [
    asked,
    new Gauge("exit_code", "Exit code of the gate: 0 SAFE, 1 BLOCKED, 2 CRITICAL.").set(
      target,
      verdict.exitCode,
    ),
    new Gauge("releasable", "Whether release and apply may go on without --allow-warnings.").set(
      target,
      verdict.releasable ? 1 : 0,
    ),
    checks,
    excused,
    durations,
    attempts,
    metrics,
    new Gauge("duration_seconds", "How long the whole gate took.").set(target, verdict.durationMs / 1000),
    new Gauge("start_time_seconds", "When the gate started, seconds since 1970.").set(
      target,
      Date.parse(verdict.startedAt) / 1000,
    ),
  ].join("");
}

/** One metric family; a set of labels appears in it once. */
class Gauge {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, number>();

  constructor(name: string, help: string) {
    this.#name = `release_sentinel_${name}`;
    this.#help = help;
  }

  set(labels: Labels, value: number): this {
    this.#series.set(written(labels), value);
    return this;
  }

  add(labels: Labels, value: number): void {
    const key = written(labels);
    this.#series.set(key, (this.#series.get(key) ?? 0) + value);
  }

  toString(): string {
    if (this.#series.size === 0) return "";
    const lines = [...this.#series].map(([labels, value]) => `${this.#name}${labels} ${number(value)}\n`);
    return `# HELP ${this.#name} ${this.#help}\n# TYPE ${this.#name} gauge\n${lines.join("")}`;
  }
}

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value ?? "")}"`);
  return `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return say(value, 500).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

function number(value: number): string {
  return String(value).replace(/^(-?)Infinity$/, (_, sign) => `${sign || "+"}Inf`);
}
