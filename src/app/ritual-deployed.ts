import { printable } from "../core/text.ts";
import { deployRecords } from "../flows/ritual/steps/metrics-ledger.ts";
import { deploysOf } from "../ritual/metrics/deploys.ts";
import type { Job } from "./job.ts";
import { openStore } from "./ledger.ts";

const lookBackMs = 90 * 86_400_000;

/** When a release was deployed, as the ledger has it, in milliseconds since 1970; null where it knows of no deploy. */
export async function deployedAt(
  job: Job,
  { tag, environment }: { readonly tag: string; readonly environment: string | null },
): Promise<{ readonly from: number; readonly to: number } | null> {
  const { emit, signal, clients } = job;
  const store = openStore({ ...job, readers: clients.readers });
  if (store === null) return null;
  try {
    const deploys = deploysOf(await deployRecords(store, Date.now() - lookBackMs, signal));
    // Where none is named it is the only one that there is, or none.
    const [only, another] = new Set(deploys.map((deploy) => deploy.environment));
    const where = environment ?? (another === undefined ? only : undefined);
    const here = deploys.findLast(
      (deploy) => deploy.version === tag && deploy.outcome === "good" && deploy.environment === where,
    );
    return here ? { from: here.began ?? here.ended, to: here.ended } : null;
  } catch (error) {
    signal.throwIfAborted();
    const why = printable(error instanceof Error ? error.message : String(error), 300);
    const message = `when ${printable(tag, 100)} was deployed is not known, its tag's time is taken: ${why}`;
    emit({ type: "notice", level: "warning", from: "release-sentinel.ritual", message });
    return null;
  } finally {
    store.close();
  }
}
