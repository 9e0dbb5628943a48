import type { KubeObject } from "./object.ts";

/** Several objects as one document, for kubectl's standard input. */
export function listOf(objects: readonly KubeObject[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
}
