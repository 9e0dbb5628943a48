import type { ChangedPath, LocalTag, RemoteTag, Signature } from "./reader.ts";

/** `git config --list -z --show-scope`: scope NUL key LF value NUL … */
export function parseConfig(text: string): readonly { scope: string; key: string; value: string }[] {
  const parts = text.split("\0");
  const entries = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [key = "", ...value] = (parts[i + 1] ?? "").split("\n");
    entries.push({ scope: parts[i] ?? "", key, value: value.join("\n") });
  }
  return entries;
}

/** `git status --porcelain=v1 -z --no-renames` */
export function parseStatus(text: string): readonly ChangedPath[] {
  return text
    .split("\0")
    .filter((line) => line.length > 3)
    .map((line) => ({ state: line.slice(0, 2), path: line.slice(3) }));
}

/** The fields that parseTags expects of `git for-each-ref`. */
export const tagFormat = [
  "%(refname)",
  "%(objecttype)",
  "%(objectname)",
  "%(*objecttype)",
  "%(*objectname)",
  "%(taggername)",
  "%(taggerdate:iso-strict)",
].join("%00");

export function parseTags(text: string): readonly (LocalTag & { name: string })[] {
  const tags = [];
  for (const line of text.split("\n")) {
    const [ref = "", type = "", object = "", peeledType = "", peeled = "", tagger = "", date = ""] =
      line.split("\0");
    if (!ref.startsWith("refs/tags/")) continue;
    const annotated = type === "tag";
    const commit = annotated ? (peeledType === "commit" ? peeled : null) : type === "commit" ? object : null;
    tags.push({
      name: ref.slice("refs/tags/".length),
      commit,
      annotated,
      tagger: tagger || null,
      date: date || null,
    });
  }
  return tags;
}

/** `git ls-remote REMOTE refs/tags/NAME refs/tags/NAME^{}`: an annotated tag has a second, peeled line. */
export function parseRemoteTag(text: string, name: string): RemoteTag | null {
  const refs = parseRemoteRefs(text);
  const object = refs.get(`refs/tags/${name}`);
  const peeled = refs.get(`refs/tags/${name}^{}`);
  if (!object) return null;
  return { commit: peeled ?? object, annotated: peeled !== undefined };
}

/** `git ls-remote REMOTE refs/tags/v*` */
export function parseRemoteTags(text: string): readonly { name: string; commit: string }[] {
  const refs = parseRemoteRefs(text);
  return [...refs]
    .filter(([ref]) => ref.startsWith("refs/tags/") && !ref.endsWith("^{}"))
    .map(([ref, object]) => ({
      name: ref.slice("refs/tags/".length),
      commit: refs.get(`${ref}^{}`) ?? object,
    }));
}

/** `git ls-remote`: object TAB ref LF … */
export function parseRemoteRefs(text: string): ReadonlyMap<string, string> {
  const refs = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [object, ref] = line.split("\t");
    if (object && ref) refs.set(ref, object);
  }
  return refs;
}

/** `%G?` NUL `%GS` NUL `%GF` NUL `%GK` */
export function parseSignature(text: string): Signature {
  const [letter = "N", signer = "", fingerprint = "", key = ""] = text.trim().split("\0");
  return { letter, signer: signer || null, key: fingerprint || key || null };
}
