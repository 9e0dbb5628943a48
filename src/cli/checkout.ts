import { errorAlert } from "../app/alert.ts";
import { type Checkout, openCheckout } from "../app/checkout.ts";
import { monotonicMs } from "../core/clock.ts";
import { SentinelError } from "../core/errors.ts";
import type { CheckoutOptions } from "./checkout-options.ts";
import type { CommandDefinition } from "./command.ts";
import type { Context } from "./context.ts";
import { logEvent } from "./logging.ts";
import { isNews } from "./news.ts";
import type { CommonOptions } from "./options.ts";

/** Commands that do something with the repository, unless they only plan it. */
const writing = ["release", "ritual"];
/** Commands whose answer is recorded, and that somebody waits for. */
const recording = ["check", "watch", ...writing];

/**
 * Fetches what `--repo` and `--ref` name. Paths in the options stay those of where the caller stands.
 * @throws SentinelError; the signal's reason
 */
export async function checkOut<O extends CommonOptions & CheckoutOptions>(
  context: Context,
  { name, options: known }: CommandDefinition,
  options: O & { readonly repo: string },
): Promise<{ readonly checkout: Checkout; readonly options: O }> {
  const { sentinel, cwd, env, signal } = context;
  const began = monotonicMs();
  const { repo, ref, timeout, config } = options;
  const { configRef, policy } = options as Named;
  const dryRun = "dryRun" in options && options.dryRun === true;
  const records = recording.includes(name) && !dryRun;
  const reads = known().some(({ long }) => long === "--ledger");
  const plans = name === "release plan" || (writing.includes(name) && dryRun);
  const does = !records ? "none" : writing.includes(name) ? "kept" : "noted";
  const ledger = reads ? "read" : plans ? "planned" : does;
  const world = { cwd, env, secrets: sentinel.secrets, signal };
  const request = { repo, ref, timeoutMs: timeout, ledger, configRef } as const;
  const checkout = await openCheckout(world, request).catch(async (error: unknown) => {
    if (records) await alertOf(context, options as Named, error);
    throw error;
  });
  const left =
    timeout === undefined ? {} : { timeout: Math.max(1, Math.ceil(timeout - (monotonicMs() - began))) };
  const files = {
    ...(config ? { config: checkout.policyAt(config) } : {}),
    ...(policy ? { policy: checkout.policyAt(policy) } : {}),
  };
  return { checkout, options: { ...options, ...left, ...files } };
}

/** What most of them are asked about. */
interface Named {
  readonly env?: string;
  readonly version?: string;
  readonly configRef?: string;
  /** Another way to name a configuration's file. */
  readonly policy?: string;
}

/** A repository that cannot be had stops a release as surely as a failed check. */
async function alertOf(
  { sentinel, env, toolVersion, listen }: Context,
  options: Named,
  error: unknown,
): Promise<void> {
  if (!(error instanceof SentinelError) || !isNews(error, {})) return;
  const environment = options.env ?? env["ENV"] ?? "";
  const asked = { environment, version: options.version ?? (env["VERSION"] || null) };
  listen(logEvent);
  await sentinel.alert(errorAlert(error, asked, sentinel.clients.readers, toolVersion));
}
