import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitEnv, repository } from "../../support/repository.ts";
import { closedPort } from "../../support/server.ts";
import { never } from "../clients/git/writing.ts";
import { type Clone, clone, stepsOf } from "./tagging.ts";

async function notices(at: Clone) {
  const proofs = (await stepsOf(at)[1].prove?.(never)) ?? [];
  return proofs.filter(({ state }) => state === "notice");
}

function git(at: Clone, ...args: string[]): string {
  return execFileSync("git", args, { cwd: at.path, env: gitEnv, stdio: ["ignore", "pipe", "pipe"] })
    .toString()
    .trim();
}

describe("a commit that is on no branch of the remote", () => {
  it("is told, with the push that brings it there", async () => {
    const repo = repository({ origin: true });
    expect(await notices(repo)).toEqual([]);
    const commit = repo.commit("feat: not pushed").slice(0, 7);
    expect(await notices(repo)).toEqual([
      {
        state: "notice",
        message: `commit ${commit} is on no branch of origin: it would be reachable by the tag alone`,
        remedy: "git push origin main",
      },
    ]);
    repo.git("switch", "-q", "--detach");
    expect(await notices(repo)).toMatchObject([{ remedy: "git push origin HEAD:refs/heads/BRANCH" }]);
    repo.git("push", "-q", "origin", "HEAD:refs/heads/other");
    expect(await notices(repo)).toEqual([]);
  });

  it("is told with less certainty where the remote's branches have moved since the last fetch", async () => {
    const repo = repository({ origin: true });
    const other = clone(repo);
    repo.commit("feat: not pushed");
    git(other, "commit", "-q", "--allow-empty", "-m", "elsewhere");
    git(other, "push", "-q", "origin", "main");
    expect(await notices(repo)).toMatchObject([
      {
        message: expect.stringMatching(/on no branch of origin that this clone knows of: it may be/),
        remedy: expect.stringMatching(/^git fetch origin, .* git push origin main$/),
      },
    ]);
  });

  it("is not told of a commit that was pushed in a way that this clone did not notice", async () => {
    const repo = repository({ origin: true });
    repo.commit("feat: pushed by its address");
    repo.git("push", "-q", `file://${repo.origin}`, "main");
    expect(await notices(repo)).toEqual([]);
  });

  it("is not told where it cannot be known: nothing was ever fetched, the history is cut off, no answer", async () => {
    const repo = repository({ origin: true });
    repo.commit("feat: second");
    repo.git("push", "-q", "origin", "main");
    const checkout = { path: join(dirname(repo.path), "checkout") };
    execFileSync("git", ["init", "-q", checkout.path], { env: gitEnv });
    git(checkout, "remote", "add", "origin", repo.origin);
    git(checkout, "fetch", "-q", "--no-tags", "origin", repo.git("rev-parse", "HEAD~1").trim());
    git(checkout, "switch", "-q", "--detach", "FETCH_HEAD");
    expect(await notices(checkout)).toEqual([]);
    const shallow = clone(repo, "shallow", "--depth=1");
    git(shallow, "commit", "-q", "--allow-empty", "-m", "feat: third");
    expect(await notices(shallow)).toEqual([]);
    repo.commit("feat: not pushed");
    repo.git("remote", "set-url", "origin", `http://127.0.0.1:${await closedPort()}/x`);
    expect(await notices(repo)).toEqual([]);
  });
});
