import { onTestFinished } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { createPrograms } from "../../../../src/clients/program.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { createSource, type SourceChoice } from "../../../../src/watch/sources/index.ts";
import type { SignalQuery, Source } from "../../../../src/watch/types.ts";
import { server, type TestServer } from "../../../support/server.ts";

export const minute = 60_000;
export const never = new AbortController().signal;

export async function open(
  choice: SourceChoice,
  env: Readonly<Record<string, string>> = {},
): Promise<{ source: Source; secrets: Secrets }> {
  const secrets = new Secrets();
  const reader = createEnv(env, secrets);
  const http = createHttp({ env: reader, secrets });
  const programs = createPrograms({ env: { PATH: process.env["PATH"] }, secrets });
  const source = await createSource(choice, { http, env: reader, programs });
  onTestFinished(async () => {
    await source.close();
    http.close();
  });
  return { source, secrets };
}

export function query(given: Partial<SignalQuery> = {}): SignalQuery {
  const { kind = "errors" } = given;
  return {
    id: `shop/${kind}`,
    kind,
    service: "shop",
    arm: "all",
    labels: {},
    query: {},
    ...(kind === "latency" ? { thresholdSeconds: 0.5 } : {}),
    ...given,
  };
}

/** One expression that was asked for, and where it stands in the request. */
export interface AskedFor {
  readonly tag: string;
  readonly expression: string;
}

export interface StandIn extends TestServer {
  /** The range queries, each with the expressions in it. */
  readonly ranges: AskedFor[][];
}

type Values = (asked: AskedFor, at: number) => string | undefined;
export type Reply = { values: Values; more?: object } | { status: number; body: string } | "hang";

/** Speaks as Prometheus does about whatever is asked: `reply` says what the expressions of one request come to. */
export async function standIn(
  reply: (asked: readonly AskedFor[], n: number) => Reply,
  { aheadMs = 0 } = {},
): Promise<StandIn> {
  const ranges: AskedFor[][] = [];
  const found = await server((request, response) => {
    const url = new URL(request.path, "http://x");
    const fields = request.method === "POST" ? new URLSearchParams(request.body) : url.searchParams;
    const say = (data: unknown, more = {}) =>
      response.end(JSON.stringify({ status: "success", data, ...more }));
    if (url.pathname.endsWith("/query")) {
      const seconds = (Date.now() + aheadMs) / 1000;
      return say({ resultType: "scalar", result: [seconds, String(seconds)] });
    }
    if (!url.pathname.endsWith("/query_range")) return say([]);
    const asked = expressionsOf(fields.get("query") ?? "");
    ranges.push(asked);
    const answer = reply(asked, ranges.length);
    if (answer === "hang") return;
    if ("status" in answer) return response.writeHead(answer.status).end(answer.body);
    const result = asked.flatMap((one) => {
      const values: [number, string][] = [];
      for (let at = Number(fields.get("start")); at <= Number(fields.get("end")); at += 60) {
        const value = answer.values(one, at * 1000);
        if (value !== undefined) values.push([at, value]);
      }
      return values.length > 0 ? [{ metric: { release_sentinel: one.tag }, values }] : [];
    });
    say({ resultType: "matrix", result }, answer.more);
  });
  return { ...found, ranges };
}

export const refused = (text: string) => ({
  status: 400,
  body: JSON.stringify({ status: "error", errorType: "bad_data", error: text }),
});

function expressionsOf(text: string): AskedFor[] {
  return text
    .split(/(?:^|[( ])label_replace\(/)
    .slice(1)
    .map((part) => {
      const [, expression = "", tag = ""] =
        /^(.*?), "release_sentinel", "([\d.]+)", "", ""\)/s.exec(part) ?? [];
      return { tag, expression };
    });
}
