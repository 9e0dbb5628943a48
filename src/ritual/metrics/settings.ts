import type { ZodType } from "zod";
import type { Zod } from "../../core/check.ts";
import { parseSpan } from "../../core/days.ts";
import { isPlainUrl } from "../../core/text.ts";

/** The configuration's `ritual.metrics:`, as people write it. Every part may be missing. */
export interface MetricsSettings {
  /** False: not even if OTEL_EXPORTER_OTLP_ENDPOINT is set. */
  readonly otlp?: OtlpSettings | false;
  readonly remoteWrite?: ReceiverSettings;
  readonly pushgateway?: ReceiverSettings & { readonly job?: string };
  /** Default: only where nothing else is pushed to, and GRAFANA_URL and GRAFANA_API_KEY are set. */
  readonly grafanaLive?: boolean;
  /** Default: where GRAFANA_URL and GRAFANA_API_KEY are set. */
  readonly annotation?: boolean;
  /** Put on every point. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What the DORA numbers look back on. Default: 90d. */
  readonly window?: string;
  /** A roll back this soon after a deploy says that it had failed. Default: 1d. */
  readonly failureWithin?: string;
  /** Whose deploys count. Default: the ritual's environment, else the only one in the ledger. */
  readonly environment?: string;
}

export interface OtlpSettings {
  /** The whole URL, with `/v1/metrics`. Default: OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, else _ENDPOINT and `/v1/metrics`. */
  readonly url?: string;
  /** Variable that holds `name=value,name=value`. Default: OTEL_EXPORTER_OTLP_METRICS_HEADERS, else _HEADERS. */
  readonly headersFrom?: string;
}

export interface ReceiverSettings {
  readonly url?: string;
  /** Variable that holds the URL. */
  readonly urlFrom?: string;
  /** Variable that holds a bearer token. */
  readonly tokenFrom?: string;
  /** Variable that holds `user:password`. */
  readonly basicFrom?: string;
  /** Variable that holds `name=value,name=value`. */
  readonly headersFrom?: string;
}

export const defaultWindow = "90d";
export const defaultFailureWithin = "1d";

/** The shape of `ritual.metrics:`. */
export function metricsSchema(z: Zod): ZodType {
  const variable = z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a variable's name (what it holds is a secret)");
  const url = z
    .string()
    .refine(isPlainUrl, "is no http(s) URL without user information")
    .describe("Where it is.");
  const span = (least: number, example: string) =>
    z.string().refine((text) => (parseSpan(text) ?? 0) >= least, `is not a span of time (${example})`);
  const headersFrom = variable.optional().describe("Variable that holds headers: name=value,name=value.");
  const receiver = {
    url: url.optional(),
    urlFrom: variable.optional().describe("Variable that holds the URL."),
    tokenFrom: variable.optional().describe("Variable that holds a bearer token."),
    basicFrom: variable.optional().describe("Variable that holds user:password."),
    headersFrom,
  };
  const named = "names neither url nor urlFrom, or both";
  const isNamed = (place: { url?: string | undefined; urlFrom?: string | undefined }) =>
    (place.url === undefined) !== (place.urlFrom === undefined);
  const otlp = z.strictObject({
    url: url
      .optional()
      .describe("The whole URL: https://host:4318/v1/metrics. Default: OTEL_EXPORTER_OTLP_ENDPOINT."),
    headersFrom: headersFrom.describe(
      "Variable that holds headers: name=value,name=value. Default: OTEL_EXPORTER_OTLP_HEADERS.",
    ),
  });
  const job = z.string().min(1).optional().describe("The group's job. Default: release-sentinel.");
  return z.strictObject({
    otlp: z
      .union([z.literal(false), otlp])
      .optional()
      .describe("Push by OTLP/HTTP. Default: where OTEL_EXPORTER_OTLP_ENDPOINT is set; false: never."),
    remoteWrite: z
      .strictObject(receiver)
      .refine(isNamed, named)
      .optional()
      .describe("Push by Prometheus remote write: https://host:9090/api/v1/write."),
    pushgateway: z
      .strictObject({ ...receiver, job })
      .refine(isNamed, named)
      .optional()
      .describe("Push to a Prometheus Pushgateway: http://host:9091."),
    grafanaLive: z
      .boolean()
      .optional()
      .describe("Push to Grafana Live. Default: where nothing else is pushed to and Grafana is known."),
    annotation: z
      .boolean()
      .optional()
      .describe("Mark the deploy in Grafana. Default: where GRAFANA_URL and GRAFANA_API_KEY are set."),
    labels: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a label's name"), z.string().min(1))
      .optional()
      .describe("Put on every point."),
    window: span(7 * 86_400_000, "30d, 12w; a week at least")
      .optional()
      .describe("What the DORA numbers look back on. Default: 90d."),
    failureWithin: span(1, "6h, 1d")
      .optional()
      .describe("A roll back this soon after a deploy says that the deploy had failed. Default: 1d."),
    environment: z
      .string()
      .min(1)
      .optional()
      .describe("Whose deploys count for the DORA numbers. Default: the ritual's environment."),
  });
}
