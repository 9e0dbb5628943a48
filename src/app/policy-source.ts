import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isByAnybody } from "../clients/ci.ts";
import type { ReadyRepository } from "../clients/git/reader.ts";
import { isOfAnother } from "../clients/job-repository.ts";
import type { Readers } from "../clients/readers.ts";
import { type PolicyFiles, refFiles, workTreeFiles } from "../config/files.ts";
import { SentinelError } from "../core/errors.ts";
import { printable, shellWord, showUrl } from "../core/text.ts";

/** Folders to remove when the app closes. */
export type Cleanup = (() => void)[];

/** Whether the judged work tree may hold somebody else's idea of the policy. */
export function isDistrusted(readers: Readers, configRef: string | undefined): boolean {
  return configRef !== undefined || readers.ci.pullRequest !== null || isStartedByAnybody(readers);
}

/** What a caller has named, `--repo`, is not what such a job has found in its work space. */
function isStartedByAnybody({ ci }: Readers): boolean {
  return isByAnybody(ci.event) && ci.elsewhere !== true;
}

const noFiles: PolicyFiles = { ...workTreeFiles, read: async () => undefined };

/**
 * Where the policy is read from. A pull request must not loosen its own gate: its policy comes from the base branch
 * unless `--config-ref` names another ref. Where anybody may have started the job, whatever has come into its work space
 * since, it comes from the commit that the job was started for.
 */
export async function policySource(
  readers: Readers,
  configRef: string | undefined,
  cleanup: Cleanup,
): Promise<PolicyFiles> {
  if (!isDistrusted(readers, configRef)) return workTreeFiles;
  const repository = await readers.git.repository();
  // Without a checkout there is nothing to be judged by but our own policy, and no file that lies there is one.
  if (repository.state === "outside" && configRef === undefined && !readers.ci.pullRequest) return noFiles;
  if (repository.state !== "ready") {
    // Without the base there is no policy to trust: the work tree's own is the one thing not to fall back to.
    const who = configRef === undefined ? whose(readers) : `--config-ref ${printable(configRef, 200)}`;
    throw new SentinelError("config-ref", `${who}: ${repository.message}`, repository.remedy);
  }
  const { ref, commit } = await findRef(readers, repository, configRef);
  const checkout = once(async () => {
    const { makeOwnFolder } = await import("../clients/own-folder.ts");
    const place = makeOwnFolder();
    cleanup.push(place.remove);
    const folder = join(place.path, "tree");
    mkdirSync(folder);
    await readers.git.exportTo(commit, folder);
    return folder;
  });
  const toolFolder = dirname(fileURLToPath(import.meta.url));
  return refFiles({ git: readers.git, ref, commit, root: repository.root, toolFolder, checkout });
}

function whose({ ci }: Readers): string {
  return ci.pullRequest
    ? "a pull request is judged by the policy of its base"
    : `a job that ${printable(ci.event ?? "", 50)} has started is judged by the policy of the commit that it was started for`;
}

async function findRef(
  readers: Readers,
  repository: ReadyRepository,
  configRef: string | undefined,
): Promise<{ ref: string; commit: string }> {
  const { git, ci } = readers;
  if (configRef !== undefined) {
    // A branch before a tag of the same name: more people may push tags.
    for (const ref of [
      `refs/heads/${configRef}`,
      `refs/remotes/${configRef}`,
      `refs/remotes/origin/${configRef}`,
      configRef,
    ]) {
      const commit = await git.resolve(ref);
      if (commit) return { ref: configRef, commit };
    }
    throw new SentinelError(
      "config-ref",
      `--config-ref: there is no ${printable(configRef, 200)} in this clone`,
      `git fetch origin ${shellWord(printable(configRef, 200))}`,
    );
  }
  if (!ci.pullRequest && isStartedByAnybody(readers)) {
    const commit = ci.commit && (await git.resolve(ci.commit));
    if (commit) return { ref: commit.slice(0, 7), commit };
    throw new SentinelError(
      "config-ref",
      `${whose(readers)}, and ${ci.commit?.slice(0, 7) ?? "it"} is not in this clone`,
      "give actions/checkout: fetch-depth: 0",
    );
  }
  if (isOfAnother(repository.originUrl, readers.env.get)) {
    throw new SentinelError(
      "config-ref",
      `a pull request is judged by the policy of its base, and this is a clone of ${showUrl(repository.originUrl ?? "")}, which its author may own`,
      "check out the pull request from the repository that it wants to go into",
    );
  }
  const base = ci.pullRequest?.base ?? (await git.defaultBranch("origin"));
  for (const ref of base ? [`refs/remotes/origin/${base}`, `refs/heads/${base}`] : []) {
    const commit = await git.resolve(ref);
    if (commit) return { ref: base ?? ref, commit };
  }
  // Only GitHub says which commit is its own merge; elsewhere HEAD^1 is whatever the pull request's author made it.
  if (
    base &&
    ci.name === "GitHub Actions" &&
    ci.event === "pull_request" &&
    ci.commit === repository.commit
  ) {
    const [first, second] = await Promise.all([git.resolve("HEAD^1"), git.resolve("HEAD^2")]);
    if (first && second) return { ref: base, commit: first };
  }
  const name = printable(base ?? "the base branch", 200);
  throw new SentinelError(
    "config-ref",
    `a pull request is judged by the policy of its base, and ${name} is not in this clone`,
    base
      ? `git fetch --depth=1 origin ${shellWord(`+refs/heads/${name}:refs/remotes/origin/${name}`)}`
      : "name it: --config-ref REF",
  );
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
