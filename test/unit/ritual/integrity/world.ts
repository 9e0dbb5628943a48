import { createHash } from "node:crypto";
import { onTestFinished } from "vitest";
import { createGit } from "../../../../src/clients/git/git.ts";
import { createGitWriter } from "../../../../src/clients/git/writer.ts";
import { createGitHub } from "../../../../src/clients/github/github.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import type {
  IntegrityRequest,
  IntegrityWorld,
  ReleaseReading,
} from "../../../../src/ritual/integrity/model.ts";
import { readRelease } from "../../../../src/ritual/integrity/read.ts";
import { type GitHubServer, githubServer, testToken } from "../../../support/github.ts";
import type { GitHubServerOptions } from "../../../support/github-server.ts";
import { gitEnv, repository, type TestRepository } from "../../../support/repository.ts";

export const never = new AbortController().signal;

/** A repository whose `main` is pushed, with an annotated tag that is pushed too. */
export function released(tag = "v1.2.3"): TestRepository {
  const repo = repository({ origin: true });
  repo.commit("feat: something new");
  repo.git("tag", "-a", tag, "-m", `Release ${tag}`);
  repo.git("push", "-q", "origin", "main", tag);
  return repo;
}

export function worldOf(root: string, given: Partial<IntegrityWorld> = {}): IntegrityWorld {
  return {
    git: createGit(root, gitEnv),
    tags: createGitWriter({ cwd: root, env: gitEnv, secrets: new Secrets() }),
    token: null,
    project: null,
    previous: async () => null,
    forge: { skipped: "no GITHUB_TOKEN", repository: null },
    verdict: null,
    ...given,
  };
}

export const plain: IntegrityRequest = {
  tag: "v1.2.3",
  rehearsal: false,
  environment: null,
  deployed: null,
  window: null,
};

export function look(
  root: string,
  request: Partial<IntegrityRequest> = {},
  given: Partial<IntegrityWorld> = {},
): Promise<ReleaseReading> {
  return readRelease(worldOf(root, given), { ...plain, ...request }, never);
}

/** Questions with the answers that were given to them. */
export function answers({ findings }: ReleaseReading): Record<string, string> {
  return Object.fromEntries(findings.map(({ question, status }) => [question, status]));
}

export function messages({ findings }: ReleaseReading): string {
  return findings.map(({ status, message }) => `${status}: ${message}`).join("\n");
}

export function sumsOf(assets: readonly { readonly name: string; readonly content: string }[]): string {
  return assets
    .map(({ name, content }) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`)
    .join("");
}

/** GitHub with a repository's tags, and a client of it. */
export async function forgeOf(
  repo: TestRepository,
  options: Partial<GitHubServerOptions> = {},
): Promise<{ readonly server: GitHubServer; readonly forge: IntegrityWorld["forge"] }> {
  const server = await githubServer({ gitDir: repo.origin, ...options });
  const secrets = new Secrets();
  const http = createHttp({ env: { get: () => undefined, secret: () => undefined }, secrets });
  onTestFinished(() => http.close());
  const github = createGitHub({
    http,
    secrets,
    apiUrl: server.url,
    repository: "octo/demo",
    token: testToken(),
    limits: { backoffMs: [1, 1] },
  });
  return { server, forge: { github, repository: "octo/demo" } };
}
