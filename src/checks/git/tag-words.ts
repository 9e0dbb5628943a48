import type { ReadyRepository } from "../../clients/git/reader.ts";
import type { Judgement } from "../../core/finding.ts";
import type { Purpose } from "../../core/target.ts";
import { printable, shellWord } from "../../core/text.ts";
import { short } from "./git-check.ts";

export interface TagOptions {
  /** False: no remote is asked, and what is here is all there is. */
  remote: string | false;
}

export type SeenTag = {
  head: string;
  /** Null: there is no such tag there. */
  tag: { commit: string | null; annotated: boolean; tagger: string | null; date: string | null } | null;
  /** The remote's name, if there is one of that name. */
  remote: string | null;
};

type Tag = NonNullable<SeenTag["tag"]>;

/** A text that can be a tag's name at all; anything else could match other tags. */
export function askable(version: string | undefined): version is string {
  return version !== undefined && /^[\w@][\w.+@/-]*$/.test(version) && !version.includes("..");
}

export function notAsked(purpose: Purpose, version: string | undefined): Judgement | undefined {
  if (purpose === "pull-request")
    return { status: "skipped", message: "Tags are not looked at for a pull request" };
  if (version === undefined) return { status: "skipped", message: "No version is asked about" };
  if (askable(version)) return undefined;
  return {
    status: "fail",
    message: `Not a name that a tag can have: ${printable(version, 100)}`,
    remedy: "name the version as its tag is to be called, for example v1.4.2",
  };
}

/**
 * For a release: the tag is free, or already on this commit.
 * @param remote where it was looked for; null: in this clone
 */
export function releasable(version: string, { tag, head }: SeenTag, remote: string | null): Judgement {
  const place = remote === null ? "here" : `on ${remote}`;
  if (!tag) return { status: "ok", message: `Git tag ${version} is free ${place}` };
  if (tag.commit === head) {
    return {
      status: "ok",
      message: `Git tag ${version} is already ${place}, at this commit (${short(head)})`,
    };
  }
  return {
    status: "fail",
    message: `Git tag already exists: ${version} (${description(remote ?? "local", tag)})`,
    remedy:
      remote === null
        ? `choose the next version; or, if the tag never left this clone: git tag -d ${shellWord(version)}`
        : "choose the next version: a released tag is never moved",
  };
}

export function deployable(version: string, where: string, tag: Tag, head: string): Judgement {
  if (tag.commit !== head) {
    return {
      status: "fail",
      message: `Git tag ${version} is not at this commit ${short(head)} (${description(where, tag)})`,
      remedy: `git checkout ${shellWord(version)}`,
    };
  }
  if (!tag.annotated) {
    return {
      status: "fail",
      message: `Git tag ${version} is not annotated (${description(where, tag)})`,
      remedy: `only releases are deployed, and their tags are annotated: git tag -a`,
    };
  }
  return { status: "ok", message: `Git tag OK: ${version} (${description(where, tag)})` };
}

export function missing(version: string, where: string): Judgement {
  return {
    status: "fail",
    message: `Git tag does not exist: ${version} (not ${where})`,
    remedy: "release it first",
  };
}

function description(where: string, tag: Tag): string {
  const at = tag.commit ? `at ${short(tag.commit)}` : "not at a commit";
  const by = tag.tagger ? `, by ${printable(tag.tagger, 100)}` : "";
  const on = tag.date ? `, ${tag.date.slice(0, 10)}` : "";
  return `${where}, ${at}${by}${on}`;
}

/** The remote to ask, if this repository has one of that name. */
export function remoteOf(repository: ReadyRepository, { remote }: TagOptions): string | null {
  return remote !== false && repository.remotes.includes(remote) ? remote : null;
}
