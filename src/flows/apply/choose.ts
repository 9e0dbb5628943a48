import type { Reason } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { GoodRelease, RestorePoint, TargetRecord } from "../../deploy/driver.ts";
import { imageKey, releaseKey } from "./images.ts";

/** Where `rollback` goes. */
export interface Aim {
  readonly to: RestorePoint;
  /** For people: a version, a revision; null for what was there before a run that has not ended, where nobody knows its name. */
  readonly version: string | null;
  /** Id of the good release that runs again; null where it is none. */
  readonly current: string | null;
  /** Of it. */
  readonly digests: readonly string[];
}

export type Choice =
  | { readonly aim: Aim }
  /** It is what runs. */
  | { readonly already: GoodRelease }
  | { readonly reasons: readonly Reason[] };

/**
 * The last known good: what an unfinished run has kept, else the newest good release before the one that runs. Never
 * forward again to what was left behind or rejected, unless it is named.
 * @param wanted version, revision or digest
 * @param allowed whether a reason was given for what has been rejected
 * @param before the version that ran before an unfinished run, if that is known: what runs in the middle of it is neither
 */
export function choose(
  record: TargetRecord,
  wanted: string | undefined,
  { allowed, before }: { readonly allowed: boolean; readonly before: string | null },
): Choice {
  if (wanted === undefined) return lastGood(record, before);
  const found = meant(record.good, wanted);
  if (!found) {
    if (isRevision(wanted))
      return {
        aim: {
          to: { kind: "revision", revision: wanted },
          version: `revision ${wanted}`,
          current: null,
          digests: [],
        },
      };
    return {
      reasons: [
        {
          message: `${printable(wanted, 200)} is not among the releases that were good here`,
          remedy: options(record),
        },
      ],
    };
  }
  const rejected = rejectionOf(found, record);
  if (rejected && !allowed)
    return {
      reasons: [
        {
          message: `${printable(found.version, 100)} was rejected here at ${rejected.at} (${printable(rejected.reason, 300)})`,
          remedy: "say why it is good now: --reason '…'",
        },
      ],
    };
  if (found.id === record.current && record.unfinished === null) return { already: found };
  return { aim: aimAt(found) };
}

/** `12`, or one for each of several workloads: `web=12,worker=9`. */
function isRevision(wanted: string): boolean {
  return wanted.split(",").every((part) => /^\s*([\w./-]+=)?\d+\s*$/.test(part));
}

function lastGood(record: TargetRecord, version: string | null): Choice {
  const { good, current, unfinished } = record;
  if (unfinished?.returning) {
    // Somebody was on the way there already.
    const { to, version: there, current: again } = unfinished.returning;
    const digests = good.find(({ id }) => id === again)?.digests ?? [];
    return { aim: { to, version: there, current: again, digests } };
  }
  if (unfinished) {
    const before = good.find(({ id }) => id === current) ?? good.find((one) => one.version === version);
    return {
      aim: {
        to: { kind: "captured" },
        version: before?.version ?? version,
        current: before?.id ?? current,
        digests: before?.digests ?? [],
      },
    };
  }
  // Newest first: what comes after the one that runs is older.
  const at = good.findIndex(({ id }) => id === current);
  const found = good.slice(at + 1).find((one) => !rejectionOf(one, record) && !isAgain(one, good[at]));
  if (found) return { aim: aimAt(found) };
  return {
    reasons: [{ message: "there is no earlier release that was good here", remedy: options(record) }],
  };
}

function aimAt(good: GoodRelease): Aim {
  return { to: { kind: "good", good }, version: good.version, current: good.id, digests: good.digests };
}

/** Whether one release is the other, put there twice. */
function isAgain(one: GoodRelease, other: GoodRelease | undefined): boolean {
  const keys = ({ digests }: GoodRelease) => digests.map(imageKey).sort().join();
  return other !== undefined && one.version === other.version && keys(one) === keys(other);
}

function rejectionOf({ id, digests }: GoodRelease, { rejected }: TargetRecord) {
  const keys = [releaseKey(id), ...digests.map(imageKey)];
  return rejected.find(({ digest }) => keys.includes(imageKey(digest)));
}

/** A name as it is written, before what it may be short for. */
function meant(good: readonly GoodRelease[], wanted: string): GoodRelease | undefined {
  const isDigest = wanted.includes("sha256:");
  return (
    good.find(({ version }) => version === wanted) ??
    good.find(({ revision }) => revision === wanted) ??
    good.find(({ version }) => wanted.includes(".") && version === `v${wanted}`) ??
    good.find(({ digests }) => isDigest && digests.some((digest) => imageKey(digest) === imageKey(wanted)))
  );
}

/** What `--to` could be. */
function options(record: TargetRecord): string {
  const { good, current } = record;
  const named = good
    .filter(({ id }) => id !== current)
    .map((one) => {
      const { version, revision } = one;
      const known = revision && revision !== version ? ` (revision ${printable(revision, 40)})` : "";
      const again = rejectionOf(one, record) ? " --reason '…'" : "";
      return `${printable(version, 100)}${again}${known}`;
    });
  return named.length > 0
    ? `name one: --to ${named.join(", --to ")}`
    : "nothing else is remembered; a revision of the place's own can be named: --to REVISION";
}
