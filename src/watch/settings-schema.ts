import type { ZodType } from "zod";
import { burnPresets } from "../core/burn.ts";
import type { Zod } from "../core/check.ts";
import { type BurnPreset, sourceNames } from "./settings.ts";
import { objective, share, spanMs } from "./span.ts";

const presetNames = Object.keys(burnPresets) as [BurnPreset, ...BurnPreset[]];

/** The shape of `watch:`. Its windows may be longer than any time limit, so that durations are its own. */
export function watchSchema(z: Zod, _isDuration: (value: string | number) => boolean): ZodType {
  const text = z.string().min(1);
  const labels = z.record(text, z.string());
  const span = spans(z);
  const signals = signalSchema(z);
  return z.strictObject({
    for: span("How long is watched. Default: 10min."),
    every: span("How often is looked. Default: 1min."),
    source: z
      .enum(sourceNames)
      .optional()
      .describe(
        "Where numbers come from. Default: prometheus where PROMETHEUS_URL is set, else prober with SERVICE_URL.",
      ),
    ...sourceSchemas(z),
    labels: labels.optional().describe("Labels of every query; ${VERSION} and ${ENVIRONMENT} are filled in."),
    services: z
      .record(
        z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "is not a service's name"),
        z
          .strictObject({
            url: text.optional().describe("What the prober asks for it. Default: the prober's own URL."),
            labels: labels.optional().describe("Labels of its queries, besides those of all."),
            signals: signals.optional().describe("Its signals: merged over those of all."),
          })
          .nullable(),
      )
      .optional()
      .describe("What is watched, each by itself. Default: one service."),
    signals: signals.optional().describe("What counts as a breach."),
    floors: z
      .strictObject({
        requests: z
          .int()
          .min(0)
          .optional()
          .describe("Fewer requests than these in a window say nothing. Default: 30."),
        bad: z.int().min(1).optional().describe("Fewer bad ones than these are no breach. Default: 5."),
      })
      .optional()
      .describe("Small numbers lie."),
    canary: canarySchema(z),
    budgets: z
      .strictObject({
        noData: span("How long there may be no data, before a person is called. Default: 5min."),
        telemetry: span("How long numbers may not be obtainable, before a person is called. Default: 5min."),
      })
      .optional(),
  });
}

/** Windows are counted in whole minutes. */
function windows(z: Zod) {
  return (what: string) =>
    z
      .union([z.string(), z.number()])
      .refine(
        (value) => (spanMs(value) ?? 1) % 60_000 === 0,
        "is not a number of whole minutes (5min, 1h, 3d)",
      )
      .optional()
      .describe(what);
}

function spans(z: Zod) {
  return (what: string) =>
    z
      .union([z.string(), z.number()])
      .refine((value) => spanMs(value) !== undefined, "is not a duration (30s, 5min, 1h, 3d)")
      .optional()
      .describe(what);
}

function sourceSchemas(z: Zod) {
  const text = z.string().min(1);
  const span = spans(z);
  return {
    prometheus: z
      .strictObject({
        url: text.optional().describe("Default: PROMETHEUS_URL."),
        tokenEnv: text.optional().describe("The variable that holds a bearer token."),
        userEnv: text.optional().describe("The variable that holds a user's name."),
        passwordEnv: text.optional().describe("The variable that holds the password."),
        headers: z
          .record(text, z.string())
          .optional()
          .describe("Headers of every request: X-Scope-OrgID, say. ${NAME} is a variable's value."),
        caFile: text.optional().describe("Certificates to trust besides the built-in ones."),
        timeout: span("Time limit of one query. Default: 10s."),
        concurrency: z.int().min(1).max(256).optional().describe("Queries in flight. Default: 16."),
        settle: span("A minute is read when it has been over for so long. Default: 15s."),
      })
      .optional()
      .describe("Prometheus, or what speaks like it: Thanos, Mimir, VictoriaMetrics."),
    prober: z
      .strictObject({
        url: text.optional().describe("Default: SERVICE_URL."),
        rate: z.number().positive().max(1000).optional().describe("Requests a second. Default: 5."),
        concurrency: z.int().min(1).max(256).optional().describe("Requests in flight. Default: 10."),
        timeout: span("Time limit of one request. Default: 10s."),
      })
      .optional()
      .describe("Asks the service itself, where there is no Prometheus."),
    k6: z
      .strictObject({ summary: text.describe("The JSON file that k6 wrote.") })
      .optional()
      .describe("The summary of a load test."),
    exec: z
      .strictObject({
        run: z.array(z.string()).min(1).describe("Program and arguments; no shell."),
        timeout: span("Time limit of one run. Default: 30s."),
        env: z
          .array(text)
          .optional()
          .describe("Variables that the program gets besides the few that every one gets."),
      })
      .optional()
      .describe("A program of your own that answers with counts."),
  };
}

/** Where `false` stands instead of options, it is not watched; `true` keeps the options that are there. */
function signalSchema(z: Zod) {
  const signal = (own: Readonly<Record<string, ZodType>>, what: string) =>
    z
      .union([z.boolean(), z.strictObject(own)])
      .optional()
      .describe(what);
  return z.strictObject({
    latency: signal(latencyKeys(z), "p95 above 1.5 s for 5 minutes on end. false: not watched."),
    errors: signal(errorKeys(z), "More than 2 % errors over 5 minutes. false: not watched."),
    burn: signal(
      burnKeys(z),
      "The error budget burns more than twice as fast as it may. false: not watched.",
    ),
    saturation: signal(
      saturationKeys(z),
      "Above 80 % for 10 minutes on end; watched where there is a query for it.",
    ),
  });
}

function shares(z: Zod) {
  return (what: string) =>
    z
      .union([z.string(), z.number()])
      .refine((value) => share(value) !== undefined, "is not a share (2%, or 0.02)")
      .optional()
      .describe(what);
}

function latencyKeys(z: Zod) {
  const text = z.string().min(1).optional();
  return {
    above: spans(z)("Slower than this is bad. Default: 1.5s."),
    percentile: z.number().gt(0).lt(100).optional().describe("So many percent must not be bad. Default: 95."),
    for: windows(z)("In so many minutes on end. Default: 5min."),
    histogram: text.describe("The histogram's name. Default: http_request_duration_seconds."),
    total: text.describe("A query of your own: requests a minute."),
    bad: text.describe("A query of your own: of these, the slow ones."),
    metric: text.describe("Of k6: the trend. Default: http_req_duration."),
  };
}

function errorKeys(z: Zod) {
  const text = z.string().min(1).optional();
  return {
    above: shares(z)("Default: 2%."),
    over: windows(z)("Pooled over this time. Default: 5min."),
    total: text.describe("A query of your own: requests a minute."),
    bad: text.describe("A query of your own: of these, the failed ones."),
    metric: text.describe("Of k6: the rate. Default: http_req_failed."),
    thresholds: text.describe("Of k6: the metric whose thresholds are read instead; * for all."),
  };
}

function burnKeys(z: Zod) {
  return {
    slo: z
      .union([z.string(), z.number()])
      .refine((value) => objective(value) !== undefined, "is not an objective (99.9%)")
      .optional()
      .describe("The objective. Default: 99.9%."),
    above: z.number().positive().optional().describe("The burn rate. Default: 2."),
    over: z
      .array(windows(z)("A window.").unwrap())
      .length(2)
      .optional()
      .describe("In both windows, the shorter one first. Default: [10min, 1h]."),
    preset: z.enum(presetNames).optional().describe("Pairs of windows by name, instead of above and over."),
  };
}

function saturationKeys(z: Zod) {
  return {
    above: shares(z)("Default: 80%."),
    for: windows(z)("In so many minutes on end. Default: 10min."),
    query: z.string().min(1).optional().describe("A query of your own: 0 to 1."),
    percent: z.boolean().optional().describe("That query gives 0 to 100."),
  };
}

function canarySchema(z: Zod) {
  const span = spans(z);
  const text = z.string().min(1);
  const arm = z
    .strictObject({
      url: text.optional().describe("What the prober asks."),
      labels: z.record(text, z.string()).optional().describe("Labels of its queries, besides those of all."),
    })
    .optional();
  return z
    .strictObject({
      alpha: z
        .number()
        .gt(0)
        .lt(0.5)
        .optional()
        .describe("How often a canary that is well may be called bad. Default: 0.05."),
      rho: z
        .number()
        .min(1)
        .max(100)
        .optional()
        .describe("Abort on evidence that it is worse than so many times the baseline. Default: 1."),
      noWorse: z
        .number()
        .gt(1)
        .max(100)
        .optional()
        .describe("Promote on evidence that it is better than so many times the baseline. Default: 2."),
      min: span("No promotion before this. Default: 5min."),
      max: span("An end after this, whatever is known. Default: 1h."),
      baseline: arm.describe("What it is compared with."),
      canary: arm.describe("What was deployed."),
    })
    .optional()
    .describe("Compare what was deployed with what it is to replace.");
}
