import type { StepDefinition } from "../ritual/own-step.ts";

/**
 * A step of your own in the ritual: `observe` says whether its work is done, `run` does it. It may be called again after
 * a crash, so it looks before it acts.
 *
 * ```ts
 * export default defineStep({
 *   name: "status-page",
 *   title: "Tell the status page",
 *   secrets: () => ["STATUS_TOKEN"],
 *   async observe({ release, readers }, signal) {
 *     const answer = await readers.http.request({ url: `https://status.example/releases/${release.tag}`, signal });
 *     return answer.status === 200
 *       ? { state: "done", message: "the status page has it" }
 *       : { state: "needed", message: "the status page will be told" };
 *   },
 *   async run({ release, readers, http }, signal) {
 *     const headers = { Authorization: `Bearer ${readers.env.secret("STATUS_TOKEN")}` };
 *     await http.send({ url: "https://status.example/releases", method: "POST", headers, body: release.tag, signal });
 *     return { message: `status page told of ${release.tag}` };
 *   },
 * });
 * ```
 */
export function defineStep<Options extends object = Record<string, never>>(
  definition: StepDefinition<Options>,
): StepDefinition<Options> {
  return definition;
}
