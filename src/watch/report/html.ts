import { selfContained, text } from "../../clients/page/html.ts";
import type { Series, Trail } from "../history.ts";
import type { WatchPolicy } from "../policy.ts";
import type { Receipt, Sample } from "../receipt.ts";
import type { Evidence, Reading, SignalState } from "../types.ts";
import { assets } from "./assets.ts";
import { type Plot, plotsOf } from "./plots.ts";

/** A watch as a page shows it. Nothing in here is HTML yet, and nothing in here is secret any more. */
export interface PageContent {
  readonly tone: "good" | "bad" | "unsure";
  readonly message: string;
  readonly reasons: readonly { readonly message: string; readonly remedy?: string }[];
  /** Label and value, in the order in which they are shown. */
  readonly facts: readonly (readonly [string, string])[];
  readonly readings: readonly Reading[];
  readonly evidence: readonly Evidence[];
  readonly series: readonly Series[];
  readonly trails: readonly Trail[];
  readonly policy: WatchPolicy | null;
  readonly receipt: Receipt | null;
  /** Milliseconds since 1970. */
  readonly deployedAt: number;
  readonly madeBy: string;
}

/** One file that needs nothing else: no request leaves it, and what stands in labels is text in it. */
export function htmlReport(content: PageContent): string {
  const plots = plotsOf(content);
  return selfContained({
    title: content.message,
    style: assets.style,
    script: assets.script,
    data: { plots },
    body: `<main>
${head(content)}
${section("Signals", readingsTable(content.readings))}
${section("Canary", evidenceTable(content.evidence))}
${section("Minute by minute", plotCards(plots))}
${section("What the last decision was made of", samples(content))}
</main>
<footer>${text(content.madeBy)}</footer>`,
  });
}

function head({ tone, message, reasons, facts }: PageContent): string {
  const why = reasons.map(({ message: said, remedy }) => {
    const after = remedy === undefined ? "" : ` <span class="soft">→ ${text(remedy)}</span>`;
    return `<li>${text(said)}${after}</li>`;
  });
  const list = why.length > 1 || reasons.some(({ remedy }) => remedy) ? `<ul>${why.join("")}</ul>` : "";
  const known = facts.map(([label, value]) => `<div><dt>${text(label)}</dt><dd>${text(value)}</dd></div>`);
  return `<header class="card end ${tone}"><h1>${text(message)}</h1>${list}<dl>${known.join("")}</dl></header>`;
}

const tones: Readonly<Record<SignalState, string>> = {
  ok: "good",
  breach: "bad",
  "no-data": "unsure",
  "telemetry-error": "unsure",
};

function readingsTable(readings: readonly Reading[]): string {
  if (readings.length === 0) return "";
  const rows = readings.map(({ signal, criterion, state, message, arithmetic, excused }) => {
    const notes =
      excused === undefined ? "" : `<p class="soft">not this deploy&#39;s fault: ${text(excused)}</p>`;
    return `<tr><td><strong>${text(signal)}</strong><br><span class="soft">${text(criterion)}</span></td><td class="${excused === undefined ? tones[state] : "unsure"}"><span class="state">${text(state)}</span></td><td>${text(message)}${notes}${arithmeticOf(arithmetic)}</td></tr>`;
  });
  return `<div class="card"><table class="wide"><thead><tr><th>Signal</th><th>State</th><th>Why</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function arithmeticOf(arithmetic: Reading["arithmetic"]): string {
  const lines = Object.entries(arithmetic).map(([name, value]) => `${name} = ${value}`);
  if (lines.length === 0) return "";
  return `<details><summary class="soft">arithmetic</summary><pre>${text(lines.join("\n"))}</pre></details>`;
}

function evidenceTable(evidence: readonly Evidence[]): string {
  if (evidence.length === 0) return "";
  const outcome = { abort: "bad", promote: "good", "not-yet": "unsure" } as const;
  const rows = evidence.map(
    ({ metric, outcome: word, message, requests, bad, lnAbort, lnPromote, bound, dispersion }) => {
      const arithmetic = {
        "ln E (abort)": lnAbort.toFixed(3),
        "ln E (promote)": lnPromote.toFixed(3),
        bound: bound.toFixed(3),
        dispersion: dispersion.toFixed(3),
        "canary, bad of requests": `${bad.canary} of ${requests.canary}`,
        "baseline, bad of requests": `${bad.baseline} of ${requests.baseline}`,
      };
      return `<tr><td><strong>${text(metric)}</strong></td><td class="${outcome[word]}"><span class="state">${text(word)}</span></td><td>${text(message)}${arithmeticOf(arithmetic)}</td></tr>`;
    },
  );
  return `<div class="card"><table class="wide"><thead><tr><th>Metric</th><th>Answer</th><th>Evidence</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function plotCards(plots: readonly Plot[]): string {
  if (plots.length === 0) return "";
  const cards = plots.map(
    ({ title, note }, i) =>
      `<section class="card"><h3>${text(title)}</h3><p class="soft">${text(note)}</p><div class="plot" id="plot-${i}"></div></section>`,
  );
  return `<div class="plots">${cards.join("")}</div>`;
}

function samples({ receipt, policy }: PageContent): string {
  if (!receipt) return "";
  const queries = receipt.samples.map(sampleDetails);
  const rules = policy
    ? `<details><summary>Policy <span class="soft">${text(policy.digest)}</span></summary><pre>${text(JSON.stringify(policy, null, 2))}</pre></details>`
    : "";
  return `<div class="card made">${queries.join("")}${rules}</div>`;
}

function sampleDetails({ check, state, why, tookMs, observation }: Sample): string {
  const { sent, minutes } = "cut" in observation ? { sent: [], minutes: [] } : observation;
  const known = why === undefined ? `${minutes.length} minutes, ${tookMs} ms` : why;
  const rows = minutes.map(([start, ...values]) => `${start.slice(11, 16)}  ${values.join("  ")}`);
  const heading = minutes.some(({ length }) => length === 3)
    ? "minute (UTC)  requests  bad"
    : "minute (UTC)  level";
  const numbers =
    rows.length === 0 ? "" : `<pre class="minutes" tabindex="0">${text([heading, ...rows].join("\n"))}</pre>`;
  return `<details><summary>${text(check)} <span class="soft">${text(`${state}: ${known}`)}</span></summary><pre>${text(sent.join("\n"))}</pre>${numbers}</details>`;
}

function section(title: string, body: string): string {
  return body === "" ? "" : `<h2>${text(title)}</h2>${body}`;
}
