import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { createGit } from "../../../src/clients/git/git.ts";
import { createGitWriter } from "../../../src/clients/git/writer.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { Step } from "../../../src/core/step.ts";
import { type TagRequest, tagSteps } from "../../../src/release/tag.ts";
import { gitEnv, type TestRepository } from "../../support/repository.ts";
import { never } from "../clients/git/writing.ts";

const run = "https://ci.example.com/run/1";

export interface Clone {
  readonly path: string;
  readonly env?: NodeJS.ProcessEnv;
}

export function stepsOf(repo: Clone, request: Partial<TagRequest> = {}): readonly [Step, Step] {
  const env = { ...gitEnv, ...repo.env };
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: repo.path, env: gitEnv }).toString().trim();
  const writer = createGitWriter({ cwd: repo.path, env, secrets: new Secrets(), limitMs: 20_000 });
  return tagSteps(
    { reader: createGit(repo.path, env), writer },
    {
      name: "v1.0.0",
      commit: git("rev-parse", "HEAD"),
      remote: "origin",
      message: "Release v1.0.0",
      trailers: [["Run", run]],
      sign: "auto",
      fallbackTagger: { name: "release-sentinel", email: "noreply@release-sentinel.invalid" },
      token: null,
      ...request,
    },
  );
}

/** Another clone of the same remote, by somebody else. */
export function clone(repo: TestRepository, name = "other", ...options: readonly string[]): Clone {
  const path = join(dirname(repo.origin), name);
  execFileSync("git", ["clone", "-q", ...options, `file://${repo.origin}`, path], { env: gitEnv });
  return { path, env: { GIT_COMMITTER_NAME: "Somebody Else" } };
}

/** As the flow does it: observed, done where it is needed, observed again. */
export async function release([create, push]: readonly [Step, Step]): Promise<readonly string[]> {
  const said: string[] = [];
  for (const step of [create, push]) {
    const before = await step.observe(never);
    if (before.state === "conflict") throw new Error(before.message);
    if (before.state === "needed") said.push(await step.run(never));
    expect(await step.observe(never)).toMatchObject({ state: "done" });
  }
  return said;
}
