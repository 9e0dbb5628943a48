import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { applySteps } from "../../../src/flows/reconcile.ts";
import { basicAuth, gitHttpServer } from "../../support/git-server.ts";
import { gitEnv, repository } from "../../support/repository.ts";
import { closedPort } from "../../support/server.ts";
import { never, remoteRefs, script, until } from "../clients/git/writing.ts";
import { alive } from "../clients/program/alive.ts";
import { clone, release, stepsOf } from "./tagging.ts";

const taken = "choose the next version: a released tag is never moved";

describe("a tag that is nowhere", () => {
  it("is created, pushed and then done", async () => {
    const repo = repository({ origin: true });
    const steps = stepsOf(repo);
    const [create, push] = steps;
    expect([create.id, create.title]).toEqual(["tag.create", "Create tag v1.0.0"]);
    expect([push.id, push.title]).toEqual(["tag.push", "Push tag v1.0.0 to origin"]);
    const commit = repo.git("rev-parse", "--short=7", "HEAD").trim();
    expect(await create.observe(never)).toEqual({
      state: "needed",
      message: `Git tag v1.0.0 will be created at ${commit}`,
    });
    expect(await push.observe(never)).toEqual({
      state: "needed",
      message: "Git tag v1.0.0 will be pushed to origin",
    });
    expect(await create.prove?.(never)).toEqual([]);
    expect(await push.prove?.(never)).toEqual([{ state: "ok", message: "origin lets this account push" }]);
    expect(repo.git("tag", "--list")).toBe("");
    expect(await release(steps)).toEqual([
      `Git tag v1.0.0 created here, at ${commit}`,
      "Git tag v1.0.0 created and pushed",
    ]);
    expect(remoteRefs(repo)).toEqual(["refs/heads/main", "refs/tags/v1.0.0"]);
    expect(await release(stepsOf(repo))).toEqual([]);
    expect(await push.observe(never)).toEqual({
      state: "done",
      message: `Git tag v1.0.0 is on origin, at this commit (${commit})`,
    });
  });

  it("is pushed only when it is here already", async () => {
    const repo = repository({ origin: true });
    await stepsOf(repo)[0].run(never);
    expect(await release(stepsOf(repo))).toEqual(["Git tag v1.0.0 created and pushed"]);
  });

  it("is released from a shallow clone, a partial one, a linked work tree and a detached HEAD", async () => {
    const repo = repository({ origin: true });
    repo.commit("feat: second");
    repo.git("push", "-q", "origin", "main");
    repo.git("--git-dir", repo.origin, "config", "uploadpack.allowFilter", "true");
    const shallow = clone(repo, "shallow", "--depth=1");
    const partial = clone(repo, "partial", "--filter=blob:none");
    const linked = join(dirname(repo.path), "linked");
    repo.git("worktree", "add", "-q", "--detach", linked);
    for (const [i, at] of [shallow, partial, { path: linked }].entries()) {
      await release(stepsOf(at, { name: `v1.0.${i}` }));
    }
    expect(remoteRefs(repo).filter((ref) => ref.startsWith("refs/tags/"))).toHaveLength(3);
  });

  it("tells who will be the tagger where git's settings name nobody", async () => {
    const repo = repository({ origin: true });
    const unset = { GIT_COMMITTER_NAME: undefined, GIT_COMMITTER_EMAIL: undefined };
    const [create] = stepsOf({ path: repo.path, env: unset });
    expect(await create.prove?.(never)).toEqual([
      { state: "notice", message: "git's settings name no tagger: release-sentinel will be it" },
    ]);
  });
});

describe("a tag that is somewhere else already", () => {
  it("is done when the remote has it at this commit, whoever made it", async () => {
    const repo = repository({ origin: true });
    await release(stepsOf(clone(repo)));
    const [create, push] = stepsOf(repo);
    expect(await create.observe(never)).toMatchObject({
      state: "done",
      message: expect.stringContaining("Git tag v1.0.0 is already on origin, at this commit"),
    });
    expect(await push.observe(never)).toMatchObject({
      state: "done",
      message: expect.stringMatching(
        /^Git tag v1\.0\.0 is on origin, .* by Somebody Else, .*, run https:\/\/ci/,
      ),
    });
    expect(repo.git("tag", "--list")).toBe("");
  });

  it("is done when CI's checkout has made a lightweight copy of it", async () => {
    const repo = repository({ origin: true });
    await release(stepsOf(clone(repo)));
    repo.git("tag", "v1.0.0");
    expect((await stepsOf(repo)[0].observe(never)).state).toBe("done");
    expect((await stepsOf(repo)[1].observe(never)).state).toBe("done");
  });

  it("is a conflict when the remote has it at another commit: it says where, at which, by whom", async () => {
    const repo = repository({ origin: true });
    await release(stepsOf(clone(repo)));
    const at = repo.git("rev-parse", "--short=7", "HEAD").trim();
    repo.commit("feat: next");
    for (const step of stepsOf(repo)) {
      expect(await step.observe(never)).toEqual({
        state: "conflict",
        message: expect.stringMatching(
          new RegExp(`^Git tag already exists: v1\\.0\\.0 \\(origin, at ${at}, by Somebody Else, `),
        ),
        remedy: taken,
      });
    }
  });

  it("is a conflict when the remote has it as a lightweight tag, even at this commit", async () => {
    const repo = repository({ origin: true });
    repo.git("push", "-q", "origin", "main:refs/tags/v1.0.0");
    for (const step of stepsOf(repo)) {
      expect(await step.observe(never)).toMatchObject({
        state: "conflict",
        message: expect.stringContaining("(origin, lightweight, at "),
        remedy: taken,
      });
    }
    expect(repo.git("tag", "--list")).toBe("");
  });

  it("is a conflict here: a stray tag may be deleted, once the remote is known not to have it", async () => {
    const repo = repository({ origin: true });
    repo.git("tag", "v1.0.0");
    const [create] = stepsOf(repo);
    expect(await create.observe(never)).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("(local, lightweight, at "),
      remedy: "origin does not have it: if nobody needs the local one, git tag -d v1.0.0",
    });
    repo.git("remote", "set-url", "origin", `http://127.0.0.1:${await closedPort()}/x`);
    expect(await create.observe(never)).toMatchObject({
      state: "conflict",
      remedy: expect.stringContaining("git ls-remote --tags origin"),
    });
    expect(repo.git("tag", "--list")).toBe("v1.0.0\n");
  });

  it("is a conflict here when a push was held up, and the commit that mends it came after the tag", async () => {
    const repo = repository({ origin: true });
    const hook = script(join(repo.path, ".git/hooks/pre-push"), "echo 'the tests fail'; exit 1");
    const [create, push] = stepsOf(repo);
    await create.run(never);
    await expect(push.run(never)).rejects.toThrow("the pre-push hook declined v1.0.0: the tests fail");
    writeFileSync(hook, "#!/bin/sh\nexit 0\n");
    repo.commit("fix: the tests");
    const [again] = stepsOf(repo);
    const remedy = "origin does not have it: if nobody needs the local one, git tag -d v1.0.0";
    expect(await again.observe(never)).toMatchObject({
      ...{ state: "conflict", remedy },
      message: expect.stringMatching(/^Git tag already exists: v1\.0\.0 \(local, at .*, by Test Author/),
    });
    repo.git("tag", "-d", "v1.0.0");
    await release(stepsOf(repo));
  });

  it("is a conflict in both places, with both named", async () => {
    const repo = repository({ origin: true });
    await release(stepsOf(repo));
    repo.commit("feat: next");
    expect(await stepsOf(repo)[0].observe(never)).toMatchObject({
      state: "conflict",
      message: expect.stringMatching(/\(local, at .*, by Test Author, .*; origin, at .*, by Test Author/),
      remedy: taken,
    });
  });

  it("is left as it is by a run that meets it after its plan", async () => {
    const repo = repository({ origin: true });
    const mine = stepsOf(repo);
    await mine[0].run(never);
    repo.commit("feat: elsewhere");
    repo.git("push", "-q", "origin", "main:refs/tags/v1.0.0");
    const before = repo.git("ls-remote", "origin");
    await expect(mine[1].run(never)).rejects.toMatchObject({ name: "StepFailure", remedy: taken });
    expect(await mine[1].observe(never)).toMatchObject({ state: "conflict" });
    expect(repo.git("ls-remote", "origin")).toBe(before);
    expect(await mine[0].undo?.(never)).toBe("Git tag v1.0.0 deleted here again");
    expect(repo.git("tag", "--list")).toBe("");
  });
});

describe("what stands in the way", () => {
  it("is a name that no tag can have", async () => {
    const [create] = stepsOf(repository({ origin: true }), { name: "v1.0.0 --all" });
    expect(await create.observe(never)).toMatchObject({
      state: "conflict",
      message: "Not a name that a tag can have: v1.0.0 --all",
    });
  });

  it("is a remote that is not there", async () => {
    const [create, push] = stepsOf(repository());
    expect((await create.observe(never)).state).toBe("needed");
    expect(await push.observe(never)).toMatchObject({
      state: "conflict",
      message: "There is no remote named origin",
      remedy: expect.stringContaining("git remote add origin URL"),
    });
  });

  it("is unknown while the remote gives no answer", async () => {
    const repo = repository({ origin: true });
    repo.git("remote", "set-url", "origin", `http://127.0.0.1:${await closedPort()}/x`);
    for (const step of stepsOf(repo)) {
      await expect(step.observe(never)).rejects.toMatchObject({
        message: expect.stringContaining("origin cannot be reached"),
        remedy: expect.stringContaining("git ls-remote origin"),
      });
    }
    expect(await stepsOf(repo)[1].prove?.(never)).toMatchObject([{ state: "unknown" }]);
  });

  it("is a key that cannot sign: nothing is made", async () => {
    const repo = repository({ origin: true });
    repo.git("config", "tag.gpgSign", "true");
    repo.git("config", "gpg.format", "ssh");
    expect(await stepsOf(repo)[0].prove?.(never)).toMatchObject([
      { state: "conflict", message: expect.stringMatching(/^signing does not work here: /) },
    ]);
    expect(await stepsOf(repo, { sign: "never" })[0].prove?.(never)).toEqual([]);
  });

  it("is a tag of an earlier run without the signature that was asked for", async () => {
    const repo = repository({ origin: true });
    repo.git("tag", "-a", "v1.0.0", "-m", "Release v1.0.0");
    expect(await stepsOf(repo, { sign: "ssh" })[0].observe(never)).toMatchObject({
      state: "conflict",
      message: "Git tag v1.0.0 is here, and is not signed",
      remedy: "git tag -d v1.0.0, then run the release again",
    });
    repo.git("push", "-q", "origin", "v1.0.0");
    expect(await stepsOf(repo, { sign: "ssh" })[0].observe(never)).toMatchObject({ state: "done" });
  });

  it("is an account that may not push", async () => {
    const repo = repository({ origin: true });
    const server = await gitHttpServer(repo.origin, ({ path }) =>
      path.includes("receive-pack") ? { status: 403 } : undefined,
    );
    repo.git("remote", "set-url", "origin", server.url);
    expect(await stepsOf(repo)[1].prove?.(never)).toMatchObject([
      { state: "conflict", message: expect.stringContaining("origin does not let this account push") },
    ]);
  });

  it("is a hook of the remote: the run fails, and can be made again", async () => {
    const repo = repository({ origin: true });
    const hook = script(join(repo.origin, "hooks/pre-receive"), "echo 'not yet'; exit 1");
    const steps = stepsOf(repo);
    await steps[0].run(never);
    await expect(steps[1].run(never)).rejects.toMatchObject({
      name: "StepFailure",
      message: expect.stringContaining("origin itself declined v1.0.0: not yet"),
    });
    expect((await steps[1].observe(never)).state).toBe("needed");
    writeFileSync(hook, "#!/bin/sh\nexit 0\n");
    expect(await release(stepsOf(repo))).toEqual(["Git tag v1.0.0 created and pushed"]);
  });

  it.each(["`workflows` permission", "`workflow` scope"])(
    "is a commit that changes workflow files, for a token without the %s: it can be finished",
    async (right) => {
      const repo = repository({ origin: true });
      const said = `refusing to allow an App to create or update workflow \\\`ci.yml\\\` without ${right.replaceAll("`", "\\`")}`;
      const hook = script(join(repo.origin, "hooks/pre-receive"), `echo "${said}" >&2; exit 1`);
      const [, failed] = await applySteps(stepsOf(repo), { signal: never, emit: () => {} });
      expect(failed).toEqual({
        ...{ id: "tag.push", outcome: "failed" },
        message: expect.stringContaining(`create or update workflow \`ci.yml\` without ${right}`),
        remedy: expect.stringMatching(/"workflows: write" .*"workflow"/),
      });
      rmSync(hook);
      await release(stepsOf(repo));
    },
  );

  it("is a tag that changed between its making and its push", async () => {
    const repo = repository({ origin: true });
    const [create, push] = stepsOf(repo);
    await create.run(never);
    repo.commit("feat: next");
    repo.git("tag", "-f", "-a", "v1.0.0", "-m", "moved");
    await expect(push.run(never)).rejects.toMatchObject({ remedy: "run the release again" });
    expect(remoteRefs(repo)).toEqual(["refs/heads/main"]);
  });
});

describe("a private remote, and a token", () => {
  it("is read and pushed to", async () => {
    const value = ["tkn", "0123456789"].join("_");
    const repo = repository({ origin: true });
    const server = await gitHttpServer(repo.origin, basicAuth(`x-access-token:${value}`));
    repo.git("remote", "set-url", "origin", server.url);
    await release(stepsOf(repo, { token: { value, host: server.origin } }));
    expect(remoteRefs(repo)).toContain("refs/tags/v1.0.0");
  });
});

describe("a run that is killed", () => {
  it("while its hook holds the push up, leaves nothing running, and the next one ends the work", async () => {
    const repo = repository({ origin: true });
    const started = join(dirname(repo.origin), "started");
    const hook = join(repo.path, ".git/hooks/pre-push");
    script(hook, `echo $$ > ${started}.new; mv ${started}.new ${started}; trap '' TERM; sleep 1000`);
    const source = join(import.meta.dirname, "../../..", "src");
    const program = `
      const { createGitWriter } = await import(${JSON.stringify(join(source, "clients/git/writer.ts"))});
      const { createGit } = await import(${JSON.stringify(join(source, "clients/git/git.ts"))});
      const { Secrets } = await import(${JSON.stringify(join(source, "core/mask.ts"))});
      const { tagSteps } = await import(${JSON.stringify(join(source, "release/tag.ts"))});
      const [cwd, commit] = process.argv.slice(1);
      const writer = createGitWriter({ cwd, env: process.env, secrets: new Secrets() });
      const steps = tagSteps({ reader: createGit(cwd, process.env), writer }, { name: "v1.0.0", commit, remote: "origin",
        message: "x", trailers: [], sign: "never", fallbackTagger: { name: "a", email: "b" }, token: null });
      for (const step of steps) await step.run(new AbortController().signal);
    `;
    const args = ["--input-type=module", "-e", program, repo.path, repo.git("rev-parse", "HEAD").trim()];
    const child = spawn(process.execPath, args, { env: gitEnv, stdio: "ignore" });
    await until(() => existsSync(started));
    child.kill("SIGKILL");
    await until(() => !alive(Number(readFileSync(started, "utf8"))));
    expect(remoteRefs(repo)).toEqual(["refs/heads/main"]);
    script(hook, "exit 0");
    expect(await release(stepsOf(repo))).toEqual(["Git tag v1.0.0 created and pushed"]);
  });
});
