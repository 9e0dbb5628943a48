import type { ManifestText } from "../../clients/kubectl/manifest-files.ts";
import type { Proof } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { at, type KubeObject, keyOf, refOf, say } from "./object.ts";
import { conflict } from "./proof.ts";
import { parseStream, YamlProblem } from "./yaml.ts";

/** An object that is wanted, and where it was written: `k8s/web.yaml:12`. */
export interface Wanted {
  readonly object: KubeObject;
  readonly where: string;
}

/** What the manifests say. With any problem there is nothing to deploy. */
export interface Manifests {
  readonly wanted: readonly Wanted[];
  readonly problems: readonly Proof[];
}

/** @param texts `label` stands before each line number; with `lines: false` (made by kustomize) there is none. */
export function parseManifests(texts: readonly (ManifestText & { readonly lines?: boolean })[]): Manifests {
  const wanted: Wanted[] = [];
  const problems: Proof[] = [];
  for (const { label, text, lines = true } of texts) {
    const where = (line: number) => (lines ? `${label}:${line}` : label);
    try {
      for (const { value, line, itemLines } of parseStream(text)) {
        for (const found of flatten(value, line, itemLines)) {
          const problem = whatIsWrong(found.value);
          if (problem) problems.push(conflict(`${where(found.line)}: ${problem.message}`, problem.remedy));
          else wanted.push({ object: found.value as KubeObject, where: where(found.line) });
        }
      }
    } catch (error) {
      if (!(error instanceof YamlProblem)) throw error;
      problems.push(conflict(`${where(error.line)}: not a manifest: ${error.message}`));
    }
  }
  if (wanted.length === 0 && problems.length === 0) {
    const labels = texts.map(({ label }) => label).join(", ");
    problems.push(conflict(`there is no Kubernetes object in ${labels || "what was given"}`));
  }
  return { wanted, problems };
}

/** The same object written twice: only one of the two can be meant. To be asked when namespaces are filled in. */
export function duplicates(wanted: readonly Wanted[]): Proof[] {
  const seen = new Map<string, Wanted>();
  return wanted.flatMap((one) => {
    const ref = refOf(one.object);
    const first = seen.get(keyOf(ref));
    if (first === undefined) {
      seen.set(keyOf(ref), one);
      return [];
    }
    const places =
      first.where === one.where ? `twice in ${one.where}` : `at ${first.where} and at ${one.where}`;
    return [conflict(`${say(ref)} is there twice: ${places}`, "keep one of the two")];
  });
}

interface Found {
  readonly value: unknown;
  readonly line: number;
}

/** A List's items, however deep; anything else is itself. */
function flatten(value: unknown, line: number, itemLines: readonly number[]): Found[] {
  const items = at(value, "items");
  const kind = at(value, "kind");
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return [{ value, line }];
  return items.flatMap((item: unknown, index) => flatten(item, itemLines[index] ?? line, []));
}

function whatIsWrong(value: unknown): { message: string; remedy?: string } | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { message: "not a Kubernetes object, but plain text or a list" };
  }
  const [apiVersion, kind, name] = [
    at(value, "apiVersion"),
    at(value, "kind"),
    at(value, "metadata", "name"),
  ];
  const missing = [...(isText(apiVersion) ? [] : ["apiVersion"]), ...(isText(kind) ? [] : ["kind"])];
  if (missing.length > 0) {
    return { message: `not a Kubernetes object: it has no ${missing.join(" and no ")}` };
  }
  if (String(apiVersion).startsWith("kustomize.config.k8s.io/")) {
    return {
      message: "a kustomization is no object to apply",
      remedy: "name its folder with -k DIR instead",
    };
  }
  if (isText(name)) return undefined;
  const generated = at(value, "metadata", "generateName");
  if (isText(generated)) {
    return {
      message: `${printable(String(kind), 100)} has generateName: each apply would make another one, and none of them can be found again or taken back`,
      remedy: `give it a name of its own, for example ${printable(generated.replace(/-*$/, ""), 100)}-1-4-2`,
    };
  }
  return { message: `${printable(String(kind), 100)} has no metadata.name` };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
