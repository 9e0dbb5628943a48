/** What the CI service says about the job that runs. Nothing in it is checked against the repository. */
export interface CiFacts {
  /** `GitHub Actions`, `GitLab CI/CD`, …; null outside CI and for a service that is not known. */
  readonly name: string | null;
  /** Whether this is a CI job at all, of a known service or not. */
  readonly isCi: boolean;
  /** What started the job, in the service's own word: `push`, `merge_request_event`, …; null when it does not say. */
  readonly event: string | null;
  /** The branch being built, without `refs/heads/`; null on tag and pull-request builds. */
  readonly branch: string | null;
  /** The tag being built, without `refs/tags/`. */
  readonly tag: string | null;
  /** Full object name. On a pull request it may be the merge commit. */
  readonly commit: string | null;
  /** Set when the job judges a pull (merge) request or its place in a merge queue. */
  readonly pullRequest: PullRequestFacts | null;
  /** Who started it, by the service's own name for them. */
  readonly actor: string | null;
  /** Where people can see this run. */
  readonly runUrl: string | null;
  /** What is judged was named by a caller as a tag or a commit: it must itself be on an allowed branch. */
  readonly standsForItself?: true;
  /** What is judged was named by a caller: it need not be the repository that the job belongs to. */
  readonly elsewhere?: true;
}

/** What a caller has asked for by name, instead of what a job has checked out. */
export interface NamedRef {
  readonly commit: string;
  readonly branch: string | null;
  readonly tag: string | null;
}

export interface PullRequestFacts {
  readonly number: string | null;
  /** The branch it wants to go into; null when the service does not tell. */
  readonly base: string | null;
  readonly head: string | null;
}

/** A variable's value; null when unset or empty. */
export type Variable = (name: string) => string | null;

/** One CI service: how to know it, and where it keeps each fact. */
export interface CiService {
  readonly name: string;
  is(variable: Variable): boolean;
  /** The web address, or all addresses, of the repository that the job belongs to; of a pull request: the one that it wants to go into. */
  repository?(variable: Variable): string | null | readonly (string | null)[];
  read(variable: Variable): Partial<Omit<CiFacts, "name" | "isCi">>;
}

/** A full ref taken apart. A name without `refs/` says nothing about its kind and is left out. */
export function fromRef(ref: string | null): Pick<CiFacts, "branch" | "tag" | "pullRequest"> {
  const pull = /^refs\/(?:pull|merge-requests)\/(\d+)\//.exec(ref ?? "")?.[1];
  return {
    branch: after("refs/heads/", ref),
    tag: after("refs/tags/", ref),
    pullRequest: pull === undefined ? null : { number: pull, base: null, head: null },
  };
}

/** A branch's name, with or without `refs/heads/` before it. */
export function branchName(ref: string | null): string | null {
  return after("refs/heads/", ref) ?? ref;
}

/** Pull-request facts for services that set the number on such builds alone. */
export function request(
  number: string | null,
  base: string | null,
  head: string | null,
): PullRequestFacts | null {
  return number === null ? null : { number, base: branchName(base), head: branchName(head) };
}

/** Parts of an address joined by `/`; null when one is missing. */
export function path(...parts: readonly (string | null)[]): string | null {
  return parts.includes(null) ? null : parts.map((part) => part?.replace(/\/+$/, "")).join("/");
}

/** GitHub's merge queue builds `gh-readonly-queue/<base>/pr-<number>-<commit>`. */
export function fromMergeQueue(branch: string | null): PullRequestFacts | null {
  const [, base, number] = /^gh-readonly-queue\/(.+)\/pr-(\d+)-[0-9a-f]+$/.exec(branch ?? "") ?? [];
  return base === undefined || number === undefined ? null : { number, base, head: null };
}

function after(prefix: string, text: string | null): string | null {
  return text?.startsWith(prefix) ? text.slice(prefix.length) || null : null;
}
