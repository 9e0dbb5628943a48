import { isDeepStrictEqual } from "node:util";
import { structuredPatch } from "diff";
import { stringify } from "yaml";
import { printable } from "../../core/text.ts";
import type { Change } from "../driver.ts";
import { secretName, withoutSecrets } from "../without-secrets.ts";
import { lastApplied } from "./manner.ts";
import { at, type KubeObject, refOf, say } from "./object.ts";
import { revisionAnnotation } from "./restore-body.ts";
import { textAt, without } from "./shape.ts";

/** Beyond so many changed lines a diff helps nobody, and takes for ever. */
const mostEdits = 2000;

/** What becomes of an object; values of Secrets, and those that stand behind a secret's name, are left out. */
export function changeOf(before: KubeObject | undefined, after: KubeObject): Change {
  const subject = say(refOf(after));
  if (before === undefined)
    return { subject, action: "create", diff: diffOf(subject, undefined, cleaned(after)) };
  const [old, wanted] = [cleaned(before), cleaned(after)];
  if (isDeepStrictEqual(old, wanted)) return { subject, action: "unchanged", diff: "" };
  return { subject, action: "change", diff: diffOf(subject, ...hideSecrets(old, wanted)) };
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
  const annotations = without(object.metadata.annotations ?? {}, lastApplied, revisionAnnotation);
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
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return named(object, before) as KubeObject;
  const parts = Object.entries(object).map(([part, values]) => {
    if (open.has(part)) return [part, values];
    if (typeof values !== "object" || values === null) return [part, "***"];
    const old = before?.[part];
    const shown = Object.entries(values).map(([key, value]) => [key, hiddenText(value, at(old, key))]);
    return [part, Object.fromEntries(shown)];
  });
  return Object.fromEntries(parts) as KubeObject;
}

/** Of anything else: variables, headers and entries of a ConfigMap by their names, and what stands in texts and arguments. */
function named(value: unknown, before: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.every((one) => typeof one === "string")) return withoutSecrets(value);
    const old = Array.isArray(before) ? before : [];
    return value.map((one, i) => named(one, old.find((other) => isNamesake(one, other)) ?? old[i]));
  }
  if (typeof value !== "object" || value === null) return withoutSecrets(value);
  const isMap = at(value, "kind") === "ConfigMap";
  const name = textAt(value, "name");
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const old = at(before, key);
      if (isMap && key === "data") return [key, entries(item, old)];
      const isSecret =
        key === "value" && typeof item === "string" && name !== undefined && secretName.test(name);
      return [key, isSecret ? hiddenText(item, old) : named(item, old)];
    }),
  );
}

function entries(data: unknown, before: unknown): unknown {
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => [
      key,
      secretName.test(key) ? hiddenText(text, at(before, key)) : withoutSecrets(text),
    ]),
  );
}

function isNamesake(one: unknown, other: unknown): boolean {
  const name = textAt(one, "name");
  return name !== undefined && name === textAt(other, "name");
}

function hiddenText(value: unknown, before: unknown): string {
  return before !== undefined && before !== value ? "*** (changed)" : "***";
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
  if (patch.hunks.length === 0) return [...head, "(only what is not shown has changed)"].join("\n");
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
