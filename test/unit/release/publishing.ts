import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createEnv } from "../../../src/clients/env.ts";
import { createGitHub } from "../../../src/clients/github/github.ts";
import type { GitHubLimits } from "../../../src/clients/github/limits.ts";
import type { GitHub } from "../../../src/clients/github/types.ts";
import { createHttp } from "../../../src/clients/http.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { PlannedStep, StepResult } from "../../../src/core/plan.ts";
import { applySteps, planSteps } from "../../../src/flows/reconcile.ts";
import { publishSteps } from "../../../src/release/publish.ts";
import type { FileAsset, PublishRequest, TextAsset } from "../../../src/release/publish-request.ts";
import { wantedOf } from "../../../src/release/publish-wanted.ts";
import { type GitHubServer, testToken } from "../../support/github.ts";
import { tempFolder } from "../../support/temp.ts";

export const commit = "a1".repeat(20);
export const otherCommit = "b2".repeat(20);
export const tag = "v1.4.2";
/** A mark of ours that does not say for which files. */
export const marker = `<!-- release-sentinel: ${tag} ${commit} -->`;

/** The mark of a release that is made for these files. */
export async function markerFor({ assets }: PublishRequest): Promise<string> {
  const { build } = await wantedOf(await assets());
  return `<!-- release-sentinel: ${tag} ${commit} ${build} -->`;
}

/** Real waits would make these tests slow, not better. */
export const quick: Partial<GitHubLimits> = {
  backoffMs: [1, 1],
  requestMs: 10_000,
  uploadIdleMs: 10_000,
  secondaryMs: 1,
};

export function never(): AbortSignal {
  return new AbortController().signal;
}

export function clientOf(
  server: Pick<GitHubServer, "url">,
  options: {
    token?: string;
    limits?: Partial<GitHubLimits>;
    repository?: string;
    deadlineAt?: number;
    onWait?: (message: string) => void;
  } = {},
): GitHub {
  const secrets = new Secrets();
  const http = createHttp({ env: createEnv({}, secrets), secrets });
  onTestFinished(() => http.close());
  const { token = testToken(), repository = "octo/demo", limits, ...rest } = options;
  return createGitHub({
    http,
    secrets,
    apiUrl: server.url,
    repository,
    token,
    limits: { ...quick, ...limits },
    ...rest,
  });
}

export function fileAsset(name: string, content: string | Buffer = `content of ${name}`): FileAsset {
  const path = join(tempFolder(), name);
  writeFileSync(path, content);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { name, path, bytes: Buffer.byteLength(content), sha256 };
}

export const notes: TextAsset = { name: "RELEASE_NOTES.md", content: "# Notes\n" };

export function requestFor(given: Partial<PublishRequest> = {}): PublishRequest {
  const assets = [fileAsset("demo-1.4.2.tgz"), notes];
  return {
    tag,
    commit,
    name: tag,
    body: "## Changes in v1.4.2\n\n- one\n",
    prerelease: false,
    remoteTag: async () => commit,
    built: true,
    pushedByToken: true,
    assets: async () => assets,
    ...given,
  };
}

export interface Run {
  readonly plan: readonly PlannedStep[];
  readonly results: readonly StepResult[];
  readonly url: string | null;
  /** Every sentence that people get to see. */
  readonly said: string;
}

/** What the command does with the three steps: a plan, and then one after the other. */
export async function runSteps(
  github: GitHub,
  request: PublishRequest,
  signal: AbortSignal = never(),
): Promise<Run> {
  const { steps, url } = publishSteps(github, request);
  const plan = await planSteps(steps, signal);
  const results = await applySteps(steps, { signal, emit: () => {} });
  return { plan, results, url: url(), said: JSON.stringify([plan, results]) };
}

export const outcomes = ({ results }: Run) => results.map(({ outcome }) => outcome);

/** What is to be seen on GitHub, with nothing that differs from run to run. */
export function seen({ state }: GitHubServer) {
  return state.releases.map(({ tag: name, draft, author, assets }) => ({
    tag: name,
    draft,
    author,
    assets: assets.map((asset) => `${asset.name} ${asset.state}`).sort(),
  }));
}

/** The one release that there should be in the end. */
export const whole = {
  tag,
  draft: false,
  author: "releaser",
  assets: ["RELEASE_NOTES.md uploaded", "demo-1.4.2.tgz uploaded"],
};
