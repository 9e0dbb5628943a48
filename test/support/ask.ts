import { readCi } from "../../src/clients/ci.ts";
import { createEnv } from "../../src/clients/env.ts";
import { createGit } from "../../src/clients/git/git.ts";
import type { Readers } from "../../src/clients/readers.ts";
import type { Check } from "../../src/core/check.ts";
import type { Judgement } from "../../src/core/finding.ts";
import type { Json } from "../../src/core/json.ts";
import { Secrets } from "../../src/core/mask.ts";
import type { Target } from "../../src/core/target.ts";
import { gitEnv } from "./repository.ts";

export interface Asked {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly target?: Partial<Target>;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Asks one check for real: observes with real git and a given environment, then judges what was seen. */
export async function ask<O extends object, S extends Json>(
  check: Check<O, S, Readers>,
  asked: Asked,
): Promise<Judgement & { seen: S }> {
  const env = { ...gitEnv, ...asked.env };
  const readers = {
    env: createEnv(env, new Secrets()),
    ci: readCi(env),
    git: createGit(asked.cwd, env),
  } as Partial<Readers> as Readers;
  const target: Target = {
    environment: "prod",
    version: "v1.0.0",
    purpose: "release",
    at: "2026-11-21T10:00:00Z",
    ...asked.target,
  };
  const options = { ...check.defaults, ...asked.options };
  const seen = await check.observe({
    readers,
    options,
    target,
    needs: {},
    signal: new AbortController().signal,
  });
  // Through JSON, as a replay would have it.
  const judged = check.judge(JSON.parse(JSON.stringify(seen)) as S, { options, target });
  const first = Array.isArray(judged) ? judged[0] : judged;
  return { ...(first as Judgement), seen };
}
