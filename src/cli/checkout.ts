import { errorAlert } from "../app/alert.ts";
import { type Checkout, openCheckout } from "../app/checkout.ts";
import { monotonicMs } from "../core/clock.ts";
import { SentinelError } from "../core/errors.ts";
import type { CheckoutOptions } from "./checkout-options.ts";
import type { Context } from "./context.ts";
import { logEvent } from "./logging.ts";
import { isNews } from "./news.ts";
import type { CommonOptions } from "./options.ts";

/** Commands that do something with the repository, unless they only plan it. */
const writing = ["release", "ritual"];
/** Commands whose answer somebody waits for. */
const alerting = ["check", ...writing];

/**
 * Fetches what `--repo` and `--ref` name. Paths in the options stay those of where the caller stands.
 * @throws SentinelError; the signal's reason
 */
export async function checkOut<O extends CommonOptions & CheckoutOptions>(
  context: Context,
  command: string,
  options: O & { readonly repo: string },
): Promise<{ readonly checkout: Checkout; readonly options: O }> {
  const { sentinel, cwd, env, signal } = context;
  const began = monotonicMs();
  const { repo, ref, timeout, config } = options;
  const dryRun = "dryRun" in options && options.dryRun === true;
  const writes = writing.includes(command) && !dryRun;
  const world = { cwd, env, secrets: sentinel.secrets, signal };
  const request = { repo, ref, timeoutMs: timeout, writes, configRef: (options as Named).configRef };
  const checkout = await openCheckout(world, request).catch(async (error: unknown) => {
    if (alerting.includes(command) && !dryRun) await alertOf(context, options as Named, error);
    throw error;
  });
  const left =
    timeout === undefined ? {} : { timeout: Math.max(1, Math.ceil(timeout - (monotonicMs() - began))) };
  const policy = config ? { config: checkout.policyAt(config) } : {};
  return { checkout, options: { ...options, ...left, ...policy } };
}

/** What most of them are asked about. */
interface Named {
  readonly env?: string;
  readonly version?: string;
  readonly configRef?: string;
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
