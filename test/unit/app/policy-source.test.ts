import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSentinel } from "../../../src/app/sentinel.ts";
import { cleanEnv } from "../../support/cli.ts";
import { repository, type TestRepository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

const asked = { environment: "prod", version: "v1.0.0" };
const file = "release-sentinel.yaml";

/** A project whose policy says where it comes from: its base asks `git.version`, and nothing else. */
function project(): TestRepository {
  const repo = repository({ origin: true });
  repo.commit("chore: policy", { [file]: "checks: {git.version: true}\n" });
  repo.git("push", "-q", "origin", "main");
  return repo;
}

/** A policy whose plugin leaves a mark when it is loaded, and finds everything in order. */
function evil(): { files: Record<string, string>; hasRun: () => boolean } {
  const mark = join(tempFolder(), "ran");
  const plugin = `import { writeFileSync } from "node:fs";
writeFileSync(${JSON.stringify(mark)}, "");
export default { id: "evil.one", question: "?", kind: "policy", reach: "local", defaults: {}, schema: (z) => z.strictObject({}), observe: async () => ({}), judge: () => ({ status: "ok", message: "fine" }) };
`;
  const files = { [file]: "checks:\n  own: {uses: ./evil.mjs}\n", "evil.mjs": plugin };
  return { files, hasRun: () => existsSync(mark) };
}

function ask(cwd: string, env: Record<string, string>, configRef?: string) {
  const gate = createSentinel({ cwd, env: cleanEnv(env) });
  onTestFinished(() => gate.close());
  return gate.check({ ...asked, ...(configRef === undefined ? {} : { configRef }) });
}

const github = {
  GITHUB_ACTIONS: "true",
  GITHUB_EVENT_NAME: "pull_request",
  GITHUB_REF: "refs/pull/7/merge",
  GITHUB_BASE_REF: "main",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "octo/app",
};

describe("a pull request that brings a repository of its own", () => {
  it("as files of a bare one, is not judged by what that says", async () => {
    const [repo, own, { files, hasRun }] = [project(), repository(), evil()];
    own.commit("chore: policy", Object.fromEntries(Object.entries(files).map(([k, v]) => [`app/${k}`, v])));
    own.git("update-ref", "refs/remotes/origin/main", "HEAD");
    const app = join(repo.path, "app");
    mkdirSync(app);
    cpSync(join(own.path, ".git"), app, { recursive: true });
    writeFileSync(join(app, "config"), "[core]\n\trepositoryformatversion = 0\n\tworktree = ..\n");
    repo.commit("feat: harmless");
    const error = await ask(app, github).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "config-ref", message: expect.stringContaining("this one is bare") });
    expect(hasRun()).toBe(false);
  });
});
