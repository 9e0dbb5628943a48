import type { Readers } from "../clients/readers.ts";
import type { Surroundings } from "../config/configuration.ts";
import { environmentNames } from "../config/normalise.ts";
import { SentinelError } from "../core/errors.ts";
import type { Emit } from "../core/event.ts";
import type { Finding } from "../core/finding.ts";
import type { Policy } from "../core/policy.ts";
import { printable, shellWord } from "../core/text.ts";
import type { Verdict } from "../core/verdict.ts";
import { rejudge } from "../flows/replay/rejudge.ts";
import type { RecordedEntry } from "../flows/replay/runs.ts";
import { asVerdict, followsFromFindings } from "../flows/replay/saved.ts";
import { type ReplayReport, replay, shadowReport } from "../flows/replay.ts";
import { decide } from "../gate/decide.ts";
import { readText } from "./attest.ts";
import { createMatcher } from "./matcher.ts";
import { selectPolicy } from "./plan.ts";

/** Where a policy is read from: a `Sentinel` is enough. */
export interface ReplayWorld {
  surroundings(request: {
    config?: string | undefined;
    configRef?: string | undefined;
  }): Promise<Surroundings>;
}

export interface ReplayRequest {
  /** The policy to judge by; without it the one that `check` would use. */
  readonly config?: string | undefined;
  readonly configRef?: string | undefined;
  /** Only runs from then on, milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
}

const maxVerdictBytes = 64 * 1024 * 1024;
const everything = { question: "check", extra: {}, only: [], skip: [] } as const;

/** Recorded runs under another policy. @param entries of the audit ledger, oldest first */
export async function replayRuns(
  world: ReplayWorld,
  entries: AsyncIterable<RecordedEntry>,
  { sinceMs, ...where }: ReplayRequest,
): Promise<ReplayReport> {
  const policyOf = policies(await world.surroundings(where));
  return replay(entries, { policyOf, matcher: createMatcher(), sinceMs });
}

/** What the checks in shadow mode would have done. */
export async function replayShadows(
  world: ReplayWorld,
  entries: AsyncIterable<RecordedEntry>,
  { sinceMs, ...where }: ReplayRequest,
): Promise<ReplayReport> {
  const around = await world.surroundings(where);
  const policyOf = policies(around);
  const matcher = createMatcher();
  const first = await selectPolicy(around, { ...everything, environment: "" }, matcher);
  const shadowed = new Set<string>();
  for (const environment of environmentNames(first.loaded.data)) {
    const { checks } = await policyOf(environment);
    for (const { name, shadow } of checks) if (shadow) shadowed.add(name);
  }
  return shadowReport(entries, { sinceMs, shadowed });
}

function policies(around: Surroundings): (environment: string) => Promise<Policy<Readers>> {
  const matcher = createMatcher();
  return async (environment) => {
    const { policy } = await selectPolicy(around, { ...everything, environment }, matcher);
    return policy;
  };
}

export interface SavedRequest {
  /** A verdict as `--format json` wrote it. */
  readonly file: string;
  readonly cwd: string;
  /** Judge it again by this policy; without it the saved answer stands. */
  readonly config?: string | undefined;
  readonly configRef?: string | undefined;
  /** What it must be about, where that is said. */
  readonly environment?: string | undefined;
  readonly version?: string | undefined;
}

/**
 * A saved verdict once more, without looking at anything: the same answer, or what another policy makes of what was seen.
 * What cannot be judged from the record is `unknown`, and never `ok`.
 * @throws SentinelError `evidence-unreadable` when the file holds no verdict, or one that was edited; `flag-invalid` when it is
 * about something else
 */
export async function judgeSaved(world: ReplayWorld, request: SavedRequest, emit: Emit): Promise<Verdict> {
  const recorded = readVerdict(request.file, request.cwd);
  assertAbout(recorded, request);
  const { config, configRef, file } = request;
  const verdict =
    config === undefined && configRef === undefined
      ? recorded
      : await judgedAgain(recorded, await world.surroundings({ config, configRef }), file);
  emit({ type: "run.started", checks: [...new Set(verdict.findings.map(({ check }) => check))] });
  for (const [check, findings] of Map.groupBy(verdict.findings, ({ check }) => check))
    emit({ type: "check.finished", check, findings });
  emit({ type: "verdict", verdict });
  return verdict;
}

function readVerdict(file: string, cwd: string): Verdict {
  const text = readText(file, cwd, "saved verdict", maxVerdictBytes);
  let verdict: Verdict | undefined;
  try {
    verdict = asVerdict(JSON.parse(text));
  } catch {
    // said below
  }
  const name = printable(file, 200);
  if (!verdict) {
    throw new SentinelError(
      "evidence-unreadable",
      `${name} holds no verdict`,
      `save one: release-sentinel check --report json=${shellWord(name)}`,
    );
  }
  if (followsFromFindings(verdict)) return verdict;
  throw new SentinelError(
    "evidence-unreadable",
    `${name}: the answer does not follow from the findings: it was edited`,
    "take the file that the gate wrote",
  );
}

function assertAbout(recorded: Verdict, { file, environment, version }: SavedRequest): void {
  for (const [flag, asked, found] of [
    ["--env", environment, recorded.environment],
    ["--version", version, recorded.version],
  ] as const) {
    if (asked === undefined || asked === found) continue;
    const about = found === null ? "no version" : printable(found, 100);
    throw new SentinelError(
      "flag-invalid",
      `${printable(file, 200)} is about ${about}, not about ${flag} ${printable(asked, 100)}`,
      `leave ${flag} out: the saved verdict says it`,
    );
  }
}

async function judgedAgain(recorded: Verdict, around: Surroundings, file: string): Promise<Verdict> {
  const policy = await policies(around)(recorded.environment);
  const digest = policy.digest();
  const judged = rejudge(recorded, policy, createMatcher(), digest);
  const kinds = new Map(policy.checks.map(({ name, kind }) => [name, kind]));
  const untold = judged.checks.flatMap((check): Finding[] =>
    "unrecorded" in check
      ? [
          {
            check: check.check,
            kind: kinds.get(check.check) ?? "policy",
            status: check.couldStop ? "unknown" : "skipped",
            message: `${check.check} cannot be judged from what was recorded: ${check.unrecorded}`,
            remedy: "ask the gate itself: release-sentinel check",
            durationMs: 0,
            attempts: 0,
            observation: null,
          },
        ]
      : [],
  );
  const findings = [...judged.findings, ...untold];
  const decision = decide(findings, policy.onUnknown);
  return {
    ...recorded,
    ...decision,
    releasable: decision.releasable && recorded.leftOut.length === 0,
    policyDigest: digest,
    policySource: `${policy.source}, judging ${printable(file, 200)}`,
    findings,
  };
}
