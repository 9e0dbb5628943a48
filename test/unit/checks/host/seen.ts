import type { HostReader, ProgramReader, Readers } from "../../../../src/clients/readers.ts";
import type { Check } from "../../../../src/core/check.ts";
import type { Judgement } from "../../../../src/core/finding.ts";
import type { Json } from "../../../../src/core/json.ts";
import type { Target } from "../../../../src/core/target.ts";

const target: Target = {
  environment: "prod",
  version: "v1.0.0",
  purpose: "release",
  at: "2026-11-21T00:00:00Z",
};

/** What a check sees with these readers and options. */
export function observe<O extends object, S extends Json>(
  check: Check<O, S, Readers>,
  readers: { host?: Partial<HostReader>; programs?: ProgramReader; env?: Readers["env"] },
  options: Partial<O> = {},
  signal: AbortSignal = AbortSignal.timeout(30_000),
): Promise<S> {
  return check.observe({
    readers: readers as unknown as Readers,
    options: { ...check.defaults, ...options },
    target,
    signal,
    needs: {},
  });
}

/** What a check says about what was seen, always as a list. */
export function judge<O extends object, S extends Json>(
  check: Check<O, S, Readers>,
  seen: S,
  options: Partial<O> = {},
): readonly Judgement[] {
  return [check.judge(seen, { options: { ...check.defaults, ...options }, target })].flat();
}
