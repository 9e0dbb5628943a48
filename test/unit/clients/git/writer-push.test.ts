import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitDaemon } from "../../../support/git-server.ts";
import { gitEnv, type TestRepository } from "../../../support/repository.ts";
import { closedPort } from "../../../support/server.ts";
import { tempFolder } from "../../../support/temp.ts";
import { alive } from "../program/alive.ts";
import { draftOf, never, remoteRefs, script, tagged, until, writerOf, writing } from "./writing.ts";

const access = { remote: "origin", token: null };
const onlyTheTag = ["refs/heads/main", "refs/tags/v1.0.0"];

function serverHook(repo: TestRepository, name: string, body: string): void {
  script(join(repo.origin, "hooks", name), body);
}

describe("pushing a tag", () => {
  it("pushes it, and says nothing is wrong when it is there already", async () => {
    const { repo, writer } = await tagged();
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    expect(remoteRefs(repo)).toEqual(onlyTheTag);
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
  });

  it("pushes nothing else, whatever the user's settings would add", async () => {
    const { repo, writer } = await tagged();
    repo.commit("feat: not for now");
    repo.git("tag", "-a", "v0.9.0", "-m", "reachable", "HEAD~1");
    repo.git("branch", "private");
    repo.git("push", "-q", "origin", "main:refs/heads/only-there");
    repo.git("config", "push.followTags", "true");
    repo.git("config", "push.default", "matching");
    repo.git("config", "push.recurseSubmodules", "on-demand");
    repo.git("config", "remote.origin.push", "+refs/*:refs/*");
    repo.git("config", "remote.origin.mirror", "true");
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    expect(remoteRefs(repo)).toEqual(["refs/heads/main", "refs/heads/only-there", "refs/tags/v1.0.0"]);
    expect(await writer.probePush(access, "v2.0.0", "HEAD", never)).toBeNull();
    expect(remoteRefs(repo)).toHaveLength(3);
  });

  it("goes where the user's settings send it, and looks there", async () => {
    const { repo, writer } = await tagged();
    const [first, second] = ["a.git", "b.git"].map((name) => join(dirname(repo.origin), name));
    for (const path of [first, second])
      execFileSync("git", ["init", "-q", "--bare", path ?? ""], { env: gitEnv });
    repo.git("config", "--add", "remote.origin.pushurl", "other:a.git");
    repo.git("config", "--add", "remote.origin.pushurl", "other:b.git");
    repo.git("config", `url.${dirname(repo.origin)}/.insteadOf`, "other:");
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    expect(remoteRefs(repo)).toEqual(["refs/heads/main"]);
    const there = await writer.remoteTag(access, "v1.0.0", never);
    expect(there).toMatchObject([
      { where: `origin (${first})`, isPushed: true, tag: { annotated: true } },
      { where: `origin (${second})`, isPushed: true, tag: { annotated: true } },
      { where: `origin (${repo.origin})`, isPushed: false, tag: null },
    ]);
  });

  it("moves no tag that is at another commit", async () => {
    const { repo, writer } = await tagged();
    repo.git("push", "-q", "origin", "main:refs/tags/v1.0.0");
    const before = repo.git("ls-remote", "origin");
    expect(await writer.pushTag(access, "v1.0.0", never)).toMatchObject({
      kind: "exists",
      message: expect.stringContaining("v1.0.0 is on origin already"),
    });
    expect(repo.git("ls-remote", "origin")).toBe(before);
  });

  it("tells names that git mixes up from a hook's no, and from those it does not", async () => {
    const { repo, writer } = await tagged();
    script(join(repo.path, ".git/hooks/pre-push"), "exit 0");
    repo.git("branch", "refs/tags/v1.0.0");
    const here = await writer.pushTag(access, "v1.0.0", never);
    expect(here).toMatchObject({ kind: "ambiguous", message: expect.stringContaining("here has the full") });
    const listed =
      /\((git .*)\)/
        .exec(here?.remedy ?? "")?.[1]
        ?.replaceAll("'", "")
        .split(" ") ?? [];
    expect(repo.git(...listed.slice(1))).toContain("refs/heads/refs/tags/v1.0.0");
    repo.git("branch", "-D", "refs/tags/v1.0.0");
    const there = { kind: "ambiguous", message: expect.stringContaining("of origin has") };
    repo.git("push", "-q", "origin", "HEAD:refs/heads/refs/tags/v1.0.0");
    expect(await writer.pushTag(access, "v1.0.0", never)).toMatchObject(there);
    repo.git("push", "-q", "origin", "HEAD:refs/tags/refs/tags/v1.0.0");
    expect(await writer.pushTag(access, "v1.0.0", never)).toMatchObject(there);
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toMatchObject(there);
    const both = [":refs/heads/refs/tags/v1.0.0", ":refs/tags/refs/tags/v1.0.0"];
    repo.git("push", "-q", "origin", ...both, "HEAD:refs/heads/v1.0.0");
    repo.git("branch", "v1.0.0");
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
  });

  it("names a remote that is not there", async () => {
    const { writer } = await tagged();
    const elsewhere = { remote: "upstream", token: null };
    expect(await writer.remoteTag(elsewhere, "v1.0.0", never)).toBeNull();
    expect(await writer.pushTag(elsewhere, "v1.0.0", never)).toMatchObject({
      message: "there is no remote named upstream",
      remedy: "git remote add upstream URL",
    });
  });
});

describe("the remote's own no", () => {
  it("is said in the words of its hook, masked and on one line", async () => {
    const { repo, writer, secrets } = await tagged();
    const secret = `top${"-"}secret-value`;
    secrets.add(secret);
    serverHook(
      repo,
      "pre-receive",
      `printf 'No releases \\033[31mtoday\\033[0m\\nask ${secret}\\n' >&2; exit 1`,
    );
    const refusal = await writer.pushTag(access, "v1.0.0", never);
    expect(refusal).toMatchObject({
      kind: "hook",
      message:
        "origin itself declined v1.0.0: No releases \\x1b[31mtoday\\x1b[0m; ask ***; [remote rejected] (pre-receive hook declined)",
    });
    expect(remoteRefs(repo)).toEqual(["refs/heads/main"]);
  });

  it("is told from a tag's protection", async () => {
    const { repo, writer } = await tagged();
    serverHook(
      repo,
      "update",
      `echo 'GitLab: You are not allowed to create this tag as it is protected.'; exit 1`,
    );
    expect(await writer.pushTag(access, "v1.0.0", never)).toMatchObject({
      kind: "protected",
      message: expect.stringContaining("the rules of origin do not let this account create v1.0.0"),
    });
  });

  it("is no matter of what else a hook prints", async () => {
    const { repo, writer } = await tagged();
    serverHook(repo, "pre-receive", `yes 'remote: error: 401 GH013' | head -c 3000000; exit 0`);
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
  });
});

describe("the user's own hooks", () => {
  it("run as they do for the user", async () => {
    const { repo, writer } = await tagged({ RELEASED_BY_HAND: "yes" });
    const seen = join(tempFolder(), "seen");
    repo.git("config", "core.hooksPath", "tools/hooks");
    script(
      join(repo.path, "tools/hooks/pre-push"),
      `{ echo "$1" "$RELEASED_BY_HAND" "$PWD"; cat; } > ${seen}`,
    );
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    const [head, ref] = readFileSync(seen, "utf8").split("\n");
    expect(head).toBe(`origin yes ${repo.path}`);
    expect(ref).toMatch(/^refs\/tags\/v1\.0\.0 [0-9a-f]+ refs\/tags\/v1\.0\.0 0+$/);
  });

  it("may decline, whatever they say", async () => {
    const { repo, writer } = await tagged();
    const said = "echo 'fatal: Authentication failed'; echo 'the tests fail' >&2; exit 1";
    script(join(repo.path, ".git/hooks/pre-push"), said);
    expect(await writer.pushTag(access, "v1.0.0", never)).toMatchObject({
      kind: "pre-push",
      message: "the pre-push hook declined v1.0.0: fatal: Authentication failed; the tests fail",
    });
    expect(remoteRefs(repo)).toEqual(["refs/heads/main"]);
  });

  it("do not run while only the access is tried", async () => {
    const { repo, writer } = await tagged();
    script(join(repo.path, ".git/hooks/pre-push"), "exit 1");
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toBeNull();
  });

  it("find no terminal, and nothing to read from", async () => {
    const { repo, writer } = await tagged({ DISPLAY: ":7", SSH_ASKPASS: "/usr/bin/false" });
    const seen = join(tempFolder(), "seen");
    const tty = `if (: </dev/tty) 2>/dev/null; then echo tty; else echo none; fi`;
    script(
      join(repo.path, ".git/hooks/pre-push"),
      `{ ${tty}; echo "[$SSH_ASKPASS]" "$SSH_ASKPASS_REQUIRE" "$GIT_TERMINAL_PROMPT" "$GIT_EDITOR"; } > ${seen}`,
    );
    await writer.pushTag(access, "v1.0.0", never);
    expect(readFileSync(seen, "utf8")).toBe("none\n[] never 0 true\n");
  });

  it("end with what they have started when the run is interrupted", async () => {
    const { repo, writer } = await tagged();
    const folder = tempFolder();
    const pid = join(folder, "pid");
    script(
      join(repo.path, ".git/hooks/pre-push"),
      `trap '' TERM\n(trap '' TERM; while :; do sleep 1; done) &\necho $! $$ > ${pid}.new; mv ${pid}.new ${pid}; wait`,
    );
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const pushed = writer.pushTag(access, "v1.0.0", controller.signal);
    await until(() => existsSync(pid));
    controller.abort(reason);
    await expect(pushed).rejects.toBe(reason);
    const started = readFileSync(pid, "utf8").trim().split(" ").map(Number);
    await until(() => started.every((one) => !alive(one)));
    expect(remoteRefs(repo)).toEqual(["refs/heads/main"]);
  });

  it("may leave something running when all went well", async () => {
    const { repo, writer } = await tagged();
    const done = join(tempFolder(), "done");
    script(join(repo.path, ".git/hooks/pre-push"), `(sleep 1; echo yes > ${done}) >/dev/null 2>&1 &`);
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    await until(() => existsSync(done));
  });
});

describe("a remote that gives no answer", () => {
  it("is named with the way to see why", async () => {
    const { repo, writer } = await tagged();
    repo.git("remote", "set-url", "origin", `http://127.0.0.1:${await closedPort()}/x.git`);
    const refused = { kind: "unreachable", message: expect.stringContaining("origin cannot be reached: ") };
    await expect(writer.remoteTag(access, "v1.0.0", never)).rejects.toMatchObject(refused);
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toMatchObject({
      ...refused,
      remedy: "see what stands between: git ls-remote origin",
    });
  });

  it("is waited for no longer than allowed", async () => {
    const { repo, writer } = await tagged({}, 300);
    repo.git("config", "remote.origin.uploadpack", "sleep 1000;");
    repo.git("config", "remote.origin.receivepack", "sleep 1000;");
    const late = { kind: "timeout", message: "origin did not answer within 300 ms" };
    await expect(writer.remoteTag(access, "v1.0.0", never)).rejects.toMatchObject(late);
    await expect(writer.pushTag(access, "v1.0.0", never)).rejects.toMatchObject(late);
  });

  it("is not there at all", async () => {
    const { repo, writer } = await tagged();
    repo.git("remote", "set-url", "origin", join(repo.path, "nowhere.git"));
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toMatchObject({ kind: "missing" });
  });

  it("cannot be asked without ssh", async () => {
    const bin = tempFolder();
    for (const name of ["git", "sh"]) script(join(bin, name), `exec ${where(name)} "$@"`);
    const { repo, writer } = await tagged({ PATH: bin });
    repo.git("remote", "set-url", "origin", "ssh://git@127.0.0.1/x.git");
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("ssh"),
    });
  });

  it("does not ask on a terminal that its ssh opens", async () => {
    const bin = tempFolder();
    const seen = join(bin, "seen");
    script(join(bin, "ssh"), `echo "$@" >> ${seen}; echo 'Host key verification failed.' >&2; exit 255`);
    const { repo, writer } = await tagged({ PATH: `${bin}:${process.env["PATH"]}` });
    repo.git("remote", "set-url", "origin", "ssh://git@127.0.0.1/x.git");
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toMatchObject({ kind: "host-key" });
    expect(readFileSync(seen, "utf8")).toContain("-o BatchMode=yes");
    repo.git("config", "core.sshCommand", `${join(bin, "ssh")} -i mine`);
    const own = writerOf(repo, { PATH: `${bin}:${process.env["PATH"]}` });
    await own.writer.probePush(access, "v1.0.0", "HEAD", never);
    expect(readFileSync(seen, "utf8")).toContain("-i mine");
  });
});

describe("a git daemon", async () => {
  it("takes the tag", async ({ skip }) => {
    const { repo, writer } = await tagged();
    const url = await gitDaemon(dirname(repo.origin));
    if (url === undefined) return skip("git comes without its daemon here");
    repo.git("remote", "set-url", "origin", `${url}/origin.git`);
    expect(await writer.probePush(access, "v1.0.0", "HEAD", never)).toBeNull();
    expect(await writer.pushTag(access, "v1.0.0", never)).toBeNull();
    expect(await writer.remoteTag(access, "v1.0.0", never)).toMatchObject([{ tag: { annotated: true } }]);
    repo.git("--git-dir", repo.origin, "config", "daemon.receivepack", "false");
    expect(await writer.probePush(access, "v2.0.0", "HEAD", never)).toMatchObject({ kind: "permission" });
  });
});

describe("who made a tag that is there", () => {
  it("is read without keeping anything of it", async () => {
    const { repo, writer } = writing();
    const other = join(dirname(repo.origin), "other");
    execFileSync("git", ["clone", "-q", repo.origin, other], { env: gitEnv });
    const elsewhere = writerOf({ path: other }, { GIT_COMMITTER_NAME: "Somebody Else" });
    await elsewhere.writer.createTag(
      draftOf(repo, { trailers: [["Run", "https://ci.example.com/run/7"]] }),
      never,
    );
    await elsewhere.writer.pushTag(access, "v1.0.0", never);
    // A mirror's settings would write what is fetched.
    repo.git("config", "--add", "remote.origin.fetch", "+refs/tags/*:refs/tags/*");
    const before = repo.git("count-objects", "-v") + repo.git("for-each-ref");
    const [there] = (await writer.remoteTag(access, "v1.0.0", never)) ?? [];
    const words = await writer.remoteWords(access, "v1.0.0", there?.tag?.object ?? "", never);
    expect(words).toEqual({
      tagger: "Somebody Else",
      date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      run: "https://ci.example.com/run/7",
      signed: false,
    });
    expect(repo.git("count-objects", "-v") + repo.git("for-each-ref")).toBe(before);
    expect(existsSync(join(repo.path, ".git/FETCH_HEAD"))).toBe(false);
  });
});

function where(name: string): string {
  return execFileSync("/bin/sh", ["-c", `command -v ${name}`])
    .toString()
    .trim();
}
