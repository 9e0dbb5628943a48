import { selectorsIn } from "../../clients/prometheus/lexer.ts";
import { QueryProblem } from "../../clients/prometheus/template.ts";
import type { Contradiction, Zod } from "../../core/check.ts";
import { references } from "../../core/interpolate.ts";
import { urlHost } from "../net/address.ts";
import { countingQuery } from "./query.ts";
import { windowMs } from "./window.ts";

/** What both checks of an objective are told. */
export interface SloOptions {
  url: string;
  tokenEnv?: string;
  userEnv?: string;
  passwordEnv?: string;
  headers?: Record<string, string>;
  caFile?: string;
  /** Percent: 99.9. */
  slo: number;
  total: string;
  bad: string;
  labels: Record<string, string>;
}

export const sloDefaults: SloOptions = {
  url: "${PROMETHEUS_URL}",
  slo: 99.9,
  total: "http_requests_total",
  bad: 'http_requests_total{code=~"5.."}',
  labels: {},
};

export function sloShape(z: Zod) {
  const text = z.string().min(1);
  const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a variable's name");
  return {
    url: text.optional().describe("Prometheus, or what speaks like it: Thanos, Mimir, VictoriaMetrics."),
    tokenEnv: name.optional().describe("The variable that holds a bearer token."),
    userEnv: name.optional().describe("The variable that holds a user's name."),
    passwordEnv: name.optional().describe("The variable that holds the password."),
    headers: z
      .record(text, z.string())
      .optional()
      .describe("Headers of every request: X-Scope-OrgID, say; values may hold ${NAME}."),
    caFile: text.optional().describe("File with PEM certificates to trust besides the built-in ones."),
    slo: z.number().gt(0).lt(100).optional().describe("The objective, in percent: 99.9."),
    total: text
      .optional()
      .describe(
        "The counter of all requests, counted by increase(), which does not see the first value of a new series (a watch does); or PromQL that counts them over {{window}}; {{labels}} stands for the labels.",
      ),
    bad: text.optional().describe("The same for those of them that failed."),
    labels: z.record(text, z.string()).optional().describe("Labels that the counters must have."),
  };
}

export function sloWindow(z: Zod, description: string) {
  return z
    .string()
    .refine((value) => windowMs(value) !== undefined, "is not a window (10min, 1h, 30d)")
    .describe(description);
}

function secrets({ tokenEnv, userEnv, passwordEnv, headers }: SloOptions): readonly string[] {
  const named = [tokenEnv, userEnv, passwordEnv].filter((name) => name !== undefined);
  return [...named, ...references(headers)];
}

/** Queries that could not be asked for a window. */
export function sloContradiction(options: SloOptions): Contradiction | undefined {
  for (const option of ["total", "bad"] as const) {
    const template = options[option];
    try {
      const { text, isCounter } = countingQuery(template, options.labels, "1h", {});
      if (isCounter || /\{\{\s*window\s*\}\}/.test(template)) continue;
      const counter = selectorsIn(text)[0]?.name ?? "http_requests_total";
      return {
        option,
        message: "does not say over which window it counts",
        remedy: `write the counter alone (${counter}), or sum(increase(${counter}[{{window}}]))`,
      };
    } catch (error) {
      if (!(error instanceof QueryProblem)) throw error;
      return { option, message: error.message, remedy: error.remedy ?? "mend the query" };
    }
  }
  return undefined;
}

/** What both checks have in common. */
export const sloCheck = {
  reach: "network",
  paths: ["caFile"],
  // A month takes a while to be counted.
  limits: { timeoutMs: 30_000, attempts: 2, backoffMs: [1000] },
  host: urlHost,
  secrets,
  contradiction: sloContradiction,
} as const;
