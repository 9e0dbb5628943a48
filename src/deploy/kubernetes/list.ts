import type { KubeObject } from "./object.ts";
import { itemsOf } from "./read.ts";

/** Several objects as one document, for kubectl's standard input. */
export function listOf(objects: readonly KubeObject[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
}

/** What `create -o json` printed: one document after another, each on lines of its own. @throws SyntaxError */
export function streamOf(stdout: string): KubeObject[] {
  const documents = stdout.split(/(?<=^\})\n(?=\{)/m).filter((text) => text.trim() !== "");
  return documents.flatMap((text) => itemsOf(text));
}
