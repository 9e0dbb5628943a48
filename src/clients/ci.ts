import { clouds } from "./ci/clouds.ts";
import type { CiFacts, CiService, NamedRef, PullRequestFacts, Variable } from "./ci/facts.ts";
import { forges } from "./ci/forges.ts";
import { servers } from "./ci/servers.ts";

export type { CiFacts, NamedRef } from "./ci/facts.ts";

const services: readonly CiService[] = [...forges, ...servers, ...clouds];

/** Reads the variables by which a CI service describes its job. Empty values count as unset. */
export function readCi(env: Readonly<Record<string, string | undefined>>): CiFacts {
  const variable: Variable = (name) => env[name]?.trim() || null;
  const service = services.find((candidate) => candidate.is(variable));
  const seen = service?.read(variable) ?? {};
  const pullRequest = seen.pullRequest ?? unknownRequest(seen.event ?? null);
  const tag = pullRequest ? null : (seen.tag ?? null);
  return {
    name: service?.name ?? null,
    isCi: service !== undefined || isOn(variable("CI")) || isOn(variable("CONTINUOUS_INTEGRATION")),
    event: seen.event ?? null,
    // On such builds services put all sorts of things here: the base, the head, the tag, `pull/12`.
    branch: pullRequest || tag ? null : (seen.branch ?? null),
    tag,
    commit: objectName(seen.commit),
    pullRequest,
    actor: seen.actor ?? null,
    runUrl: webAddress(seen.runUrl),
  };
}

/**
 * The job's facts where it looks at a repository that it was told to fetch: who and where stays, what it builds is another
 * thing. A pull request's job stays one: who opened it must not choose the policy by choosing the ref.
 */
export function aboutNamed(ci: CiFacts, { commit, branch, tag }: NamedRef): CiFacts {
  if (ci.pullRequest) return { ...ci, commit: null, elsewhere: true };
  // A branch is checked out, and so speaks for itself.
  return {
    ...ci,
    branch: null,
    tag,
    commit,
    elsewhere: true,
    ...(branch === null ? { standsForItself: true } : {}),
  };
}

/** Where the job's own repository is, as the service says: every address of it, the web's first; none when it does not say. */
export function jobRepositories(get: (name: string) => string | undefined): readonly string[] {
  const variable: Variable = (name) => get(name)?.trim() || null;
  const said = services.find((candidate) => candidate.is(variable))?.repository?.(variable) ?? null;
  return [said].flat().filter((address) => address !== null);
}

const byAnybody =
  /^(pull_request_target|workflow_run|check_run|check_suite|status|deployment_status|issue_comment|issues|discussion|discussion_comment|repository_dispatch|fork|watch|gollum)$/;

/** Events of GitHub's that somebody without any rights can cause, or stand behind, and whose jobs have the secrets all the same. */
export function isByAnybody(event: string | null): boolean {
  return byAnybody.test(event ?? "");
}

/**
 * Whether what lies in the job's work space may come from somebody who may not write to the repository. What a caller has
 * named, `--repo`, is not what such a job has found there.
 */
export function isOthersWork(ci: CiFacts): boolean {
  return ci.pullRequest !== null || (isByAnybody(ci.event) && ci.elsewhere !== true);
}

/** A job that a request has started is one although its number and base are not told. */
function unknownRequest(event: string | null): PullRequestFacts | null {
  const isRequest = /^(?:(?:external_)?(?:pull|merge)[-_]?request|merge_group$)/i.test(event ?? "");
  return isRequest ? { number: null, base: null, head: null } : null;
}

function isOn(value: string | null): boolean {
  return value !== null && !/^(false|0|no|off)$/i.test(value);
}

/** Some services say `HEAD`, a short name, or an archive's address. */
function objectName(commit: string | null | undefined): string | null {
  return commit && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit) ? commit : null;
}

function webAddress(url: string | null | undefined): string | null {
  return url && /^https?:\/\//.test(url) && URL.canParse(url) ? url : null;
}
