import { compareVersions, parseVersion, type Version } from "../../core/version.ts";
import type { TagShape } from "../facts.ts";

interface VersionTag {
  readonly name: string;
  readonly shape: Exclude<TagShape, null>;
  readonly version: Version;
}

const mostTags = 1000;

/** Tags that name versions, newest version first, and how most of them are written. */
export function readTags(names: readonly string[]): { tags: readonly string[]; tagShape: TagShape } {
  const found = names.flatMap((name) => versionTag(name) ?? []);
  const newest = found.sort((a, b) => compareVersions(b.version, a.version));
  const count = (shape: TagShape) => newest.filter((tag) => tag.shape === shape).length;
  const shapes = (["v", "plain", "package"] as const).filter((shape) => count(shape) > 0);
  return {
    tags: newest.slice(0, mostTags).map(({ name }) => name),
    tagShape: shapes.sort((a, b) => count(b) - count(a))[0] ?? null,
  };
}

function versionTag(name: string): VersionTag | undefined {
  const [, prefix = "", numbers = ""] = /^(|v|.+@v?|.+[/-]v)(\d+\.\d+\.\d+(?:-[\w.-]+)?)$/.exec(name) ?? [];
  const version = parseVersion(`v${numbers}`);
  if (!version) return undefined;
  return { name, version, shape: prefix === "v" ? "v" : prefix === "" ? "plain" : "package" };
}

/** A version that could be the next one: for commands that people copy, so of a name in which no shell sees anything. */
export function exampleVersion(tags: readonly string[]): string {
  const newest = tags.find((name) => /^\w[\w@./+-]*$/.test(name));
  const found = newest === undefined ? undefined : versionTag(newest);
  if (newest === undefined || !found) return "v0.1.0";
  const [major, minor, patch] = found.version.numbers;
  const prefix = newest.slice(0, newest.length - found.version.text.length + 1);
  return `${prefix}${major}.${minor}.${patch + 1n}`;
}
