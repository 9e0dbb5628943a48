import type { GitCommand } from "./command.ts";
import { oneLine } from "./git.ts";
import { GitFailure } from "./reader.ts";
import { parseTagObject, type TagWords } from "./tag-object.ts";

/** A tag of this clone. */
export interface TagHere {
  /** The object that the ref holds: the tag's own, or the commit of a lightweight one. */
  readonly object: string;
  readonly annotated: boolean;
  /** The commit it leads to; null when it leads to something else. */
  readonly commit: string | null;
  /** Null for a lightweight tag. */
  readonly words: TagWords | null;
}

/** @throws GitFailure when the repository cannot be read */
export async function tagHere(git: GitCommand, name: string, signal: AbortSignal): Promise<TagHere | null> {
  const ref = `refs/tags/${name}`;
  const format = "--format=%(refname) %(objecttype) %(objectname)";
  const listed = await git(["for-each-ref", format, ref], { signal });
  if (listed.code !== 0) throw new GitFailure(oneLine(listed.stderr));
  // A pattern without wildcards also names what is below it.
  const line = `${listed.stdout}`.split("\n").find((candidate) => candidate.startsWith(`${ref} `));
  if (line === undefined) return null;
  const [type = "", object = ""] = line.slice(ref.length + 1).split(" ");
  const annotated = type === "tag";
  const [peeled, content] = await Promise.all([
    git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${object}^{commit}`], { signal }),
    annotated ? git(["cat-file", "tag", object], { signal }) : null,
  ]);
  return {
    object,
    annotated,
    commit: peeled.stdout.toString().trim() || null,
    words: content && parseTagObject(content.stdout.toString("utf8")),
  };
}
