import { describe, expect, it } from "vitest";
import { gitTag } from "../../../../src/checks/git/tag.ts";
import { gitTagRemote } from "../../../../src/checks/git/tag-remote.ts";
import { ask } from "../../../support/ask.ts";
import { repository, type TestRepository } from "../../../support/repository.ts";

function tagged(kind: "annotated" | "lightweight", at: "here" | "before"): TestRepository {
  const repo = repository({ origin: true });
  if (at === "before") repo.commit("feat: more");
  const commit = at === "here" ? "HEAD" : "HEAD~1";
  repo.git("tag", ...(kind === "annotated" ? ["-a", "-m", "v1.0.0"] : []), "v1.0.0", commit);
  repo.git("push", "-q", "origin", "main", "v1.0.0");
  return repo;
}

const both = [
  ["git.tag", gitTag],
  ["git.tag.remote", gitTagRemote],
] as const;

describe.each(both)("%s for a release", (name, check) => {
  it("passes when there is no such tag", async () => {
    expect((await ask(check, { cwd: repository({ origin: true }).path })).status).toBe("ok");
  });
  it.each(["annotated", "lightweight"] as const)("passes when the %s tag is at this commit", async (kind) => {
    const answer = await ask(check, { cwd: tagged(kind, "here").path });
    expect(answer).toMatchObject({ status: "ok", message: expect.stringContaining("at this commit") });
  });
  it.each(["annotated", "lightweight"] as const)(
    "fails when the %s tag is elsewhere, and says where",
    async (kind) => {
      const repo = tagged(kind, "before");
      const commit = repo.git("rev-parse", "--short=7", "HEAD~1").trim();
      const by = name === "git.tag" && kind === "annotated" ? ", by Test Author, \\d{4}-\\d\\d-\\d\\d" : "";
      const where = name === "git.tag" ? "local" : "origin";
      const answer = await ask(check, { cwd: repo.path });
      expect(answer.status).toBe("fail");
      expect(answer.message).toMatch(
        new RegExp(`^Git tag already exists: v1\\.0\\.0 \\(${where}, at ${commit}${by}\\)$`),
      );
    },
  );
  it("is not fooled by a branch or another tag of a like name", async () => {
    const repo = repository({ origin: true });
    repo.commit("feat: more");
    repo.git("branch", "v1.0.0", "HEAD~1");
    repo.git("tag", "v1.0.0-rc.1", "HEAD~1");
    repo.git("tag", "x/v1.0.0", "HEAD~1");
    repo.git("push", "-q", "origin", "--all");
    repo.git("push", "-q", "origin", "--tags");
    expect((await ask(check, { cwd: repo.path })).status).toBe("ok");
  });
  it("looks at no tags for a pull request", async () => {
    expect(
      (await ask(check, { cwd: tagged("annotated", "before").path, target: { purpose: "pull-request" } }))
        .status,
    ).toBe("skipped");
  });
  it("never asks about a name that could match other tags", async () => {
    const answer = await ask(check, { cwd: tagged("annotated", "before").path, target: { version: "v*" } });
    // That is known for certain, and who asks can mend it.
    expect(answer).toMatchObject({ status: "fail", message: "Not a name that a tag can have: v*" });
  });
});

describe("tags for a deploy", () => {
  const target = { purpose: "deploy" } as const;
  it("must exist: there or here", async () => {
    const repo = repository({ origin: true });
    expect((await ask(gitTag, { cwd: repo.path, target })).status).toBe("notice");
    expect(await ask(gitTagRemote, { cwd: repo.path, target })).toMatchObject({
      status: "fail",
      message: "Git tag does not exist: v1.0.0 (not here nor on origin)",
    });
    repo.git("tag", "-a", "-m", "x", "v1.0.0");
    expect((await ask(gitTag, { cwd: repo.path, target })).status).toBe("ok");
    expect((await ask(gitTagRemote, { cwd: repo.path, target })).status).toBe("notice");
  });
  it("must exist here where there is no remote", async () => {
    expect(await ask(gitTag, { cwd: repository().path, target })).toMatchObject({
      status: "fail",
      message: "Git tag does not exist: v1.0.0 (not here, and there is no remote)",
    });
  });
  it("must be annotated and at this commit", async () => {
    expect(await ask(gitTag, { cwd: tagged("lightweight", "here").path, target })).toMatchObject({
      status: "fail",
      message: expect.stringContaining("is not annotated"),
    });
    expect(await ask(gitTag, { cwd: tagged("annotated", "before").path, target })).toMatchObject({
      status: "fail",
      message: expect.stringContaining("is not at this commit"),
    });
    expect((await ask(gitTag, { cwd: tagged("annotated", "here").path, target })).status).toBe("ok");
  });
});

it("an origin that does not answer is an error, never a free tag", async () => {
  const repo = repository();
  repo.git("remote", "add", "origin", "file:///nowhere/at-all.git");
  await expect(ask(gitTagRemote, { cwd: repo.path })).rejects.toThrow(
    /does not appear to be a git repository|does not exist/,
  );
});
