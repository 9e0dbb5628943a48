import { createHash } from "node:crypto";
import type { KubeObject } from "./object.ts";
import { at } from "./object.ts";
import { alike, without } from "./shape.ts";
import { templateOf } from "./states/deployment.ts";
import { groupKind } from "./states/kinds.ts";

/** What the workloads themselves say of what runs; copied by the Deployment controller to the replica set of that template. */
export const marks = {
  record: "release-sentinel/record",
  version: "release-sentinel/version",
  /** Digests of the pod templates that were seen to be well. */
  verified: "release-sentinel/verified",
  verifiedAt: "release-sentinel/verified-at",
} as const;

/** Whether pods are made from a template of its own, again and again: not a Job, which is run once. */
export function isWorkload(object: KubeObject): boolean {
  if (["batch/Job", "/ReplicationController", "apps/ReplicaSet"].includes(groupKind(object))) return false;
  return at(object, "spec", "template", "spec", "containers") !== undefined;
}

/** Of the pod template, as the server has it; the same for a Deployment and its replica set. */
export function templateDigest(object: KubeObject): string {
  return digest(plainTemplate(object));
}

/** A ConfigMap, or a Secret. */
export function holdsData(object: KubeObject): boolean {
  return ["/ConfigMap", "/Secret"].includes(groupKind(object));
}

/** Of what such an object holds. */
export function dataDigest({ data, binaryData }: KubeObject): string {
  return digest({ data, binaryData });
}

function digest(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 16);
}

/** Whether two workloads would run the same pods. */
export function isSameTemplate(a: KubeObject, b: KubeObject): boolean {
  return alike(plainTemplate(a), plainTemplate(b));
}

/** `kubectl rollout restart` changes no more than an annotation. */
function plainTemplate(object: KubeObject): unknown {
  const template = templateOf(object) as { metadata?: { annotations?: object } };
  const annotations = without(template.metadata?.annotations ?? {}, "kubectl.kubernetes.io/restartedAt");
  return { ...template, metadata: { ...template.metadata, annotations } };
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const parts = Object.entries(value)
    .filter(([, part]) => !alike(part, undefined))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`);
  return `{${parts.join(",")}}`;
}
