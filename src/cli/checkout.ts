import { resolve } from "node:path";
import { type Checkout, openCheckout } from "../app/checkout.ts";
import { monotonicMs } from "../core/clock.ts";
import type { CheckoutOptions } from "./checkout-options.ts";
import type { Context } from "./context.ts";
import type { CommonOptions } from "./options.ts";

/** Commands that do something with the repository, unless they only plan it. */
const writing = ["release", "ritual"];

/**
 * Fetches what `--repo` and `--ref` name. Paths in the options stay those of where the caller stands.
 * @throws SentinelError; the signal's reason
 */
export async function checkOut<O extends CommonOptions & CheckoutOptions>(
  { sentinel, cwd, env, signal }: Context,
  command: string,
  options: O & { readonly repo: string },
): Promise<{ readonly checkout: Checkout; readonly options: O }> {
  const began = monotonicMs();
  const { repo, ref, timeout, config } = options;
  const dryRun = "dryRun" in options && options.dryRun === true;
  const writes = writing.includes(command) && !dryRun;
  const world = { cwd, env, secrets: sentinel.secrets, signal };
  const checkout = await openCheckout(world, { repo, ref, timeoutMs: timeout, writes });
  const left = timeout === undefined ? {} : { timeout: Math.max(1, Math.ceil(timeout - (monotonicMs() - began))) };
  return { checkout, options: { ...options, ...left, ...(config ? { config: resolve(cwd, config) } : {}) } };
}
