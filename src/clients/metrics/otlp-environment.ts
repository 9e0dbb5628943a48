import { percentDecoded } from "../../core/text.ts";
import type { EnvReader } from "../readers.ts";

/** OpenTelemetry's own variables, as far as they are about where metrics go by OTLP. */
export interface OtlpEnvironment {
  /** The whole URL, and the variable that it comes from; null where none is set, or metrics are not wanted. */
  readonly endpoint: { readonly url: string; readonly variable: string } | null;
  /** The variable that headers come from; null where none is set. */
  readonly headersFrom: string | null;
  /** `grpc`, and the variable that says so; null where it is a protocol over HTTP, or nothing is said. */
  readonly grpc: string | null;
  readonly timeoutMs: number | undefined;
  readonly resource: Readonly<Record<string, string>>;
}

const prefix = "OTEL_EXPORTER_OTLP_";

/** What is said of metrics alone wins over what is said of all signals. */
export function otlpEnvironment(env: EnvReader): OtlpEnvironment {
  const found = (rest: string) =>
    [`${prefix}METRICS_${rest}`, `${prefix}${rest}`].find((name) => env.get(name) !== undefined);
  const said = (name: string | undefined) => (name === undefined ? undefined : env.get(name)?.trim());
  const protocol = found("PROTOCOL");
  const timeout = Number(said(found("TIMEOUT")));
  const name = env.get("OTEL_SERVICE_NAME");
  return {
    endpoint: isWanted(env) ? endpoint(env) : null,
    // A file's content may stand for a variable's.
    headersFrom:
      [`${prefix}METRICS_HEADERS`, `${prefix}HEADERS`].find((key) => env.secret(key) !== undefined) ?? null,
    grpc: said(protocol) === "grpc" ? (protocol ?? null) : null,
    timeoutMs: Number.isFinite(timeout) && timeout > 0 ? Math.min(timeout, 120_000) : undefined,
    resource: {
      ...(pairs(env.get("OTEL_RESOURCE_ATTRIBUTES") ?? "") ?? {}),
      ...(name === undefined ? {} : { "service.name": name }),
    },
  };
}

function isWanted(env: EnvReader): boolean {
  return (
    env.get("OTEL_SDK_DISABLED")?.toLowerCase() !== "true" && env.get("OTEL_METRICS_EXPORTER") !== "none"
  );
}

/** The endpoint of metrics is taken as it is; that of all signals gets `v1/metrics` at its end. */
function endpoint(env: EnvReader): OtlpEnvironment["endpoint"] {
  const own = env.get(`${prefix}METRICS_ENDPOINT`)?.trim();
  if (own) return { url: own, variable: `${prefix}METRICS_ENDPOINT` };
  const all = env.get(`${prefix}ENDPOINT`)?.trim();
  if (!all) return null;
  const [, address = "", query = ""] = /^([^?#]*)(.*)$/s.exec(all) ?? [];
  return { url: `${address.replace(/\/+$/, "")}/v1/metrics${query}`, variable: `${prefix}ENDPOINT` };
}

/** `name=value,name=value`, values percent-encoded; undefined where it is none of that. */
export function pairs(text: string): Readonly<Record<string, string>> | undefined {
  const found: Record<string, string> = {};
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(0, equals)).trim();
    if (name === "") return undefined;
    found[name] = percentDecoded(part.slice(equals + 1).trim());
  }
  return found;
}
