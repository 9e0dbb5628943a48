import type { EnvReader } from "../../../clients/readers.ts";
import type { MetricsSettings } from "../../../ritual/metrics/settings.ts";

/**
 * The environment as a preview needs it: what the configuration asks for and is not set has a placeholder, an address
 * that leads nowhere, so that every payload can be shown without a secret.
 */
export function withPlaceholders(env: EnvReader, settings: MetricsSettings): EnvReader {
  const { otlp, remoteWrite, pushgateway, grafanaLive, annotation } = settings;
  const isGrafana = grafanaLive === true || annotation === true;
  const asked = new Map(
    isGrafana ? ["GRAFANA_URL", "GRAFANA_API_KEY"].map((name) => [name, address(name)]) : [],
  );
  for (const place of [otlp || undefined, remoteWrite, pushgateway]) {
    for (const [key, name] of Object.entries(place ?? {})) {
      if (!key.endsWith("From") || typeof name !== "string") continue;
      asked.set(name, key === "headersFrom" ? "placeholder=not-set.invalid" : address(name));
    }
  }
  return {
    get: (name) => env.get(name) ?? asked.get(name),
    secret: (name) => env.secret(name) ?? asked.get(name),
  };
}

function address(name: string): string {
  return `https://${name.toLowerCase().replaceAll("_", "-")}.not-set.invalid`;
}
