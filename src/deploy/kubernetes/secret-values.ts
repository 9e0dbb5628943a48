import type { Secrets } from "../../core/mask.ts";
import type { KubeObject } from "./object.ts";

/** Every value of a Secret, as it is and as it is written in the object, is told to the masking registry. */
export function registerSecrets(object: KubeObject, secrets: Secrets): void {
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return;
  for (const [part, decoded] of [
    ["data", true],
    ["stringData", false],
  ] as const) {
    const values = object[part];
    if (typeof values !== "object" || values === null) continue;
    for (const value of Object.values(values)) {
      if (typeof value !== "string" || value === "") continue;
      secrets.add(value);
      if (decoded) register(Buffer.from(value, "base64"), secrets);
    }
  }
}

/** Bytes that are no text (keystores, archives) have no form of their own in which they could be shown. */
function register(bytes: Buffer, secrets: Secrets): void {
  const text = bytes.toString("utf8");
  if (!text.includes("�")) secrets.add(text);
}
