import { resolve } from "node:path";
import type { Readers } from "../clients/readers.ts";
import { SentinelError } from "../core/errors.ts";
import type { SourceName, Span, WatchSettings } from "../watch/settings.ts";
import type { Filled } from "../watch/settings-policy.ts";
import type { SourceChoice } from "../watch/sources/index.ts";
import { spanMs } from "../watch/span.ts";

/**
 * Where numbers come from: what is asked for, else Prometheus where there is one, else the service itself.
 * @throws SentinelError `flag-invalid`, `config-invalid` where there is nothing to ask
 */
export function sourceFrom(
  settings: WatchSettings,
  { env }: Pick<Readers, "env">,
  filled: Filled,
  cwd: string,
): SourceChoice {
  const prometheusUrl = settings.prometheus?.url ?? env.get("PROMETHEUS_URL");
  const serviceUrl = settings.prober?.url ?? env.get("SERVICE_URL");
  const kind = settings.source ?? likely(settings, prometheusUrl, serviceUrl);
  switch (kind) {
    case "prometheus": {
      if (prometheusUrl === undefined) throw nothingToAsk(kind, "PROMETHEUS_URL");
      const { timeout, settle, caFile, ...rest } = settings.prometheus ?? {};
      const values = {
        environment: filled.environment,
        ...(filled.version === null ? {} : { version: filled.version }),
      };
      const prometheus = {
        ...rest,
        ...optional("caFile", caFile === undefined ? undefined : resolve(cwd, caFile)),
        ...optional("timeoutMs", ms(timeout)),
        ...optional("settleMs", ms(settle)),
        url: prometheusUrl,
        values,
      };
      return { kind, prometheus };
    }
    case "prober": {
      const url = serviceUrl ?? urlOfAService(settings);
      if (url === undefined) throw nothingToAsk(kind, "SERVICE_URL");
      const { timeout, ...rest } = settings.prober ?? {};
      return { kind, prober: { ...rest, ...optional("timeoutMs", ms(timeout)), url } };
    }
    case "k6": {
      if (settings.k6 === undefined) throw unsaid("k6", "k6: { summary: summary.json }");
      return { kind, k6: { summary: resolve(cwd, settings.k6.summary) } };
    }
    case "exec": {
      if (settings.exec === undefined) throw unsaid("exec", "exec: { run: [./numbers.sh] }");
      const { timeout, ...rest } = settings.exec;
      return { kind, exec: { ...rest, cwd, ...optional("timeoutMs", ms(timeout)) } };
    }
  }
}

function likely(
  settings: WatchSettings,
  prometheusUrl: string | undefined,
  serviceUrl: string | undefined,
): SourceName {
  if (prometheusUrl !== undefined) return "prometheus";
  if (settings.exec) return "exec";
  if (settings.k6) return "k6";
  if (serviceUrl !== undefined || urlOfAService(settings) !== undefined) return "prober";
  throw new SentinelError(
    "flag-invalid",
    "there is nothing to watch with: neither PROMETHEUS_URL nor SERVICE_URL is set",
    "set one of them, or say watch.source in the configuration",
  );
}

/** Where each service has a URL of its own, there need be none for all. */
function urlOfAService({ services = {}, canary }: WatchSettings): string | undefined {
  return Object.values(services).find((service) => service?.url !== undefined)?.url ?? canary?.canary?.url;
}

function nothingToAsk(kind: string, variable: string): SentinelError {
  return new SentinelError(
    "flag-invalid",
    `watch.source is ${kind}, and there is no URL for it`,
    `set ${variable}, or watch.${kind}.url in the configuration`,
  );
}

function unsaid(kind: string, example: string): SentinelError {
  return new SentinelError(
    "config-invalid",
    `watch.source is ${kind}, and watch.${kind} says nothing`,
    `for example: watch: { source: ${kind}, ${example} }`,
  );
}

function ms(span: Span | undefined): number | undefined {
  return span === undefined ? undefined : spanMs(span);
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
}
