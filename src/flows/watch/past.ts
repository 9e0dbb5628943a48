import type { Recorded } from "../../ledger/entry.ts";
import type { Stretch } from "../../watch/backtest/stretch.ts";
import { asReceipt, type Receipt } from "../../watch/receipt.ts";

/** A deploy that the ledger knows of. */
export interface PastDeploy {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly version: string | null;
  /** The final decision of its watch, if there was one. */
  readonly receipt: Receipt | null;
  /** By what became of it: rolled back within a day, or not. */
  readonly truth: Stretch["truth"];
}

/** What was deployed and what was taken back, oldest first. */
interface Happened {
  readonly at: number;
  readonly version: string | null;
  readonly what: "deployed" | "taken-back";
  readonly receipt: Receipt | null;
}

const dayMs = 24 * 3_600_000;
/** Entries about one deploy are no further apart than this. */
const togetherMs = 2 * 3_600_000;

/**
 * The deploys to one environment by the ledger's entries, and what became of each: bad if it was rolled back, good if it
 * stayed for a day, or until the next one.
 * @param since milliseconds since 1970
 */
export async function deploysOf(
  entries: AsyncIterable<{ readonly recorded: Recorded }>,
  environment: string,
  since: number,
  now: number = Date.now(),
): Promise<readonly PastDeploy[]> {
  const happened: Happened[] = [];
  for await (const { recorded } of entries) {
    const one = recorded.entry.environment === environment ? whatHappened(recorded) : undefined;
    if (one) happened.push(one);
  }
  const deploys: Happened[] = [];
  for (const one of happened.filter(({ what }) => what === "deployed")) {
    const same = deploys.findLastIndex(
      ({ at, version }) => version === one.version && one.at - at < togetherMs,
    );
    const known = deploys[same];
    // A watch of its own, and the deploy that it was about.
    if (known) deploys[same] = { ...known, receipt: one.receipt ?? known.receipt };
    else deploys.push(one);
  }
  return deploys
    .map((deploy, i) => ({ ...deploy, truth: truthOf(deploy, deploys[i + 1], happened, now) }))
    .filter(({ at }) => at >= since)
    .map(({ at, version, receipt, truth }) => ({ at, version, receipt, truth }));
}

function whatHappened({ time, entry }: Recorded): Happened | undefined {
  const { kind, version, data } = entry;
  const at = Date.parse(time);
  if (kind === "rollback") return { at, version, what: "taken-back", receipt: null };
  if (kind === "apply") {
    const word = data["outcome"];
    if (word === "rolled-back" || word === "roll-back-failed")
      return { at, version, what: "taken-back", receipt: null };
    return word === "deployed" ? { at, version, what: "deployed", receipt: null } : undefined;
  }
  const receipt = kind === "watch" ? asReceipt(data["receipt"]) : undefined;
  return receipt?.final
    ? { at: Date.parse(receipt.deployedAt), version, what: "deployed", receipt }
    : undefined;
}

function truthOf(
  { at, version }: Happened,
  next: Happened | undefined,
  happened: readonly Happened[],
  now: number,
): Stretch["truth"] {
  const end = Math.min(at + dayMs, next?.at ?? Number.POSITIVE_INFINITY);
  const isBack = happened.some(
    (one) =>
      one.what === "taken-back" &&
      one.at >= at &&
      one.at <= at + dayMs &&
      (one.at <= end || one.version === version),
  );
  if (isBack) return "bad";
  return end <= now ? "good" : "unknown";
}
