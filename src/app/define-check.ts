import type { ZodType } from "zod";
import type { SentinelCheck } from "../clients/readers.ts";
import type { Zod } from "../core/check.ts";
import type { Json } from "../core/json.ts";

type Definition<Options extends object, Observation extends Json> = Pick<
  SentinelCheck<Options, Observation>,
  "id" | "observe" | "judge"
> &
  Partial<Omit<SentinelCheck<Options, Observation>, "id" | "observe" | "judge" | "schema">> & {
    /** Shape of the options; without it the check takes none. Receives zod, so that a plugin need not install it. */
    schema?: (z: Zod) => ZodType;
  };

/**
 * A check of your own: `observe` looks at the world through Readers, `judge` answers from what was seen and nothing else.
 * Left out, the kind is `policy` (its failure is BLOCKED) and the reach is `network` (it runs after the local policy checks).
 *
 * ```ts
 * export default defineCheck({
 *   id: "acme.queue-empty",
 *   async observe({ readers, signal }) {
 *     const answer = await readers.http.request({ url: "http://queue.internal/depth", maxBodyBytes: 100, signal });
 *     return { depth: Number(answer.body) };
 *   },
 *   judge: ({ depth }) =>
 *     depth === 0
 *       ? { status: "ok", message: "Queue is empty" }
 *       : { status: "fail", message: `${depth} jobs are waiting`, remedy: "wait until the queue is empty" },
 * });
 * ```
 */
export function defineCheck<Options extends object, Observation extends Json>(
  definition: Definition<Options, Observation>,
): SentinelCheck<Options, Observation> {
  return {
    question: `Does ${definition.id} pass?`,
    kind: "policy",
    reach: "network",
    defaults: {} as Options,
    schema: (z) => z.strictObject({}),
    ...definition,
  };
}
