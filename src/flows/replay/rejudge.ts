import type { Finding, Judgement } from "../../core/finding.ts";
import { interpolate } from "../../core/interpolate.ts";
import type { Json } from "../../core/json.ts";
import type { PlannedCheck, Policy } from "../../core/policy.ts";
import type { Target } from "../../core/target.ts";
import type { Verdict } from "../../core/verdict.ts";
import {
  type Decision,
  decide,
  expiringWaivers,
  type Matcher,
  type Rules,
  settle,
} from "../../gate/decide.ts";
import { looksAtNothing, otherLook, unknownVariables } from "./looks.ts";

/** A check's answer under another policy, or why there is none. */
export type Rejudged =
  | { readonly check: string; readonly findings: readonly Finding[] }
  | {
      readonly check: string;
      readonly unrecorded: string;
      /** Whether its answer could have stopped the release, under this policy. */
      readonly couldStop: boolean;
    };

export interface Rejudgement {
  readonly checks: readonly Rejudged[];
  /** Every finding there is, with what the gate itself remarks. */
  readonly findings: readonly Finding[];
  readonly decision: Decision;
  /**
   * `stopped` as soon as anything known stops it; `unknown` when what is not recorded could have.
   */
  readonly outcome: "passed" | "stopped" | "unknown";
}

/**
 * Judges what one run saw by another policy, as of the run's own time. Pure: no clock, no network, no environment.
 * @param digest the policy's, made once for many runs
 */
export function rejudge(recorded: Verdict, policy: Policy, matcher: Matcher, digest: string): Rejudgement {
  const session = new Session(recorded, policy, matcher, recorded.policyDigest === digest);
  const checks = policy.checks.map(({ name }) => session.answer(name));
  const answered = checks.flatMap((check) => ("findings" in check ? check.findings : []));
  const findings = [...answered, ...expiringWaivers(answered, session.rules.target)];
  const decision = decide(findings, policy.onUnknown);
  const open = checks.some((check) => "unrecorded" in check && check.couldStop);
  const stopped = decision.verdict !== "SAFE" && !isEmpty(decision);
  const outcome = stopped ? "stopped" : open ? "unknown" : decision.verdict === "SAFE" ? "passed" : "stopped";
  return { checks, findings, decision, outcome };
}

/** Nothing known at all is no definite no while something is open. */
function isEmpty({ reasons }: Decision): boolean {
  return reasons.length === 1 && reasons[0] === "nothing was checked";
}

class Session {
  readonly rules: Rules;
  readonly #byName: ReadonlyMap<string, PlannedCheck>;
  readonly #recorded: ReadonlyMap<string, readonly Finding[]>;
  readonly #samePolicy: boolean;
  readonly #answers = new Map<string, Rejudged>();
  readonly #waiting = new Set<string>();

  constructor(recorded: Verdict, policy: Policy, matcher: Matcher, samePolicy: boolean) {
    this.#byName = new Map(policy.checks.map((planned) => [planned.name, planned]));
    this.#recorded = Map.groupBy(recorded.findings, ({ check }) => check);
    this.#samePolicy = samePolicy;
    const target: Target = {
      environment: recorded.environment,
      version: recorded.version ?? undefined,
      purpose: recorded.for,
      at: recorded.startedAt,
    };
    const glass = recorded.findings.find(({ breakGlass }) => breakGlass !== undefined)?.breakGlass?.reason;
    this.rules = { policy, target, matcher, breakGlass: glass };
  }

  answer(name: string): Rejudged {
    const known = this.#answers.get(name);
    if (known) return known;
    const planned = this.#byName.get(name);
    if (!planned) return { check: name, unrecorded: "this policy does not check it", couldStop: false };
    // Checks that wait for each other never answered anything.
    if (this.#waiting.has(name)) return this.#unrecorded(planned, "it waits for itself");
    this.#waiting.add(name);
    const answer = this.#judge(planned);
    this.#waiting.delete(name);
    this.#answers.set(name, answer);
    return answer;
  }

  #judge(planned: PlannedCheck): Rejudged {
    const stopped = this.#stoppedByNeed(planned);
    if (stopped) return stopped;
    const { target } = this.rules;
    const lookup = (name: string) =>
      name === "version" ? target.version : name === "environment" ? target.environment : undefined;
    const { value: options, missing } = interpolate(planned.options as Json, lookup);
    if (missing.includes("version"))
      return this.#conclude(planned, [{ status: "skipped", message: "No version is asked about" }], null);
    const variables = unknownVariables(planned);
    if (variables.length > 0)
      return this.#unrecorded(planned, `it depends on ${variables.join(", ")}, whose value is not recorded`);
    const recorded = this.#recorded.get(planned.name) ?? [];
    const [first] = recorded;
    if (looksAtNothing(planned)) return this.#judgeSeen(planned, options as object, null, recorded);
    if (!first) return this.#unrecorded(planned, "it was not checked then");
    const other = otherLook(planned, first, this.#samePolicy);
    if (other) return this.#unrecorded(planned, other);
    return wasObserved(first)
      ? this.#judgeSeen(planned, options as object, first.observation, recorded)
      : this.#carryOver(planned, recorded);
  }

  /** As the gate does it: what needs a failed check is not asked, what needs an unknown one is unknown. */
  #stoppedByNeed(planned: PlannedCheck): Rejudged | undefined {
    const prerequisites = (planned.check.prerequisites ?? []).filter((name) => this.#byName.has(name));
    for (const name of [...planned.needs, ...prerequisites]) {
      const need = this.answer(name);
      if ("unrecorded" in need) return this.#unrecorded(planned, `it needs ${name}, which cannot be told`);
      const statuses = new Set(need.findings.map(({ status }) => status));
      if (statuses.has("fail")) {
        const message = `Not run: it needs ${name}, which failed`;
        return this.#conclude(planned, [{ status: "skipped", message }], null);
      }
      if (statuses.has("unknown")) {
        const message = `${planned.name} could not be found out: it needs ${name}, which could not be found out`;
        return this.#conclude(planned, [{ status: "unknown", message }], null);
      }
    }
    return undefined;
  }

  #judgeSeen(planned: PlannedCheck, options: object, seen: Json, recorded: readonly Finding[]): Rejudged {
    let judgements: readonly Judgement[];
    try {
      const judged: Judgement | readonly Judgement[] = planned.check.judge(seen, {
        options,
        target: this.rules.target,
      });
      judgements = [judged].flat() as readonly Judgement[];
    } catch {
      return this.#unrecorded(planned, "its judge cannot read what was recorded");
    }
    // A judge that knew then and does not now lacks something that was not recorded.
    const knew =
      recorded.length > 0 && !recorded.some((f) => f.status === "waived" || rawStatus(f) === "unknown");
    const knows = !judgements.some(({ status }) => status === "unknown");
    if (judgements.length === 0 || (knew && !knows))
      return this.#unrecorded(planned, "what was recorded is not enough to judge it");
    return this.#conclude(planned, judgements, seen, recorded[0]);
  }

  /** What was not seen then, is not seen now: as far as it is known why. */
  #carryOver(planned: PlannedCheck, recorded: readonly Finding[]): Rejudged {
    const judgements = recorded.flatMap((finding): Judgement[] => {
      const status = rawStatus(finding);
      const {
        check: _,
        observation: __,
        durationMs,
        attempts,
        waiver,
        shadow,
        breakGlass,
        ...said
      } = finding;
      return status === "fail" || status === "unknown" ? [{ ...said, status }] : [];
    });
    if (judgements.length < recorded.length)
      return this.#unrecorded(planned, "it was not asked then, or what it saw is not recorded");
    return this.#conclude(planned, judgements, null, recorded[0]);
  }

  #conclude(
    planned: PlannedCheck,
    judgements: readonly Judgement[],
    seen: Json,
    recorded?: Finding | undefined,
  ): Rejudged {
    const { durationMs = 0, attempts = judgements[0]?.status === "skipped" ? 0 : 1 } = recorded ?? {};
    const told = { uses: planned.check.id, options: planned.options };
    const findings = judgements.map((judgement, i) => {
      const observation = i === 0 ? seen : null;
      const finding = settle(planned, judgement, { durationMs, attempts, observation }, this.rules);
      return i === 0 ? { ...finding, ...told } : finding;
    });
    return { check: planned.name, findings };
  }

  #unrecorded(planned: PlannedCheck, unrecorded: string): Rejudged {
    const worst = { status: "fail", message: "" } as const;
    const settled = settle(planned, worst, { durationMs: 0, attempts: 0, observation: null }, this.rules);
    return { check: planned.name, unrecorded, couldStop: settled.status === "fail" };
  }
}

/** Before shadow mode; what a waiver or break-glass covered is not known any more. */
function rawStatus({ status, shadow }: Finding): Finding["status"] {
  return shadow?.status ?? status;
}

function wasObserved(finding: Finding): boolean {
  const { attempts, observation } = finding;
  return attempts > 0 && !(observation === null && rawStatus(finding) === "unknown");
}
