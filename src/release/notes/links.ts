import { commitUrl, type Forge, issueUrl, pullRequestUrl } from "./forge.ts";
import type { Change } from "./model.ts";

/** Something that can be read about elsewhere. */
export interface Reference {
  /** `#12`; `!45` for a merge request; `owner/name#12` in another repository. */
  readonly text: string;
  readonly url: string | null;
}

export function commitReference({ short, hash }: Change, forge: Forge | null): Reference {
  return { text: short, url: forge && commitUrl(forge, hash) };
}

export function pullRequestReference(number: number, forge: Forge | null): Reference {
  const mark = forge?.kind === "gitlab" ? "!" : "#";
  return { text: `${mark}${number}`, url: forge && pullRequestUrl(forge, number) };
}

/** Of `12`, or `owner/name#12`. */
export function issueReference(issue: string, forge: Forge | null): Reference {
  if (!issue.includes("#")) return { text: `#${issue}`, url: forge && issueUrl(forge, Number(issue)) };
  const [number = "", path] = issue.split("#").reverse();
  return { text: issue, url: forge && issueUrl(forge, Number(number), path) };
}
