import type { Secrets } from "../../core/mask.ts";
import type { KubeObject } from "./object.ts";

const isBase64 = /^[A-Za-z0-9+/\s]+=*\s*$/;

/** What is no secret in a Secret. A part that is misspelt holds one as well as the right one would. */
const open = new Set(["apiVersion", "kind", "metadata", "type", "immutable"]);

/** Every value of a Secret, as it is and as it is written in the object, is told to the masking registry. */
export function registerSecrets(object: KubeObject, secrets: Secrets): void {
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return;
  for (const [part, values] of Object.entries(object)) {
    if (open.has(part)) continue;
    for (const value of textsIn(values)) {
      secrets.add(value);
      if (part !== "stringData" && isBase64.test(value)) register(Buffer.from(value, "base64"), secrets);
    }
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** Bytes that are no text (keystores, archives) have no form of their own in which they could be shown. */
function register(bytes: Buffer, secrets: Secrets): void {
  const text = bytes.toString("utf8");
  if (!text.includes("�")) secrets.add(text);
}
