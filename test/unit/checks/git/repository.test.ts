import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitClean } from "../../../../src/checks/git/clean.ts";
import { gitHistory } from "../../../../src/checks/git/history.ts";
import { gitPushed } from "../../../../src/checks/git/pushed.ts";
import { gitRepository } from "../../../../src/checks/git/repository.ts";
import { gitSigned } from "../../../../src/checks/git/signed.ts";
import { gitVersion } from "../../../../src/checks/git/version.ts";
import { ask } from "../../../support/ask.ts";
import { gitEnv, repository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";

describe("git.repository", () => {
  it("passes in a work tree, in its folders and through a symbolic link", async () => {
    const repo = repository();
    repo.write("deep/er/file", "");
    const link = join(tempFolder(), "link");
    symlinkSync(repo.path, link);
    for (const cwd of [repo.path, join(repo.path, "deep/er"), link])
      expect((await ask(gitRepository, { cwd })).status).toBe("ok");
  });
  it("says what is wrong elsewhere", async () => {
    expect(await ask(gitRepository, { cwd: tempFolder() })).toMatchObject({
      status: "fail",
      message: "Not inside a Git repository",
    });
    expect(await ask(gitRepository, { cwd: repository({ empty: true }).path })).toMatchObject({
      status: "fail",
      message: "Git repository has no commit yet",
    });
    expect(await ask(gitRepository, { cwd: repository({ origin: true }).origin })).toMatchObject({
      status: "fail",
      message: expect.stringContaining("Not inside a Git repository"),
    });
  });
  it("names git's refusal of another user's repository, with the command that mends it", async () => {
    const repo = repository();
    const env = { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" };
    const answer = await ask(gitRepository, { cwd: repo.path, env });
    // git's own switch for tests is not let through, so that the owner is changed for real where that is allowed.
    if (process.getuid?.() !== 0) return expect(answer.status).toBe("ok");
    execFileSync("chown", ["-R", "12345", repo.path]);
    expect(await ask(gitRepository, { cwd: repo.path })).toMatchObject({
      status: "fail",
      message: expect.stringContaining("safe.directory"),
      remedy: `git config --global --add safe.directory ${repo.path}`,
    });
  });
  it("is not led elsewhere by inherited GIT_* variables", async () => {
    const [here, elsewhere] = [repository(), repository()];
    here.write("untracked", "x");
    const env = {
      GIT_DIR: join(elsewhere.path, ".git"),
      GIT_WORK_TREE: elsewhere.path,
      GIT_INDEX_FILE: join(elsewhere.path, ".git/index"),
    };
    expect((await ask(gitClean, { cwd: here.path, env })).status).toBe("fail");
  });
  it("works in a linked work tree and in a submodule", async () => {
    const repo = repository();
    const linked = `${repo.path}-linked`;
    repo.git("worktree", "add", "-q", "-b", "release/1", linked);
    expect((await ask(gitRepository, { cwd: linked })).message).toContain("release/1");
    const outer = repository();
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", repo.path, "sub");
    outer.commit("chore: submodule");
    expect((await ask(gitRepository, { cwd: join(outer.path, "sub") })).status).toBe("ok");
    expect((await ask(gitClean, { cwd: outer.path })).status).toBe("ok");
    writeFileSync(join(outer.path, "sub/new"), "x");
    expect((await ask(gitClean, { cwd: outer.path })).status).toBe("fail");
  });
});

describe("git.clean", () => {
  it("counts changed, staged and untracked paths, whatever the settings say", async () => {
    const repo = repository();
    expect((await ask(gitClean, { cwd: repo.path })).status).toBe("ok");
    repo.git("config", "status.showUntrackedFiles", "no");
    repo.write("new file\nwith a line break", "x");
    repo.write("README.md", "changed");
    const answer = await ask(gitClean, { cwd: join(repo.path) });
    expect(answer).toMatchObject({
      status: "fail",
      message: expect.stringContaining(
        "Git working tree is dirty (2 changed paths: README.md, new file\\nwith a line break)",
      ),
    });
  });
  it("counts what only this clone's info/exclude hides, once each, in a linked work tree too", async () => {
    const repo = repository();
    repo.commit("chore: ignore", { ".gitignore": "*.log\n", "kept/in": "x" });
    const linked = `${repo.path}-linked`;
    repo.git("worktree", "add", "-q", linked);
    const exclude = join(repo.path, ".git/info/exclude");
    mkdirSync(join(repo.path, ".git/info"), { recursive: true });
    writeFileSync(exclude, "# only words\n\n");
    repo.write("kept/a.log", "x");
    expect((await ask(gitClean, { cwd: repo.path })).status).toBe("ok");
    writeFileSync(exclude, "*.py\nout/\nnested/\n");
    repo.write("out/deep/a.txt", "x");
    repo.write("kept/b.py", "x");
    repo.write("seen", "x");
    repo.write("only-logs/a.log", "x");
    mkdirSync(join(repo.path, "empty"));
    execFileSync("git", ["init", "-q", join(repo.path, "nested")], { env: gitEnv });
    repo.write("README.md", "changed");
    const inside = await ask(gitClean, { cwd: join(repo.path, "kept") });
    expect(inside.details?.toSorted()).toEqual([
      " M README.md",
      "?? kept/b.py",
      "?? nested/",
      "?? out/",
      "?? seen",
    ]);
    writeFileSync(join(linked, "c.py"), "x");
    expect((await ask(gitClean, { cwd: linked })).details).toEqual(["?? c.py"]);
  });
  it("sees with an exclude file what it sees without one", async () => {
    const repo = repository();
    repo.commit("chore: ignore", {
      ".gitignore": "*.log\nbuild/\n",
      "src/.gitignore": "!keep.log\n",
      "src/a": "",
    });
    for (const path of [
      "src/keep.log",
      "src/x.log",
      "build/out",
      "new/deep/file",
      "new/a.log",
      "src/sub/b",
      "ü",
    ])
      repo.write(path, "x");
    execFileSync("git", ["init", "-q", join(repo.path, "nested")], { env: gitEnv });
    const before = (await ask(gitClean, { cwd: repo.path })).details;
    mkdirSync(join(repo.path, ".git/info"), { recursive: true });
    writeFileSync(join(repo.path, ".git/info/exclude"), "nothing-of-this-name\n");
    expect((await ask(gitClean, { cwd: repo.path })).details).toEqual(before);
    expect(before).toContain("?? src/keep.log");
  });
  it("shows the first paths and counts the rest", async () => {
    const repo = repository();
    for (let i = 0; i < 30; i++) repo.write(`f${String(i).padStart(2, "0")}`, "x");
    const answer = await ask(gitClean, { cwd: repo.path });
    expect(answer.details).toHaveLength(11);
    expect(answer.details?.at(-1)).toBe("… and 20 more");
  });
  it.each(["merge", "rebase"])("a %s under way is not clean", async (operation) => {
    const repo = repository();
    repo.git("switch", "-q", "-c", "other");
    repo.commit("feat: theirs", { "README.md": "theirs" });
    repo.git("switch", "-q", "main");
    repo.commit("feat: ours", { "README.md": "ours" });
    expect(() => repo.git(operation, "other")).toThrow();
    const answer = await ask(gitClean, { cwd: repo.path });
    expect(answer.message).toContain(`${operation} in progress`);
    expect(answer.remedy).toContain(`git ${operation} --abort`);
  });
  it("runs no program that the repository names", async () => {
    const repo = repository();
    const marker = join(tempFolder(), "ran");
    const evil = join(repo.path, ".git/evil.sh");
    writeFileSync(evil, `#!/bin/sh\ntouch ${marker}\ncat\n`, { mode: 0o755 });
    for (const key of [
      "core.fsmonitor",
      "diff.external",
      "filter.evil.clean",
      "filter.evil.process",
      "core.pager",
    ])
      repo.git("config", key, evil);
    mkdirSync(join(repo.path, ".git/hooks"), { recursive: true });
    for (const hook of ["post-index-change", "fsmonitor-watchman", "pre-auto-gc"])
      writeFileSync(join(repo.path, ".git/hooks", hook), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    repo.write(".git/info/attributes", "* filter=evil diff=evil\n");
    repo.write("README.md", "# tesT\n");
    await ask(gitClean, { cwd: repo.path });
    await ask(gitRepository, { cwd: repo.path });
    expect(() => execFileSync("test", ["-e", marker])).toThrow();
  });
});

describe("git.history", () => {
  it("names a shallow clone, and a partial one", async () => {
    const repo = repository({ origin: true });
    repo.commit();
    repo.git("push", "-q", "origin", "main");
    repo.git("-C", repo.origin, "config", "uploadpack.allowFilter", "true");
    expect((await ask(gitHistory, { cwd: repo.path })).status).toBe("ok");
    const [shallow, partial] = [`${repo.path}-s`, `${repo.path}-p`];
    repo.git("clone", "-q", "--depth=1", `file://${repo.origin}`, shallow);
    repo.git("clone", "-q", "--filter=blob:none", `file://${repo.origin}`, partial);
    expect(await ask(gitHistory, { cwd: shallow })).toMatchObject({
      status: "fail",
      remedy: expect.stringContaining("--unshallow"),
    });
    expect((await ask(gitHistory, { cwd: partial })).status).toBe("notice");
    expect((await ask(gitHistory, { cwd: partial, options: { allowPartial: false } })).status).toBe("fail");
  });
});

describe("git.pushed", () => {
  it("asks the remote", async () => {
    const repo = repository({ origin: true });
    expect((await ask(gitPushed, { cwd: repo.path })).status).toBe("ok");
    repo.commit();
    expect(await ask(gitPushed, { cwd: repo.path })).toMatchObject({
      status: "fail",
      remedy: "git push origin main",
    });
    repo.git("push", "-q", "origin", "main");
    repo.git("reset", "-q", "--hard", "HEAD~1");
    expect((await ask(gitPushed, { cwd: repo.path })).status).toBe("ok");
    expect((await ask(gitPushed, { cwd: repository().path })).status).toBe("fail");
  });

  it.runIf(process.platform !== "win32")(
    "gives a command in which a branch's name runs nothing",
    async () => {
      const repo = repository({ origin: true });
      repo.git("switch", "-q", "-c", "$(touch${IFS}x)");
      repo.commit();
      expect(await ask(gitPushed, { cwd: repo.path })).toMatchObject({
        remedy: "git push origin '$(touch${IFS}x)'",
      });
    },
  );
});

describe("git.pushed in a shallow clone", () => {
  const cloned = () => {
    const repo = repository({ origin: true });
    repo.commit();
    repo.git("push", "-q", "origin", "main");
    const shallow = `${repo.path}-shallow`;
    repo.git("clone", "-q", "--depth=1", `file://${repo.origin}`, shallow);
    return { repo, shallow };
  };
  it("does not know whether an older commit is on the branch, and says what to fetch", async () => {
    const { repo, shallow } = cloned();
    repo.commit();
    repo.git("push", "-q", "origin", "main");
    repo.git("-C", shallow, "fetch", "-q", "--depth=1", "origin", "main");
    expect(await ask(gitPushed, { cwd: shallow })).toMatchObject({
      status: "unknown",
      message: expect.stringContaining("cannot be seen in a shallow clone"),
      remedy: "git fetch --unshallow origin",
    });
    repo.git("-C", shallow, "fetch", "-q", "--unshallow", "origin");
    expect((await ask(gitPushed, { cwd: shallow })).status).toBe("ok");
  });
  it("knows that a commit on top of the branch is not pushed", async () => {
    const { repo, shallow } = cloned();
    repo.git("-C", shallow, "commit", "-q", "--allow-empty", "-m", "feat: not pushed");
    expect(await ask(gitPushed, { cwd: shallow })).toMatchObject({
      status: "fail",
      remedy: "git push origin main",
    });
  });
});

describe("git.signed", () => {
  it("knows an unsigned commit, a trusted ssh signature, and a key that the policy does not name", async () => {
    const repo = repository();
    expect((await ask(gitSigned, { cwd: repo.path })).message).toContain("is not signed");
    const keys = tempFolder();
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(keys, "k")]);
    const publicKey = execFileSync("cat", [join(keys, "k.pub")])
      .toString()
      .trim();
    writeFileSync(join(keys, "allowed"), `author@example.com ${publicKey}\n`);
    repo.git(
      "-c",
      "gpg.format=ssh",
      "-c",
      `user.signingkey=${join(keys, "k")}`,
      "commit",
      "-q",
      "-S",
      "--allow-empty",
      "-m",
      "feat: signed",
    );
    writeFileSync(
      join(keys, "config"),
      `[gpg]\nformat = ssh\n[gpg "ssh"]\nallowedSignersFile = ${join(keys, "allowed")}\n`,
    );
    const env = { GIT_CONFIG_GLOBAL: join(keys, "config") };
    expect(await ask(gitSigned, { cwd: repo.path, env })).toMatchObject({
      status: "ok",
      message: expect.stringContaining("author@example.com"),
    });
    expect(
      (await ask(gitSigned, { cwd: repo.path, env, options: { keys: ["SHA256:another-key-altogether"] } }))
        .status,
    ).toBe("fail");
    expect((await ask(gitSigned, { cwd: repo.path })).status).not.toBe("ok");
  });
});

describe("git.version", () => {
  it.each([
    ["v1.4.2", "ok"],
    ["1.0.0", "fail"],
    ["v1.0.0\n", "fail"],
    ["v01.0.0", "fail"],
    ["", "fail"],
    ["v1.0.0-rc.1", "fail"],
  ])("%j is %s", async (version, status) => {
    expect((await ask(gitVersion, { cwd: ".", target: { version } })).status).toBe(status);
  });
  it("accepts pre-releases when the policy does", async () => {
    expect(
      (
        await ask(gitVersion, {
          cwd: ".",
          target: { version: "v1.0.0-rc.1" },
          options: { preReleases: true },
        })
      ).status,
    ).toBe("ok");
  });
  it("says how it should have been written", async () => {
    expect(await ask(gitVersion, { cwd: ".", target: { version: "1.04.0" } })).toMatchObject({
      message: "Invalid version format: 1.04.0",
      remedy: "write it as v1.4.0",
    });
  });
});

it("git's absence is an error that says so", async () => {
  await expect(
    ask(gitRepository, { cwd: tempFolder(), env: { ...gitEnv, PATH: "/nowhere" } as Record<string, string> }),
  ).rejects.toThrow("git is not installed");
});
