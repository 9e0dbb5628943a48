import { setMaxListeners } from "node:events";
import type { Readers } from "../clients/readers.ts";
import { Aborted } from "../core/check.ts";
import { monotonicMs } from "../core/clock.ts";
import type { Emit } from "../core/event.ts";
import type { Finding, Judgement } from "../core/finding.ts";
import { interpolate } from "../core/interpolate.ts";
import type { Json } from "../core/json.ts";
import type { Secrets } from "../core/mask.ts";
import type { PlannedCheck, Policy } from "../core/policy.ts";
import type { Target } from "../core/target.ts";
import { duration, printable } from "../core/text.ts";
import { attempt, type Doors } from "./attempt.ts";
import { type Matcher, type Rules, settle } from "./decide.ts";

export interface GateRun {
  readonly policy: Policy<Readers>;
  readonly target: Target;
  readonly readers: Readers;
  readonly secrets: Secrets;
  readonly doors: Doors;
  readonly matcher: Matcher;
  readonly emit: Emit;
  /** Ends the run early: an interrupt. */
  readonly signal: AbortSignal;
  /** Milliseconds for the whole run. */
  readonly timeoutMs: number;
  /** Milliseconds of it that reading the policy has taken. */
  readonly spentMs?: number;
  /** Run everything whatever fails. */
  readonly all: boolean;
  /** Stop at the first failure of any kind. */
  readonly failFast: boolean;
  /** The reason given with `--break-glass`. */
  readonly breakGlass: string | undefined;
}

/**
 * Local policy checks first; if one fails, nothing else is started. Then everything else at once, under one deadline.
 * Answers one or more findings for every check of the policy, in the policy's order.
 */
export async function runGate(run: GateRun): Promise<readonly Finding[]> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal, run.signal);
  const interrupted = () => stop.abort(run.signal.reason);
  const leftMs = run.timeoutMs - (run.spentMs ?? 0);
  if (run.signal.aborted) interrupted();
  run.signal.addEventListener("abort", interrupted, { once: true });
  const deadline = setTimeout(() => {
    stop.abort(
      new Aborted("deadline", `no answer within the ${duration(run.timeoutMs)} that the whole run may take`),
    );
  }, leftMs);
  try {
    const session = new Session(run, stop, Date.now() + leftMs);
    run.emit({ type: "run.started", checks: run.policy.checks.map(({ name }) => name) });
    const first = localPolicy(run.policy.checks);
    const rest = run.policy.checks.filter((planned) => !first.has(planned.name));
    await session.start(run.policy.checks.filter((planned) => first.has(planned.name)));
    if (!run.all && session.blocked)
      stop.abort(new Aborted("not-needed", "a local policy check has already failed"));
    await session.start(rest);
    return run.policy.checks.flatMap(({ name }) => session.findings(name));
  } finally {
    clearTimeout(deadline);
    run.signal.removeEventListener("abort", interrupted);
  }
}

/** Checks that answer in milliseconds and may block; none that waits for another sort of check. */
function localPolicy(checks: readonly PlannedCheck[]): ReadonlySet<string> {
  const first = new Set(
    checks.filter((c) => c.kind === "policy" && c.check.reach === "local").map(({ name }) => name),
  );
  for (let changed = true; changed; ) {
    changed = false;
    for (const { name, needs } of checks) {
      if (first.has(name) && needs.some((need) => !first.has(need))) changed = first.delete(name);
    }
  }
  return first;
}

interface Answer {
  readonly findings: readonly Finding[];
  readonly observation: Json;
}

class Session {
  readonly #run: GateRun;
  readonly #stop: AbortController;
  readonly #deadlineAt: number;
  readonly #rules: Rules;
  readonly #answers = new Map<string, Promise<Answer>>();
  readonly #settled = new Map<string, Answer>();
  readonly #waiting = new Map<string, { resolve: (answer: Answer) => void }>();
  blocked = false;

  constructor(run: GateRun, stop: AbortController, deadlineAt: number) {
    this.#run = run;
    this.#stop = stop;
    this.#deadlineAt = deadlineAt;
    const { policy, target, matcher, secrets } = run;
    const breakGlass = run.breakGlass === undefined ? undefined : secrets.mask(run.breakGlass);
    this.#rules = { policy, target, matcher, breakGlass };
    for (const { name } of policy.checks) {
      this.#answers.set(name, new Promise((resolve) => this.#waiting.set(name, { resolve })));
    }
  }

  findings(name: string): readonly Finding[] {
    return this.#settled.get(name)?.findings ?? [];
  }

  async start(checks: readonly PlannedCheck<Readers>[]): Promise<void> {
    await Promise.all(checks.map((planned) => this.#finish(planned)));
  }

  async #finish(planned: PlannedCheck<Readers>): Promise<void> {
    const answer = await this.#answer(planned);
    this.#settled.set(planned.name, answer);
    this.#waiting.get(planned.name)?.resolve(answer);
    this.#run.emit({ type: "check.finished", check: planned.name, findings: answer.findings });
    const failures = answer.findings.filter(({ status }) => status === "fail");
    if (failures.some(({ kind }) => kind === "policy")) this.blocked = true;
    if (this.#run.all || failures.length === 0) return;
    const local = planned.kind === "policy" && planned.check.reach === "local";
    if (this.#run.failFast) this.#stop.abort(new Aborted("not-needed", `${planned.name} has already failed`));
    else if (this.blocked && !local)
      this.#stop.abort(new Aborted("not-needed", `${planned.name} has already failed`));
  }

  async #answer(planned: PlannedCheck<Readers>): Promise<Answer> {
    const started = monotonicMs();
    let attempts = 0;
    const conclude = (judgements: readonly Judgement[], observation: Json): Answer => {
      const took = Math.round(monotonicMs() - started);
      const seen = this.#run.secrets.maskDeep(observation);
      // What it takes to judge the same observation again.
      const asked = { uses: planned.check.id, options: this.#run.secrets.maskDeep(planned.options) };
      const first = { observation: seen, ...asked };
      const findings = judgements.map((judgement, i) =>
        settle(
          planned,
          this.#masked(judgement),
          { durationMs: took, attempts, ...(i === 0 ? first : { observation: null }) },
          this.#rules,
        ),
      );
      return { findings, observation: seen };
    };
    try {
      const needs = await this.#needs(planned);
      if ("skip" in needs) return conclude([{ status: "skipped", message: needs.skip }], null);
      if (this.#stop.signal.aborted) throw this.#stop.signal.reason;
      const { value: options, missing } = interpolate(planned.options as Json, (name) => this.#lookup(name));
      if (missing.includes("version"))
        return conclude([{ status: "skipped", message: "No version is asked about" }], null);
      if (missing.length > 0) return conclude(missing.map(missingVariable), null);
      const context = { readers: this.#run.readers, target: this.#run.target, options, needs: needs.seen };
      const seen = await attempt(
        async (signal, n) => {
          attempts = n;
          this.#run.emit({ type: "check.started", check: planned.name, attempt: n });
          return planned.check.observe({ ...context, signal });
        },
        planned.limits,
        {
          signal: this.#stop.signal,
          deadlineAt: this.#deadlineAt,
          doors: this.#run.doors,
          host: planned.check.host?.(options as object),
        },
      );
      const judged = planned.check.judge(seen.observation, {
        options: options as object,
        target: this.#run.target,
      });
      return conclude(wellFormed(judged), seen.observation);
    } catch (error) {
      return conclude([unanswered(planned, error)], null);
    }
  }

  /** Waits no longer than the run lasts: checks that wait for each other must not hold it. */
  #orStop<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
    const { signal } = this.#stop;
    return new Promise((resolve, reject) => {
      const stopped = () => reject(signal.reason);
      if (signal.aborted) setImmediate(stopped);
      signal.addEventListener("abort", stopped, { once: true });
      Promise.resolve(answer).then((value) => {
        signal.removeEventListener("abort", stopped);
        resolve(value);
      }, reject);
    });
  }

  /** What the checks that this one waits for saw; or why it need not run. */
  async #needs(planned: PlannedCheck<Readers>): Promise<{ skip: string } | { seen: Record<string, Json> }> {
    const seen: Record<string, Json> = {};
    const prerequisites = (planned.check.prerequisites ?? []).filter((name) => this.#answers.has(name));
    for (const name of [...planned.needs, ...prerequisites]) {
      const answer = await this.#orStop(this.#answers.get(name));
      const statuses = new Set(answer?.findings.map(({ status }) => status));
      if (statuses.has("fail")) return { skip: `Not run: it needs ${name}, which failed` };
      if (statuses.has("unknown")) throw new NeedUnknown(name, answer?.findings ?? []);
      seen[name] = answer?.observation ?? null;
    }
    return { seen };
  }

  /** `${version}` and `${environment}` are the target's; every other name is a variable's. */
  #lookup(name: string): string | undefined {
    const { target, readers } = this.#run;
    if (name === "version") return target.version;
    return name === "environment" ? target.environment : (readers.env.get(name) ?? readers.env.secret(name));
  }

  /** Text is masked, then cut; words of ours (status, kind, units) are not text. */
  #masked(judgement: Judgement): Judgement {
    const mask = (text: string) => cut(this.#run.secrets.mask(text));
    const { message, subject, details, remedy, location, missing } = judgement;
    return {
      ...judgement,
      message: mask(message),
      ...(subject === undefined ? {} : { subject: mask(subject) }),
      ...(details === undefined ? {} : { details: details.map(mask) }),
      ...(remedy === undefined ? {} : { remedy: mask(remedy) }),
      ...(missing === undefined ? {} : { missing: missing.map(mask) }),
      ...(location === undefined ? {} : { location: { ...location, file: mask(location.file) } }),
    };
  }
}

function missingVariable(name: string): Judgement {
  return {
    status: "fail",
    kind: "policy",
    message: `Missing required env var: ${name}`,
    subject: name,
    missing: [name],
    remedy: `export ${name}=…`,
  };
}

/** Not known because what it needs is not; for want of the same variables, if that is all that there is to it. */
class NeedUnknown extends Error {
  readonly missing: readonly string[] | undefined;
  constructor(name: string, findings: readonly Finding[]) {
    super(`it needs ${name}, which could not be found out`);
    const wanted = findings.filter(({ status }) => status === "unknown").map(({ missing = [] }) => missing);
    if (wanted.every(({ length }) => length > 0)) this.missing = wanted.flat();
  }
}

/** Why there is no observation. A check that was not needed any more is skipped; everything else is unknown. */
function unanswered(planned: PlannedCheck, error: unknown): Judgement {
  if (error instanceof Aborted && (error.cause === "not-needed" || error.cause === "interrupt")) {
    return { status: "skipped", message: `Not run: ${error.message}` };
  }
  const cause = error instanceof Error ? error.message || error.name : String(error);
  return {
    status: "unknown",
    ...(error instanceof NeedUnknown && error.missing ? { missing: error.missing } : {}),
    message: `${planned.name} could not be found out: ${printable(cause, 4000)}`,
    remedy: ownRemedy(error) ?? `try it alone: release-sentinel check --only ${planned.name} --verbose`,
  };
}

/** Some errors know better than we do what mends them. */
function ownRemedy(error: unknown): string | undefined {
  const { remedy } = (error ?? {}) as { remedy?: unknown };
  return typeof remedy === "string" ? remedy : undefined;
}

const longestText = 5000;

function cut(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}… (${text.length} characters)`;
}

const statuses = new Set(["ok", "notice", "warn", "fail", "unknown", "skipped"]);

/** Judges may come from plugins: an answer that is none is a fault of the plugin, not a pass. */
function wellFormed(judged: Judgement | readonly Judgement[]): readonly Judgement[] {
  const judgements = (Array.isArray(judged) ? judged : [judged]) as readonly Judgement[];
  if (judgements.length === 0) throw new Error("its judge gave no answer");
  if (!judgements.every(isJudgement)) throw new Error("its judge gave no valid answer");
  return judgements;
}

function isJudgement(judgement: Judgement | undefined): boolean {
  const { status, message, kind, subject, details, remedy, missing } =
    judgement ?? ({} as Partial<Judgement>);
  const isText = (value: unknown) => value === undefined || typeof value === "string";
  return (
    statuses.has(status ?? "") &&
    typeof message === "string" &&
    (kind === undefined || kind === "policy" || kind === "health") &&
    [subject, remedy].every(isText) &&
    [details, missing].every(
      (lines) =>
        lines === undefined || (Array.isArray(lines) && lines.every((line) => typeof line === "string")),
    )
  );
}
