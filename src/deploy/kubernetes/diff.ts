import { isDeepStrictEqual } from "node:util";
import { structuredPatch } from "diff";
import { stringify } from "yaml";
import { printable } from "../../core/text.ts";
import type { Change } from "../driver.ts";
import { lastApplied } from "./manner.ts";
import { type KubeObject, refOf, say } from "./object.ts";

/** Beyond so many changed lines a diff helps nobody, and takes for ever. */
const mostEdits = 2000;

/** What becomes of an object; values of Secrets are left out. */
export function changeOf(before: KubeObject | undefined, after: KubeObject): Change {
  const subject = say(refOf(after));
  if (before === undefined)
    return { subject, action: "create", diff: diffOf(subject, undefined, cleaned(after)) };
  const [old, wanted] = hideSecrets(cleaned(before), cleaned(after));
  if (isDeepStrictEqual(old, wanted)) return { subject, action: "unchanged", diff: "" };
  return { subject, action: "change", diff: diffOf(subject, old, wanted) };
}

/** What the server keeps for itself, and what says the same once more. */
const bookkeeping = [
  "managedFields",
  "resourceVersion",
  "uid",
  "generation",
  "creationTimestamp",
  "selfLink",
];

function cleaned(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object;
  const metadata = Object.fromEntries(
    Object.entries(object.metadata).filter(([key]) => !bookkeeping.includes(key)),
  );
  const { [lastApplied]: __, ...annotations } = object.metadata.annotations ?? {};
  delete metadata["annotations"];
  if (Object.keys(annotations).length > 0) metadata["annotations"] = annotations;
  return { ...rest, metadata: metadata as KubeObject["metadata"] } as KubeObject;
}

function hideSecrets(before: KubeObject, after: KubeObject): [KubeObject, KubeObject] {
  return [hidden(before, undefined), hidden(after, before)];
}

/** Of a Secret, what is no secret; a part that is misspelt may hold one as well. */
const open = new Set(["apiVersion", "kind", "metadata", "type", "immutable"]);

function hidden(object: KubeObject, before: KubeObject | undefined): KubeObject {
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return object;
  const parts = Object.entries(object).map(([part, values]) => {
    if (open.has(part)) return [part, values];
    if (typeof values !== "object" || values === null) return [part, "***"];
    const old = before?.[part] as Readonly<Record<string, unknown>> | undefined;
    const shown = Object.entries(values).map(([key, value]) => {
      const changed = old !== undefined && Object.hasOwn(old, key) && old[key] !== value;
      return [key, changed ? "*** (changed)" : "***"];
    });
    return [part, Object.fromEntries(shown)];
  });
  return Object.fromEntries(parts) as KubeObject;
}

function diffOf(subject: string, before: KubeObject | undefined, after: KubeObject): string {
  const head = [`--- ${subject} (as it is)`, `+++ ${subject} (as it will be)`];
  if (before === undefined) {
    const lines = text(hidden(after, undefined)).trimEnd().split("\n");
    return [...head, `@@ -0,0 +1,${lines.length} @@`, ...lines.map((line) => `+${shown(line)}`)].join("\n");
  }
  const patch = structuredPatch("", "", text(before), text(after), "", "", {
    context: 3,
    maxEditLength: mostEdits,
  });
  if (patch === undefined) return [...head, "(more has changed than can be shown)"].join("\n");
  const hunks = patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines.map(shown),
  ]);
  return [...head, ...hunks].join("\n");
}

function text(object: KubeObject): string {
  return stringify(object, { lineWidth: 0, sortMapEntries: true, aliasDuplicateObjects: false });
}

function shown(line: string): string {
  return printable(line, 2000);
}
