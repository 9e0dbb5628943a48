import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { SentinelError } from "../../core/errors.ts";
import type { PlannedStep } from "../../core/plan.ts";
import { printable } from "../../core/text.ts";
import type { Asset } from "../../release/assets.ts";

/** A plan as it is saved: what was decided, and what it was decided upon. */
export interface SavedPlan {
  readonly schema: "release-sentinel/plan/v1";
  /** RFC 3339. */
  readonly createdAt: string;
  readonly toolVersion: string;
  readonly environment: string;
  readonly version: string;
  readonly scope: "tag" | "release";
  readonly allowWarnings: boolean;
  readonly commit: string;
  readonly policyDigest: string;
  readonly remote: { readonly name: string; readonly url: string | null };
  /** `owner/name` on the forge. */
  readonly repository: string | null;
  readonly assets: readonly Asset[];
  /** Markdown; empty where only a tag is made. */
  readonly notes: string;
  readonly steps: readonly PlannedStep[];
  /** `sha256:` over everything else, canonical. */
  readonly digest: string;
}

export function seal(plan: Omit<SavedPlan, "digest">): SavedPlan {
  return { ...plan, digest: digestOf(plan) };
}

function digestOf(plan: Omit<SavedPlan, "digest">): string {
  return `sha256:${createHash("sha256")
    .update(canonicalize(plan) ?? "")
    .digest("hex")}`;
}

/** @throws SentinelError `plan-unusable` */
export function readPlan(text: string, name: string): SavedPlan {
  const unusable = (why: string) =>
    new SentinelError(
      "plan-unusable",
      `${printable(name, 200)}: ${why}`,
      "make it anew: release-sentinel release plan -o FILE",
    );
  let plan: SavedPlan;
  try {
    plan = JSON.parse(text) as SavedPlan;
  } catch {
    throw unusable("not JSON");
  }
  if (plan?.schema !== "release-sentinel/plan/v1") throw unusable("not a plan that this version reads");
  const { digest, ...rest } = plan;
  if (digest !== digestOf(rest)) throw unusable("it was changed after it was made");
  return plan;
}

/** What the plan was made upon, as it is now. */
export type Foundation = Pick<
  SavedPlan,
  "commit" | "policyDigest" | "remote" | "repository" | "assets" | "notes"
>;

/** Every way in which the world has moved away from a plan. What the plan wanted done may have been done meanwhile. */
export function contradictions(
  saved: SavedPlan,
  now: Foundation,
  steps: readonly PlannedStep[],
): readonly { readonly message: string; readonly remedy?: string }[] {
  const found: string[] = [];
  const short = (text: string) => printable(text, 24);
  if (saved.commit !== now.commit)
    found.push(`HEAD is at ${short(now.commit)}, the plan is for ${short(saved.commit)}`);
  if (saved.policyDigest !== now.policyDigest) found.push("the policy has changed since the plan was made");
  if (
    saved.remote.name !== now.remote.name ||
    saved.remote.url !== now.remote.url ||
    saved.repository !== now.repository
  )
    found.push("the remote is another one than the plan was made for");
  found.push(...assetChanges(saved.assets, now.assets));
  if (saved.notes !== now.notes)
    found.push("the release notes have changed since the plan was made: tags came or went");
  const planned = new Map(saved.steps.map((step) => [step.id, step.state]));
  for (const { id, state, message } of steps) {
    const then = planned.get(id);
    if (then === undefined) found.push(`${id} is not in the plan`);
    else if (then === "done" && state === "needed") found.push(`the remote has changed: ${message}`);
  }
  const remedy = "release-sentinel release plan -o FILE, and look at it again";
  return found.map((message) => ({ message: `the saved plan no longer holds: ${message}`, remedy }));
}

function assetChanges(then: readonly Asset[], now: readonly Asset[]): string[] {
  const before = new Map(then.map((asset) => [asset.name, asset.sha256]));
  const after = new Map(now.map((asset) => [asset.name, asset.sha256]));
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `asset ${printable(name, 200)} has changed`);
}
