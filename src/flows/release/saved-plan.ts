import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { SentinelError } from "../../core/errors.ts";
import type { PlannedStep } from "../../core/plan.ts";
import type { Reason } from "../../core/step.ts";
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
  /** `sha256:` over the configuration's `release:`. */
  readonly settingsDigest: string;
  readonly remote: { readonly name: string; readonly url: string | null };
  /** `owner/name` on the forge. */
  readonly repository: string | null;
  /** Patterns that flags have named besides the configuration's. */
  readonly patterns: readonly string[];
  /** Empty where a hook may build them before they are uploaded: then nobody knows them beforehand. */
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

/** Of JSON data, however its keys are ordered. */
export function digestOf(data: object): string {
  return `sha256:${createHash("sha256")
    .update(canonicalize(data) ?? "")
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
  let plan: Partial<SavedPlan> | null;
  try {
    plan = JSON.parse(text) as Partial<SavedPlan> | null;
  } catch {
    throw unusable("not JSON");
  }
  if (plan?.schema !== "release-sentinel/plan/v1" || !isWhole(plan))
    throw unusable("not a plan that this version reads");
  if (!isSealed(plan)) throw unusable("it was changed after it was made");
  return plan;
}

const texts = [
  "environment",
  "version",
  "commit",
  "policyDigest",
  "settingsDigest",
  "notes",
  "digest",
] as const;

function isWhole(plan: Partial<SavedPlan>): plan is SavedPlan {
  const { remote, steps, assets, patterns } = plan;
  const listed = [steps, assets].every(
    (list) => Array.isArray(list) && list.every((item) => item !== null && typeof item === "object"),
  );
  const named = Array.isArray(patterns) && patterns.every((pattern) => typeof pattern === "string");
  return (
    listed &&
    named &&
    typeof remote === "object" &&
    remote !== null &&
    texts.every((name) => typeof plan[name] === "string")
  );
}

function isSealed({ digest, ...rest }: SavedPlan): boolean {
  try {
    return digest === digestOf(rest);
  } catch {
    // Half a character has no canonical form; no plan of ours holds one.
    return false;
  }
}

/** What the plan was made upon, as it is now. */
export type Foundation = Pick<
  SavedPlan,
  "commit" | "policyDigest" | "settingsDigest" | "remote" | "repository" | "assets" | "notes"
>;

/** Every way in which the world has moved away from a plan. What the plan wanted done may have been done meanwhile. */
export function contradictions(
  saved: SavedPlan,
  now: Foundation,
  steps: readonly PlannedStep[],
): readonly Reason[] {
  const found: string[] = [];
  const short = (commit: string) => printable(commit.slice(0, 12));
  if (saved.commit !== now.commit)
    found.push(`HEAD is at ${short(now.commit)}, the plan is for ${short(saved.commit)}`);
  if (saved.policyDigest !== now.policyDigest) found.push("the policy has changed since the plan was made");
  if (saved.settingsDigest !== now.settingsDigest)
    found.push("what the configuration says of releases has changed since the plan was made");
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
