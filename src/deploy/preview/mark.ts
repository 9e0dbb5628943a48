import { isMoment, printable } from "../../core/text.ts";
import type { KubeObject } from "../kubernetes/object.ts";
import { at } from "../kubernetes/object.ts";

/** What makes a namespace a preview of ours. Without the label nothing of ours is ever done to it. */
export const previewLabel = "release-sentinel/preview";
const managedBy = { "app.kubernetes.io/managed-by": "release-sentinel" } as const;
const expiresAnnotation = "release-sentinel/expires";
const repositoryAnnotation = "release-sentinel/repository";
const commitAnnotation = "release-sentinel/commit";

export const previewSelector = `app.kubernetes.io/managed-by=release-sentinel,${previewLabel}`;

/** A preview's namespace, as it is in the cluster. */
export interface PreviewNamespace {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Null: it is none of ours. */
  readonly pr: number | null;
  /** `host/owner/name`; null where that was not known. */
  readonly repository: string | null;
  /** Milliseconds since 1970; null where nothing says so, or nothing that can be read. */
  readonly expiresAt: number | null;
  /** Since when it is being removed. */
  readonly goingSince: number | null;
  /** Why it is not gone yet, in the cluster's words. */
  readonly remains: readonly string[];
}

/** What a preview's namespace is told about itself. */
export interface PreviewMark {
  readonly pr: number;
  readonly repository: string | null;
  readonly commit: string | null;
  readonly expiresAt: Date;
}

export function readNamespace(object: KubeObject): PreviewNamespace {
  const {
    name,
    uid = "",
    resourceVersion = "",
    labels = {},
    annotations = {},
    deletionTimestamp,
  } = object.metadata;
  const label = labels[previewLabel] ?? "";
  const isOurs =
    labels["app.kubernetes.io/managed-by"] === "release-sentinel" && isPr(label) && isNameOf(name, label);
  return {
    name,
    uid,
    resourceVersion,
    pr: isOurs ? Number(label) : null,
    repository: annotations[repositoryAnnotation] ?? null,
    expiresAt: momentIn(annotations[expiresAnnotation] ?? ""),
    goingSince: deletionTimestamp === undefined ? null : Date.parse(deletionTimestamp),
    remains: remainsOf(object),
  };
}

export function metadataOf({ pr, repository, commit, expiresAt }: PreviewMark) {
  const annotations = {
    [expiresAnnotation]: expiresAt.toISOString(),
    ...(repository === null ? {} : { [repositoryAnnotation]: repository }),
    ...(commit === null ? {} : { [commitAnnotation]: commit }),
  };
  return { labels: { ...managedBy, [previewLabel]: String(pr) }, annotations };
}

/** A pull request's number: digits, not beginning with 0. */
export function isPr(text: string): boolean {
  return /^[1-9]\d{0,9}$/.test(text);
}

/** Whether a prefix with a number makes a namespace's name. */
export function isPrefix(prefix: string): boolean {
  return /^[a-z]([-a-z0-9]{0,50}[-a-z])?$/.test(prefix);
}

/** A prefix never ends in a digit: `pr-15` is not the name of number 5. */
function isNameOf(name: string, pr: string): boolean {
  return name.endsWith(pr) && isPrefix(name.slice(0, -pr.length));
}

/** RFC 3339 alone: `Date.parse` takes a 5 for a day in 2001, long past. */
function momentIn(text: string): number | null {
  return isMoment(text) && /(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : null;
}

/** What holds a namespace that is being removed. */
function remainsOf(object: KubeObject): string[] {
  const conditions = at(object, "status", "conditions");
  const told = (Array.isArray(conditions) ? conditions : [])
    .filter((condition) => at(condition, "status") === "True")
    .map((condition) => printable(String(at(condition, "message") ?? ""), 300))
    .filter((message) => message !== "");
  const finalizers = (object.metadata.finalizers ?? []).map(
    (name) => `its finalizer ${printable(name, 100)}`,
  );
  return [...told, ...finalizers];
}
