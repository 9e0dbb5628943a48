import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { createPrometheus } from "../../../../src/clients/prometheus/client.ts";
import { PrometheusFailure } from "../../../../src/clients/prometheus/failure.ts";
import type { PrometheusPlace } from "../../../../src/clients/prometheus/types.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { tempFolder } from "../../../support/temp.ts";

/** A client with real connections. */
export function clientOf(place: PrometheusPlace, env: Readonly<Record<string, string>> = {}) {
  const secrets = new Secrets();
  const reader = createEnv(env, secrets);
  const http = createHttp({ env: reader, secrets });
  onTestFinished(() => http.close());
  return { prometheus: createPrometheus(place, { http, env: reader }), secrets };
}

export async function failureOf(work: Promise<unknown>): Promise<PrometheusFailure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PrometheusFailure)) throw new Error("was to fail", { cause: error });
  return error;
}

/** A file that holds a secret. */
export function mounted(value: string): string {
  const file = join(tempFolder(), "secret");
  writeFileSync(file, `${value}\n`);
  return file;
}

export const matrix = (result: unknown, more: object = {}) =>
  JSON.stringify({ status: "success", data: { resultType: "matrix", result }, ...more });
export const vector = (result: unknown, more: object = {}) =>
  JSON.stringify({ status: "success", data: { resultType: "vector", result }, ...more });
