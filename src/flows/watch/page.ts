import { duration } from "../../core/text.ts";
import { htmlReport, type PageContent } from "../../watch/report/html.ts";
import type { WatchOutcome } from "./outcome.ts";
import type { WatchSeen } from "./watch.ts";

/** How a watch ended, with what was seen on the way, as one page. */
export function watchPage(outcome: WatchOutcome, seen: WatchSeen | undefined, toolVersion: string): string {
  const { message, reasons, readings, evidence, receipt, deployedAt } = outcome;
  return htmlReport({
    tone: toneOf(outcome),
    message,
    reasons,
    facts: factsOf(outcome),
    readings,
    evidence,
    series: seen?.series ?? [],
    trails: seen?.trails ?? [],
    policy: seen?.policy ?? receipt?.policy ?? null,
    receipt,
    deployedAt: Date.parse(deployedAt),
    madeBy: `release-sentinel ${toolVersion}, ${outcome.endedAt}`,
  });
}

function toneOf({ outcome, exitCode }: WatchOutcome): PageContent["tone"] {
  if (exitCode === 0) return "good";
  return outcome === "breach" || outcome === "blocked" ? "bad" : "unsure";
}

function factsOf(outcome: WatchOutcome): PageContent["facts"] {
  const { environment, version, commit, source, deployedAt, startedAt, endedAt, looks, policyDigest } =
    outcome;
  const lasted = Date.parse(endedAt) - Math.min(Date.parse(startedAt), Date.parse(deployedAt));
  return [
    ["Environment", environment],
    ["Version", version ?? "not said"],
    ...(commit === null ? [] : ([["Commit", commit.slice(0, 12)]] as const)),
    ["Deployed", whenUtc(deployedAt)],
    ["Ended", whenUtc(endedAt)],
    ["Lasted", duration(lasted)],
    ["Looks", String(looks)],
    ["Source", source],
    ["Policy", policyDigest.slice(0, 19)],
  ];
}

/** `2026-11-21 18:04:07 UTC`. */
function whenUtc(time: string): string {
  return time.replace("T", " ").replace(/\.\d+Z$/, " UTC");
}
