import type { Finding, JudgedStatus } from "../../core/finding.ts";
import { printable } from "../../core/text.ts";
import type { Place } from "./text.ts";

/** A finding about a file, or a place in one. */
export function finding(
  check: string,
  status: JudgedStatus | "waived",
  message: string,
  around: {
    readonly path?: string;
    readonly place?: Place;
    readonly remedy?: string;
    readonly details?: readonly string[];
    readonly durationMs?: number;
  } = {},
): Finding {
  const { path, place, remedy, details, durationMs = 0 } = around;
  const file = path === undefined ? undefined : printable(path, 300);
  return {
    check: `migration.${check}`,
    kind: "policy",
    status,
    message:
      file === undefined ? message : `${file}${place ? `:${place.line}:${place.column}` : ""}: ${message}`,
    ...(remedy === undefined ? {} : { remedy }),
    ...(details === undefined || details.length === 0 ? {} : { details }),
    ...(file === undefined ? {} : { location: { file, ...place } }),
    durationMs: Math.round(durationMs),
    attempts: 1,
    observation: null,
  };
}
