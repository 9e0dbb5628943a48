import { onTestFinished } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { createNet } from "../../../../src/clients/net.ts";
import type { Readers } from "../../../../src/clients/readers.ts";
import { type Check, TryAgain } from "../../../../src/core/check.ts";
import type { Judgement } from "../../../../src/core/finding.ts";
import type { Json } from "../../../../src/core/json.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import type { Target } from "../../../../src/core/target.ts";

export const target: Target = {
  environment: "prod",
  version: "v1.4.2",
  purpose: "release",
  at: "2026-11-21T10:00:00Z",
};

export interface Asked<Seen> {
  readonly judged: Judgement;
  readonly seen: Seen;
  /** Set when the check would rather be asked again. */
  readonly again: TryAgain | undefined;
}

/** One attempt of a check, with real connections, and its judgement. */
export async function ask<Options extends object, Seen extends Json>(
  check: Check<Options, Seen, Readers>,
  options: Partial<Options>,
  given: { signal?: AbortSignal; target?: Partial<Target> } = {},
): Promise<Asked<Seen>> {
  const secrets = new Secrets();
  const http = createHttp({ env: createEnv({}, secrets), secrets });
  onTestFinished(() => http.close());
  const readers = { http, net: createNet() } as Partial<Readers> as Readers;
  const context = { options: { ...check.defaults, ...options }, target: { ...target, ...given.target } };
  const signal = given.signal ?? new AbortController().signal;
  let again: TryAgain | undefined;
  const seen = await check.observe({ ...context, readers, needs: {}, signal }).catch((error: unknown) => {
    if (!(error instanceof TryAgain)) throw error;
    again = error;
    return error.observation as Seen;
  });
  return { judged: judge(check, seen, context.options, context.target), seen, again };
}

/** Judges data, through JSON, as a replay would have it. */
export function judge<Options extends object, Seen extends Json>(
  check: Check<Options, Seen, Readers>,
  seen: Seen,
  options: Options,
  at: Target = target,
): Judgement {
  return check.judge(JSON.parse(JSON.stringify(seen)) as Seen, { options, target: at }) as Judgement;
}
