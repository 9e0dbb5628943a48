import type { Readers } from "../clients/readers.ts";
import type { SentinelError } from "../core/errors.ts";
import type { Verdict } from "../core/verdict.ts";
import type { DeployOutcome } from "../flows/apply/outcome.ts";
import type { ReleaseOutcome } from "../flows/release/outcome.ts";
import type { Alarm } from "../flows/watch/watch.ts";
import { verdictSentence } from "../gate/report/words.ts";
import type { Alert } from "../notify/alert.ts";

type Circumstances = Pick<Alert, "actor" | "runUrl" | "toolVersion">;

/** Who, as CI says it; outside CI the user's name on this machine, and said to be that. */
export function actorOf({ ci, env }: Readers): string | null {
  const local = env.get("USER") ?? env.get("LOGNAME") ?? env.get("USERNAME");
  return ci.actor ?? (local ? `${local} (local user)` : null);
}

function circumstances(readers: Readers, toolVersion: string): Circumstances {
  return { actor: actorOf(readers), runUrl: readers.ci.runUrl, toolVersion };
}

/** What a verdict that is not SAFE tells those who watch. */
export function verdictAlert(verdict: Verdict, readers: Readers, toolVersion: string): Alert {
  const { environment, version, commit, reasons } = verdict;
  const severity = verdict.verdict === "CRITICAL" ? "CRITICAL" : "BLOCKED";
  return {
    severity,
    message: verdictSentence(verdict),
    reasons,
    environment,
    version,
    commit,
    ...circumstances(readers, toolVersion),
  };
}

/** What a release, or a deploy, that is not done tells those who watch. */
export function outcomeAlert(
  outcome: Pick<
    ReleaseOutcome | DeployOutcome,
    "environment" | "version" | "commit" | "message" | "reasons" | "exitCode"
  >,
  readers: Readers,
  toolVersion: string,
): Alert {
  const { environment, version, commit, message, reasons, exitCode } = outcome;
  return {
    severity: exitCode === 2 ? "CRITICAL" : "BLOCKED",
    message,
    reasons: reasons.map((reason) => reason.message),
    environment,
    version,
    commit,
    ...circumstances(readers, toolVersion),
  };
}

/** What a watch that finds something, or cannot find it out, tells those who watch. */
export function watchAlert(
  { end, message, reasons }: Alarm,
  asked: { readonly environment: string; readonly version: string | null },
  readers: Readers,
  toolVersion: string,
): Alert {
  const { environment, version } = asked;
  return {
    severity: end === "blocked" ? "BLOCKED" : "CRITICAL",
    message,
    reasons,
    environment,
    version,
    commit: null,
    ...circumstances(readers, toolVersion),
  };
}

/** A configuration that cannot be used, or read in time, stops releases as surely as a failed check. */
export function errorAlert(
  error: SentinelError,
  asked: { environment: string; version: string | null },
  readers: Readers,
  toolVersion: string,
): Alert {
  const severity = error.exitCode === 1 ? "BLOCKED" : "CRITICAL";
  const reasons = [error.message];
  return {
    severity,
    message: verdictSentence({ verdict: severity, reasons }),
    reasons,
    commit: null,
    ...asked,
    ...circumstances(readers, toolVersion),
  };
}
