import { createGit } from "../../../../src/clients/git/git.ts";
import { createHistory } from "../../../../src/clients/git/history.ts";
import type { GitHub } from "../../../../src/clients/github/types.ts";
import {
  type ChangelogRequest,
  type ChangelogWorld,
  collectChangelog,
} from "../../../../src/release/overlay/collect.ts";
import type { Changelog } from "../../../../src/release/overlay/model.ts";
import type { GitHubServer } from "../../../support/github.ts";
import type { GitHubServerOptions } from "../../../support/github-server.ts";
import { gitEnv, repository, type TestRepository } from "../../../support/repository.ts";
import { forgeOf } from "../../ritual/integrity/world.ts";

export const never = new AbortController().signal;

/** A repository with v1.2.2, and what `work` does between that and v1.2.3. */
export function between(work: (repo: TestRepository) => void): TestRepository {
  const repo = repository({ origin: true });
  repo.git("tag", "-a", "v1.2.2", "-m", "Release v1.2.2");
  work(repo);
  repo.git("tag", "-a", "v1.2.3", "-m", "Release v1.2.3");
  repo.git("push", "-q", "origin", "main", "--tags");
  return repo;
}

export function worldOf(repo: TestRepository, given: Partial<ChangelogWorld> = {}): ChangelogWorld {
  return {
    git: createGit(repo.path, gitEnv),
    history: createHistory(repo.path, gitEnv),
    mask: (text) => text,
    github: { skipped: "no GITHUB_TOKEN" },
    ...given,
  };
}

export function requestOf(repo: TestRepository, given: Partial<ChangelogRequest> = {}): ChangelogRequest {
  return {
    tag: "v1.2.3",
    commit: repo.git("rev-parse", "v1.2.3^{}").trim(),
    rehearsal: false,
    taggedAt: "2026-11-21T10:00:00.000Z",
    previousAt: "2026-11-01T10:00:00.000Z",
    remote: "origin",
    settings: {},
    ...given,
  };
}

export function collect(
  repo: TestRepository,
  request: Partial<ChangelogRequest> = {},
  given: Partial<ChangelogWorld> = {},
): Promise<Changelog> {
  return collectChangelog(worldOf(repo, given), requestOf(repo, request), never);
}

/** A client of a stand-in with these pull requests and issues. */
export async function gitHubOf(
  repo: TestRepository,
  options: Partial<GitHubServerOptions>,
): Promise<{ readonly server: GitHubServer; readonly github: GitHub }> {
  const { server, forge } = await forgeOf(repo, options);
  if (!("github" in forge)) throw new Error("no forge");
  return { server, github: forge.github as GitHub };
}
