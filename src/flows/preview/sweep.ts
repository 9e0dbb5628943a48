import { KubectlFailure } from "../../clients/kubectl.ts";
import type { Emit } from "../../core/event.ts";
import type { Reason } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import type { PreviewNamespace } from "../../deploy/preview/mark.ts";
import type { PreviewNamespaces } from "../../deploy/preview/namespaces.ts";
import { spanText } from "../../deploy/preview/ttl.ts";
import type { PreviewCluster } from "./cleanup.ts";
import { explain, type PreviewOutcome, type SweptPreview } from "./outcome.ts";
import { unhang, whyStill } from "./owner.ts";
import { concluded, outcomeOf, sentences } from "./report.ts";

export interface PreviewSweepRun {
  readonly waitMs: number;
  readonly dryRun: boolean;
  readonly resume: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  open(signal: AbortSignal): Promise<PreviewCluster>;
}

interface Swept {
  readonly preview: SweptPreview;
  readonly reason?: Reason;
}

/** Removes every preview that is past its time, whatever project's. */
export async function previewSweep(run: PreviewSweepRun): Promise<PreviewOutcome> {
  const { signal, emit, dryRun } = run;
  let so: Partial<PreviewOutcome> = {};
  try {
    const { cluster, namespaces } = await run.open(signal);
    so = { cluster };
    const all = await namespaces.list(signal);
    const now = await namespaces.now(signal);
    const swept = await sweepAll(all, now, namespaces, run);
    const previews = swept.map(({ preview }) => preview);
    const reasons = swept.flatMap(({ reason }) => reason ?? []);
    const removed = previews.filter(({ state }) => state === (dryRun ? "expired" : "removed")).length;
    const done = dryRun
      ? `${count(removed, "preview")} would be removed`
      : `${count(removed, "preview")} removed`;
    const found = { command: "sweep", ...so, reasons, previews } as const;
    if (reasons.length > 0) {
      const message = `Preview FAILED: ${done}; ${sentences(reasons)}`;
      return concluded(emit, outcomeOf({ ...found, outcome: "failed", exitCode: 2, message }));
    }
    const message = `${done}, ${previews.length - removed} kept${dryRun ? "; nothing was changed" : ""}`;
    return concluded(
      emit,
      outcomeOf({ ...found, outcome: dryRun ? "planned" : "swept", exitCode: 0, message }),
    );
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      const message = "Preview sweep INTERRUPTED: some namespaces may be on their way out";
      const end = { outcome: "interrupted", exitCode: 2, message, resume: run.resume } as const;
      return concluded(emit, outcomeOf({ command: "sweep", ...so, ...end }));
    }
    const { exitCode, reasons } = explain(error);
    const message = `Preview ${exitCode === 1 ? "BLOCKED" : "FAILED"}: ${sentences(reasons)}`;
    const outcome = exitCode === 1 ? "blocked" : "failed";
    return concluded(emit, outcomeOf({ command: "sweep", ...so, outcome, exitCode, message, reasons }));
  }
}

/** So many are asked to go at once. */
const atOnce = 8;

async function sweepAll(
  all: readonly PreviewNamespace[],
  now: number,
  namespaces: PreviewNamespaces,
  { waitMs, dryRun, signal }: PreviewSweepRun,
): Promise<readonly Swept[]> {
  const due = dryRun ? [] : all.filter((one) => isDue(one, now));
  const refused = new Map<PreviewNamespace, Reason>();
  const prolonged = new Map<PreviewNamespace, PreviewNamespace>();
  const remove = async (one: PreviewNamespace) => {
    const kept = await namespaces.remove(one, (seen) => isDue(seen, now), signal);
    if (kept !== null) prolonged.set(one, kept);
  };
  for (let i = 0; i < due.length; i += atOnce) {
    await Promise.all(
      due.slice(i, i + atOnce).map(async (one) => {
        // One that does not go keeps none of the others.
        if (one.goingSince === null)
          await remove(one).catch((error) => refused.set(one, reasonOf(error, signal)));
      }),
    );
  }
  const asked = due.filter((one) => !refused.has(one) && !prolonged.has(one));
  const left = asked.length === 0 ? [] : await namespaces.gone(asked, waitMs, signal);
  return all.map((one) => {
    const still = left.find(({ uid }) => uid === one.uid);
    const reason = refused.get(one) ?? (still && { message: whyStill(still), remedy: unhang(one.name) });
    return sweptOf(prolonged.get(one) ?? one, now, dryRun, reason);
  });
}

function isDue({ pr, expiresAt, goingSince }: PreviewNamespace, now: number): boolean {
  return pr !== null && expiresAt !== null && (expiresAt <= now || goingSince !== null);
}

function reasonOf(error: unknown, signal: AbortSignal): Reason {
  signal.throwIfAborted();
  if (!(error instanceof KubectlFailure)) throw error;
  return explain(error).reasons[0] ?? { message: error.message };
}

function sweptOf(seen: PreviewNamespace, now: number, dryRun: boolean, reason: Reason | undefined): Swept {
  const { name, pr, repository, expiresAt, goingSince } = seen;
  const ends = expiresAt === null ? null : new Date(expiresAt).toISOString();
  const about = { namespace: name, pr, repository, expiresAt: ends };
  const swept = (state: SweptPreview["state"], text: string, reason?: Reason): Swept => ({
    preview: {
      ...about,
      state,
      message: `${name}${repository === null ? "" : ` of ${repository}`}: ${text}`,
    },
    ...(reason ? { reason } : {}),
  });
  if (reason) return swept("stuck", reason.message, reason);
  if (pr === null) {
    const message = `${name} is labelled as a preview, and is none by its name, so that it is left alone`;
    const remedy = `see whose it is: kubectl get namespace ${name} --show-labels; without our label it is not looked at: kubectl label namespace ${name} release-sentinel/preview-`;
    return swept("unreadable", message, { message, remedy });
  }
  if (expiresAt === null) {
    const message = `nothing says when ${name} ends, so that it is left alone`;
    const tomorrow = new Date(now + 86_400_000).toISOString();
    const remedy = `kubectl annotate namespace ${name} --overwrite release-sentinel/expires=${tomorrow}`;
    return swept("unreadable", message, { message, remedy });
  }
  if (!isDue(seen, now)) return swept("kept", `${spanText(expiresAt - now)} left`);
  if (!dryRun) return swept("removed", "removed");
  return swept(
    "expired",
    goingSince === null ? `over for ${spanText(now - expiresAt)}` : "being removed already",
  );
}
