import { interpolate } from "../../core/interpolate.ts";
import type { EnvReader } from "../readers.ts";
import { PrometheusFailure } from "./failure.ts";
import type { PrometheusPlace } from "./types.ts";

/**
 * The headers that let us in. Made anew for every request: mounted tokens are renewed while a watch lasts.
 * @throws PrometheusFailure `access` when a variable that is named holds nothing
 */
export function accessHeaders(place: PrometheusPlace, env: EnvReader): Record<string, string> {
  const { value: headers, missing } = interpolate({ ...place.headers }, (name) => env.secret(name));
  if (missing[0] !== undefined) throw unset(missing[0]);
  const need = (name: string) => {
    const value = env.secret(name);
    if (value === undefined) throw unset(name);
    return value;
  };
  if (place.tokenEnv !== undefined) return { ...headers, Authorization: `Bearer ${need(place.tokenEnv)}` };
  if (place.userEnv !== undefined || place.passwordEnv !== undefined) {
    const user = place.userEnv === undefined ? "" : need(place.userEnv);
    const password = place.passwordEnv === undefined ? "" : need(place.passwordEnv);
    return {
      ...headers,
      Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
    };
  }
  return headers;
}

function unset(name: string): PrometheusFailure {
  return new PrometheusFailure(
    "access",
    `${name}, by which Prometheus is to let us in, is not set`,
    `set ${name}, or ${name}_FILE to the path of a file that holds it`,
    false,
    name,
  );
}
