import type { ZodType } from "zod";
import type { Zod } from "../../core/check.ts";
import { parseSpan } from "../../core/days.ts";
import { parseMoment } from "../window.ts";

/** The configuration's `ritual.dashboard:`, as people write it. Every part may be missing; flags win over it. */
export interface DashboardSettings {
  /** Default: GRAFANA_URL. */
  readonly url?: string;
  /** Default: DASHBOARD_UID. */
  readonly uid?: string;
  /** The window: `now-1h`, RFC 3339, or milliseconds since 1970. Default: around the deploy. */
  readonly from?: string;
  readonly to?: string;
  /** Values of the dashboard's variables, where they are not to be those that it was saved with. */
  readonly variables?: Readonly<Record<string, string | readonly string[]>>;
  /** What a panel without data means. Default: warn. */
  readonly empty?: "fail" | "warn";
  /** What a panel whose queries fail means. Default: fail. */
  readonly broken?: "fail" | "warn";
  /** When the snapshot in Grafana expires. Default: 30d. */
  readonly expires?: string;
  /** False: no snapshot is put into Grafana, only the page and the data are kept. */
  readonly snapshot?: boolean;
  /** Panels that are asked at a time. Default: 6. */
  readonly concurrency?: number;
  /** For all panels together. Default: 2min. */
  readonly timeout?: string | number;
}

export const defaultExpiry = "30d";
export const defaultConcurrency = 6;
export const defaultTimeout = "2min";

/** The shape of `ritual.dashboard:`. */
export function dashboardSchema(z: Zod, isDuration: (value: string | number) => boolean): ZodType {
  const text = z.string().min(1);
  const verdict = z.enum(["fail", "warn"]);
  const moment = text.refine(
    (value) => parseMoment(value, Date.now()) !== undefined,
    "is no moment (now-1h, 2026-11-21T10:00:00Z, milliseconds since 1970)",
  );
  return z.strictObject({
    url: text.optional().describe("Where Grafana is, with its path. Default: GRAFANA_URL."),
    uid: text.optional().describe("The dashboard: UID in its address /d/UID/name. Default: DASHBOARD_UID."),
    from: moment.optional().describe("Start of the window: now-1h, RFC 3339, or milliseconds since 1970."),
    to: moment.optional().describe("End of the window."),
    variables: z
      .record(text, z.union([z.string(), z.array(z.string()).min(1)]))
      .optional()
      .describe("Values of the dashboard's variables. Default: those that it was saved with."),
    empty: verdict.optional().describe("What a panel without data in the window means. Default: warn."),
    broken: verdict.optional().describe("What a panel whose queries fail means. Default: fail."),
    expires: text
      .refine(
        (value) => (parseSpan(value) ?? 0) >= 60_000,
        "is not a span of a minute or more (12h, 30d, 8w)",
      )
      .optional()
      .describe("When the snapshot in Grafana expires. Default: 30d."),
    snapshot: z
      .boolean()
      .optional()
      .describe("false: nothing is put into Grafana; the page and the data are kept all the same."),
    concurrency: z.int().min(1).max(50).optional().describe("Panels that are asked at a time. Default: 6."),
    timeout: z
      .union([z.string(), z.number()])
      .refine(isDuration, "is not a duration (90s, 2min)")
      .optional()
      .describe("How long all panels together may take. Default: 2min."),
  });
}
