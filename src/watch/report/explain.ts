import { printable } from "../../core/text.ts";
import type { Receipt, ReceiptReading, Sample } from "../receipt.ts";
import type { Evidence } from "../types.ts";

/** A decision as text: what was asked, what came, and the arithmetic, so that a person can redo it by hand. */
export function explain(receipt: Receipt): string {
  const { at, environment, version, commit, source, deployedAt, policy, action, final, message } = receipt;
  const place = [environment, version, commit?.slice(0, 12)].filter((word) => word).join(" ");
  const lines = [
    `${final ? "Final decision" : "Decision"} at ${at}: ${action}`,
    `  ${printable(message, 2000)}`,
    "",
    `place     ${printable(place, 300)}`,
    `deployed  ${deployedAt}`,
    `source    ${source}`,
    `policy    ${policy.digest}`,
    ...receipt.reasons.flatMap((reason, i) => [
      `${i === 0 ? "reasons " : "        "}  ${printable(reason, 2000)}`,
    ]),
    ...receipt.readings.flatMap((reading) => ["", ...readingLines(reading)]),
    ...receipt.evidence.flatMap((evidence) => ["", ...evidenceLines(evidence)]),
    ...receipt.samples.flatMap((sample) => ["", ...sampleLines(sample)]),
  ];
  return `${lines.join("\n")}\n`;
}

function readingLines({ signal, criterion, state, message, arithmetic, excused }: ReceiptReading): string[] {
  return [
    `${printable(signal, 300)}: ${state.toUpperCase()}   (${printable(criterion, 300)})`,
    `  ${printable(message, 2000)}`,
    ...(excused === undefined ? [] : [`  not this deploy's fault: ${printable(excused, 1000)}`]),
    ...pairs(arithmetic),
  ];
}

function evidenceLines(evidence: Evidence): string[] {
  const { metric, outcome, message, lnAbort, lnPromote, bound, requests, bad, dispersion } = evidence;
  return [
    `canary, ${printable(metric, 300)}: ${outcome.toUpperCase()}`,
    `  ${printable(message, 2000)}`,
    ...pairs([
      ["canary: bad of requests", `${bad.canary} of ${requests.canary}`],
      ["baseline: bad of requests", `${bad.baseline} of ${requests.baseline}`],
      ["dispersion", dispersion],
      ["ln E of abort", lnAbort],
      ["ln E of promote", lnPromote],
      ["bound, ln(1/alpha)", bound],
    ]),
  ];
}

function pairs(values: ReceiptReading["arithmetic"]): string[] {
  const width = Math.max(0, ...values.map(([name]) => name.length));
  return values.map(
    ([name, value]) => `    ${printable(name.padEnd(width), 200)} = ${printable(String(value), 500)}`,
  );
}

function sampleLines(sample: Sample): string[] {
  const { check, state, why, thresholdSeconds, observation } = sample;
  const bad = thresholdSeconds === undefined ? "bad" : `slower than ${thresholdSeconds} s`;
  const what = `samples of ${printable(check, 300)}: ${state}${why === undefined ? "" : `: ${printable(why, 1000)}`}`;
  if ("cut" in observation) return [what, "  too large for the ledger: left out there"];
  const { sent, from, to, minutes } = observation;
  const heading = minutes.some(({ length }) => length === 3) ? `requests  ${bad}` : "level";
  return [
    what,
    ...(from === null ? [] : [`  from ${from} to ${to}`]),
    ...sent.map((query) => `  asked: ${printable(query, 5000)}`),
    ...(minutes.length === 0 ? [] : [`  ${"minute".padEnd(20)}  ${heading}`]),
    ...minutes.map(
      ([start, ...values]) => `  ${start.replace(".000Z", "Z").padEnd(20)}  ${columns(values, heading)}`,
    ),
  ];
}

function columns(values: readonly number[], heading: string): string {
  const [first, second] = values;
  if (second === undefined) return String(first);
  return `${String(first).padEnd(heading.indexOf("  ") + 2)}${second}`;
}
