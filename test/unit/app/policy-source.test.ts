import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
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
  /** git as it was before 2.38: it takes what looks like a bare repository for one. */
  function olderGit(): string {
    const folder = tempFolder();
    const real = execFileSync("sh", ["-c", "command -v git"]).toString().trim();
    const script = `#!/bin/bash\nexec ${real} "\${@/safe.bareRepository=explicit/safe.bareRepository=all}"\n`;
    writeFileSync(join(folder, "git"), script, { mode: 0o755 });
    return `${folder}${delimiter}${process.env["PATH"]}`;
  }

  it.each([
    ["that knows such", () => ({})],
    ["that takes such for the repository", () => ({ PATH: olderGit() })],
  ])("as files of a bare one, is not judged by what that says, with a git %s", async (_, env) => {
    const [repo, own, { files, hasRun }] = [project(), repository(), evil()];
    own.commit("chore: policy", Object.fromEntries(Object.entries(files).map(([k, v]) => [`app/${k}`, v])));
    own.git("update-ref", "refs/remotes/origin/main", "HEAD");
    const app = join(repo.path, "app");
    mkdirSync(app);
    cpSync(join(own.path, ".git"), app, { recursive: true });
    writeFileSync(join(app, "config"), "[core]\n\trepositoryformatversion = 0\n\tworktree = ..\n");
    repo.commit("feat: harmless");
    const error = await ask(app, { ...github, ...env() }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "config-ref", message: expect.stringContaining("this one is bare") });
    expect(hasRun()).toBe(false);
  });

  it("as a submodule, which calls itself what the project is called, is not judged by what that says", async () => {
    const [repo, own, { files, hasRun }] = [project(), repository({ origin: true }), evil()];
    own.commit("chore: policy", files);
    own.git("push", "-q", "origin", "main");
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", `file://${own.origin}`, "app");
    repo.commit("feat: harmless");
    const app = join(repo.path, "app");
    repo.git("-C", app, "remote", "set-url", "origin", "https://elsewhere.example/octo/app.git");
    for (const configRef of [undefined, "origin/main"]) {
      const error = await ask(app, github, configRef).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "config-ref", message: expect.stringContaining("submodule") });
    }
    expect(hasRun()).toBe(false);
  });
});

describe("a pull request that makes a link of a folder", () => {
  function linked(): { repo: TestRepository; app: string; strict: string } {
    const repo = repository({ origin: true });
    const weak = { "examples/release-sentinel.yaml": "checks: {git.repository: true}\n" };
    repo.commit("chore: policies", { [`shop/${file}`]: "checks: {git.version: true}\n", ...weak });
    repo.git("push", "-q", "origin", "main");
    symlinkSync("examples", join(repo.path, "app"));
    repo.commit("feat: harmless");
    return { repo, app: join(repo.path, "app"), strict: join(repo.path, "shop") };
  }

  it("is not judged by the policy of the folder that `cd` has come to over it", async () => {
    const { repo, app } = linked();
    const there = realpathSync(app);
    for (const configRef of [undefined, "origin/main"]) {
      const error = await ask(there, { ...github, PWD: app }, configRef).catch((e: unknown) => e);
      expect(error).toMatchObject({
        code: "config-ref",
        message: expect.stringContaining("the way into this folder, app, leads over a link"),
      });
    }
    symlinkSync("app", join(repo.path, "again"));
    const twice = ask(there, { ...github, PWD: join(repo.path, "again") });
    await expect(twice).rejects.toMatchObject({ code: "config-ref" });
  });

  it("is judged where the shell came by no link of its own, or tells of another folder", async () => {
    const { repo, strict } = linked();
    const around = join(tempFolder(), "work");
    symlinkSync(repo.path, around);
    for (const PWD of [strict, join(around, "shop"), join(repo.path, "app"), "/nowhere", "shop"]) {
      const { policySource, findings } = await ask(strict, { ...github, PWD });
      expect([policySource, findings.map(({ check }) => check)]).toEqual([
        `${file} at main`,
        ["git.version"],
      ]);
    }
  });

  it("is nobody's business where the work tree is trusted", async () => {
    const { app } = linked();
    const { policySource } = await ask(realpathSync(app), { PWD: app });
    expect(policySource).toBe(file);
  });
});

describe("the base of a pull request", () => {
  it("is not a local branch of its name, as which the pull request itself may be checked out", async () => {
    const [repo, { files, hasRun }] = [project(), evil()];
    repo.commit("feat: harmless", files);
    repo.git("update-ref", "-d", "refs/remotes/origin/main");
    const woodpecker = {
      ...{ CI: "woodpecker", CI_PIPELINE_EVENT: "pull_request", CI_COMMIT_PULL_REQUEST: "7" },
      ...{ CI_COMMIT_BRANCH: "main", CI_COMMIT_TARGET_BRANCH: "main" },
    };
    await expect(ask(repo.path, woodpecker, "main")).rejects.toMatchObject({ code: "config-ref" });
    const error = await ask(repo.path, woodpecker).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: "config-ref",
      remedy: "git fetch --depth=1 origin +refs/heads/main:refs/remotes/origin/main",
    });
    expect(hasRun()).toBe(false);
    repo.git("fetch", "-q", "--depth=1", "origin", "+refs/heads/main:refs/remotes/origin/main");
    for (const configRef of [undefined, "main", "origin/main"]) {
      const verdict = await ask(repo.path, woodpecker, configRef);
      expect(verdict.policySource).toBe(`${file} at ${configRef ?? "main"}`);
    }
    expect(hasRun()).toBe(false);
  });

  it("is not a fork's branch of that name, where Jenkins has the fork as origin", async () => {
    const [repo, { files, hasRun }] = [project(), evil()];
    repo.commit("feat: harmless", files);
    repo.git("push", "-q", "origin", "main");
    repo.git("remote", "set-url", "origin", "https://bitbucket.org/ada/app.git");
    const jenkins = {
      ...{ JENKINS_URL: "https://ci.example/", CHANGE_ID: "7", CHANGE_TARGET: "main" },
      CHANGE_URL: "https://bitbucket.org/octo/app/pull-requests/7",
    };
    repo.git("tag", "v1");
    const names = ["main", "origin/main", "refs/remotes/origin/main", "v1", "refs/tags/v1"];
    for (const configRef of [undefined, ...names]) {
      const error = await ask(repo.path, jenkins, configRef).catch((e: unknown) => e);
      expect(error).toMatchObject({
        code: "config-ref",
        message: expect.stringContaining(
          "a clone of https://bitbucket.org/ada/app.git, which its author may own",
        ),
        remedy:
          "git fetch https://bitbucket.org/octo/app +refs/heads/main:refs/remotes/base/main, and then: --config-ref base/main",
      });
    }
    repo.git("update-ref", "refs/remotes/base/main", "HEAD~1");
    const verdict = await ask(repo.path, jenkins, "base/main");
    expect(verdict.policySource).toBe(`${file} at base/main`);
    expect(hasRun()).toBe(false);
  });
});

describe("a program that lies in the work tree", () => {
  /** Whether it is found by a command, by what the command looks at the world with, and by what all of them share. */
  async function found(more: Record<string, string>): Promise<boolean[]> {
    const repo = project();
    repo.write("bin/kubectl", "#!/bin/sh\n");
    chmodSync(join(repo.path, "bin/kubectl"), 0o755);
    const PATH = `${join(repo.path, "bin")}:${process.env["PATH"]}`;
    const gate = createSentinel({ cwd: repo.path, env: cleanEnv({ ...github, ...more, PATH }) });
    onTestFinished(() => gate.close());
    const own = (path: string | undefined) => path?.includes(repo.path) === true;
    const here = await gate.job({ command: "preview" }, async (job) => [
      own(job.env["PATH"]),
      own(job.clients.readers.programs.which("kubectl")),
    ]);
    return [...here, own(gate.clients.readers.programs.which("kubectl"))];
  }

  it.each(["pull_request", "workflow_run"])("is not used in a job that a %s has started", async (event) => {
    const base = event === "pull_request" ? {} : { GITHUB_REF: "refs/heads/main", GITHUB_BASE_REF: "" };
    expect(await found({ GITHUB_EVENT_NAME: event, ...base })).toEqual([false, false, false]);
  });

  it("is used in a job that a push has started", async () => {
    const push = { GITHUB_EVENT_NAME: "push", GITHUB_REF: "refs/heads/main", GITHUB_BASE_REF: "" };
    expect(await found(push)).toEqual([true, true, true]);
  });
});

describe("--config-ref", () => {
  /** `stable` is a tag of the base's policy, and then somebody pushes a branch of that name. */
  function withTwo() {
    const [repo, { files, hasRun }] = [project(), evil()];
    const pinned = repo.git("rev-parse", "HEAD").trim();
    repo.git("tag", "stable");
    repo.commit("feat: harmless", files);
    return { repo, pinned, hasRun };
  }

  it.each(["refs/heads/stable", "refs/remotes/origin/stable"])(
    "takes no branch %s for the tag that is called so too, and a whole name is one thing",
    async (branch) => {
      const { repo, hasRun } = withTwo();
      repo.git("update-ref", branch, "HEAD");
      const error = await ask(repo.path, {}, "stable").catch((e: unknown) => e);
      expect(error).toMatchObject({
        code: "config-ref",
        message: `--config-ref stable is more than one thing: ${branch}, refs/tags/stable`,
        remedy: `say which: --config-ref ${branch}`,
      });
      // Nor one that is called like its whole name.
      repo.git("update-ref", "refs/heads/refs/tags/stable", "HEAD");
      const { policySource } = await ask(repo.path, {}, "refs/tags/stable");
      expect([policySource, hasRun()]).toEqual([`${file} at refs/tags/stable`, false]);
    },
  );

  it("takes no branch for a whole commit's name, in the clone or not", async () => {
    const { repo, pinned, hasRun } = withTwo();
    repo.git("update-ref", `refs/remotes/origin/${pinned}`, "HEAD");
    expect((await ask(repo.path, {}, pinned)).policySource).toBe(`${file} at ${pinned}`);
    const absent = "a".repeat(40);
    repo.git("update-ref", `refs/remotes/origin/${absent}`, "HEAD");
    await expect(ask(repo.path, {}, absent)).rejects.toMatchObject({ code: "config-ref" });
    expect(hasRun()).toBe(false);
  });

  it("takes HEAD for what is checked out, and a branch that is only origin's by its short name", async () => {
    const { repo, pinned } = withTwo();
    repo.commit("chore: stricter", { [file]: "checks: {git.branch: {allow: [none]}}\n" });
    repo.git("update-ref", "refs/remotes/origin/HEAD", pinned);
    repo.git("update-ref", "refs/remotes/origin/policy", pinned);
    const names = async (ref: string) => (await ask(repo.path, {}, ref)).findings.map(({ check }) => check);
    expect(await names("HEAD")).toEqual(["git.branch"]);
    expect(await names("policy")).toEqual(["git.version"]);
  });
});
