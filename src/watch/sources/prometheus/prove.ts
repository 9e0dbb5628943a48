import { PrometheusFailure } from "../../../clients/prometheus/failure.ts";
import { showSelector } from "../../../clients/prometheus/lexer.ts";
import { type Missing, neverMatches } from "../../../clients/prometheus/missing.ts";
import { QueryProblem, showQuery } from "../../../clients/prometheus/template.ts";
import type { Prometheus } from "../../../clients/prometheus/types.ts";
import { SentinelError } from "../../../core/errors.ts";
import { count, printable } from "../../../core/text.ts";
import type { Answer, SignalQuery, SourceProof } from "../../types.ts";
import type { Part, Plan } from "./plan.ts";

/** More cannot be a share: it is a percentage, or something else altogether. */
const highestLevel = 10;

/** `shop/latency`, or `shop/latency of the canary`. */
function about({ id, arm }: SignalQuery): string {
  return arm === "all" ? id : `${id} of the ${arm}`;
}

/** What a failure means before a deploy: a query or an address that is wrong stays so, all else may be better in a minute. */
export function proofOfFailure(error: unknown, query?: SignalQuery, plan?: Plan): SourceProof {
  const who = query ? `${about(query)}: ` : "";
  const remedied = (proof: SourceProof, remedy: string | undefined): SourceProof =>
    remedy === undefined ? proof : { ...proof, remedy };
  if (error instanceof QueryProblem) {
    return remedied({ state: "conflict", message: `${who}${error.message}` }, error.remedy);
  }
  if (error instanceof PrometheusFailure) {
    const { reason, message } = error;
    if (reason === "query") {
      const asked = plan?.parts.map(({ expression }) => showQuery(expression)).join("; ");
      const remedy = asked === undefined ? error.remedy : `it was asked: ${asked}`;
      return remedied(
        { state: "conflict", message: `${who}Prometheus refuses the query: ${message}` },
        remedy,
      );
    }
    const isLasting = reason === "access" || reason === "address";
    const state = isLasting ? "conflict" : "unknown";
    return remedied({ state, message: `${who}Prometheus: ${message}` }, error.remedy);
  }
  const message = printable(error instanceof Error ? error.message : String(error), 300);
  const isOurs = error instanceof SentinelError;
  return remedied(
    { state: isOurs ? "conflict" : "unknown", message: `${who}${message}` },
    isOurs ? error.remedy : undefined,
  );
}

/** What the last minutes' numbers say about a query. */
export function proofOfNumbers(query: SignalQuery, answer: Answer, plan: Plan): SourceProof {
  const who = about(query);
  if (answer.state === "levels") {
    const highest = Math.max(...answer.buckets.map(({ level }) => level));
    if (highest > highestLevel) {
      return {
        state: "conflict",
        message: `${who}: ${Math.round(highest * 100) / 100} is no saturation: it is to be between 0 and 1`,
        remedy: "divide it by 100 or by what there is, or set percent",
      };
    }
  }
  if (plan.unlabelled) {
    return {
      state: "notice",
      message: `${who}: the query does not use the labels ${Object.keys(query.labels).join(", ")}`,
      remedy: "put {{labels}} into its braces",
    };
  }
  const seen =
    answer.state === "counts"
      ? `${count(Math.round(answer.buckets.reduce((sum, { total }) => sum + total, 0)), "request")} in the last minutes`
      : "there are numbers";
  return { state: "ok", message: `${who}: ${seen}` };
}

/** What it means that there are no numbers yet. The new version's own series come with the deploy; others must be there. */
export function proofOfMissing(
  query: SignalQuery,
  { what, why, label }: Missing,
  version: string | undefined,
): SourceProof {
  const message = `${about(query)}: ${why}`;
  if (what === "metric") {
    return { state: "conflict", message, remedy: "mend the query, or let the service be scraped first" };
  }
  const value = query.labels[label ?? ""] ?? "";
  const isVersion = version !== undefined && value.includes(version.replace(/^v/, ""));
  const isOfCanary = query.arm === "canary" && (label === undefined || Object.hasOwn(query.labels, label));
  const comes = isOfCanary || (what === "value" && (isVersion || label === undefined));
  if (what === "samples" || comes) return { state: "notice", message };
  return { state: "conflict", message, remedy: "mend the labels: see the ones that are there" };
}

/**
 * Whether what counts the bad ones could ever count one: no error yet is well, a label that the metric does not have is not.
 * @returns undefined when there is nothing to say
 */
export async function proofOfBad(
  query: SignalQuery,
  bad: Part,
  labelsOf: (metric: string) => Promise<readonly string[]>,
): Promise<SourceProof | undefined> {
  for (const { name, matchers } of bad.selectors) {
    // The labels of the query itself are looked for by what counts everything.
    const selector = { name, matchers: matchers.filter(({ label }) => !Object.hasOwn(query.labels, label)) };
    const never = await neverMatches(selector, labelsOf);
    if (!never) continue;
    if (never.what === "metric") return { state: "notice", message: `${about(query)}: ${never.why}` };
    return {
      state: "conflict",
      message: `${about(query)}: nothing would ever count as bad: ${never.why}`,
      remedy: `mend ${showQuery(showSelector(selector))}`,
    };
  }
  return undefined;
}

/** Asks for a metric's labels once. */
export function createLabelsOf(
  prometheus: Prometheus,
  between: { readonly start: number; readonly end: number },
  signal: AbortSignal,
): (metric: string) => Promise<readonly string[]> {
  const known = new Map<string, Promise<readonly string[]>>();
  return (metric) => {
    const asked = known.get(metric) ?? prometheus.labelNames(metric, between, signal);
    known.set(metric, asked);
    return asked;
  };
}
