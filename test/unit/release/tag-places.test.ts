import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { applySteps, planSteps } from "../../../src/flows/reconcile.ts";
import { basicAuth, gitHttpServer } from "../../support/git-server.ts";
import { gitEnv, repository, type TestRepository } from "../../support/repository.ts";
import { never, remoteRefs, script } from "../clients/git/writing.ts";
import { type Clone, clone, release, stepsOf } from "./tagging.ts";

const tagRef = "refs/tags/v1.0.0";

interface Places {
  readonly repo: TestRepository;
  /** A bare repository. */
  readonly second: string;
  /** What makes the second decline a push, and how it is mended. */
  readonly close: () => void;
  readonly open: () => void;
}

/** A remote that is pushed to in two places. */
function twoPlaces(): Places {
  const repo = repository({ origin: true });
  const second = join(dirname(repo.origin), "second.git");
  execFileSync("git", ["clone", "-q", "--bare", repo.origin, second], { env: gitEnv });
  pushTo(repo, repo.origin, second);
  const hook = join(second, "hooks/pre-receive");
  return {
    ...{ repo, second },
    close: () => void script(hook, "echo 'not here'; exit 1"),
    open: () => rmSync(hook),
  };
}

function pushTo(at: { readonly path: string }, ...urls: readonly string[]): void {
  for (const url of urls) git(at.path, "config", "--add", "remote.origin.pushurl", url);
}

function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd, env: gitEnv, stdio: ["ignore", "pipe", "pipe"] })
    .toString()
    .trim();
}

function objects({ repo, second }: Places, at: Clone = repo): readonly string[] {
  return [at.path, repo.origin, second].map((path) => git(path, "rev-parse", tagRef));
}

/** As the flow does it: planned, which nothing may stop, and then applied. */
async function run(at: Clone) {
  const steps = stepsOf(at);
  for (const { state, proofs } of await planSteps(steps, never)) {
    expect(["done", "needed"]).toContain(state);
    expect(proofs.filter((proof) => proof.state !== "ok" && proof.state !== "notice")).toEqual([]);
  }
  return applySteps(steps, { signal: never, emit: () => {} });
}

describe("a remote that is pushed to in several places", () => {
  it("has the tag in all of them once the one that declined it takes it", async () => {
    const places = twoPlaces();
    places.close();
    expect(await run(places.repo)).toMatchObject([
      { outcome: "did" },
      { outcome: "failed", message: expect.stringContaining("origin itself declined v1.0.0: not here") },
    ]);
    const here = places.repo.git("rev-parse", tagRef);
    expect(await run(places.repo)).toMatchObject([{ outcome: "was-done" }, { outcome: "failed" }]);
    places.open();
    const [, push] = stepsOf(places.repo);
    expect(await push.observe(never)).toEqual({
      state: "needed",
      message: `Git tag v1.0.0 will be pushed to origin (${places.second})`,
    });
    expect(await run(places.repo)).toMatchObject([{ outcome: "was-done" }, { outcome: "did" }]);
    expect(new Set(objects(places))).toEqual(new Set([here.trim()]));
    expect(await run(places.repo)).toMatchObject([{ outcome: "was-done" }, { outcome: "was-done" }]);
  });

  it.each([
    ["none", undefined],
    ["one of its own", ["-a", "-m", "made by hand"]],
    ["a lightweight copy", []],
  ])("gets the very object that one of them has, where this clone has %s", async (_, own) => {
    const places = twoPlaces();
    places.close();
    await run(places.repo);
    places.open();
    const there = git(places.repo.origin, "rev-parse", tagRef);
    const at = clone(places.repo, "other", "--no-tags");
    pushTo(at, places.repo.origin, places.second);
    if (own) git(at.path, "tag", ...own, "v1.0.0");
    const before = git(at.path, "for-each-ref", "refs/heads", "refs/remotes");
    expect(await stepsOf(at)[0].observe(never)).toEqual({
      state: "needed",
      message: `Git tag v1.0.0 will be taken from origin (${places.repo.origin})`,
    });
    expect(await run(at)).toMatchObject([
      { outcome: "did", message: expect.stringContaining("Git tag v1.0.0 taken from origin (") },
      { outcome: "did", message: "Git tag v1.0.0 created and pushed" },
    ]);
    expect(objects(places, at)).toEqual([there, there, there]);
    expect(git(at.path, "for-each-ref", "refs/heads", "refs/remotes")).toBe(before);
    expect(() => git(at.path, "rev-parse", "--verify", "FETCH_HEAD")).toThrow();
  });

  it.each([[["--depth=1"]], [["--filter=blob:none"]]])("goes on from a clone made with %j", async (how) => {
    const places = twoPlaces();
    places.repo.commit("feat: second");
    places.repo.git("push", "-q", "origin", "main");
    git(places.repo.origin, "config", "uploadpack.allowFilter", "true");
    places.close();
    await run(places.repo);
    places.open();
    const at = clone(places.repo, "other", "--no-tags", ...how);
    pushTo(at, places.repo.origin, places.second);
    expect(await run(at)).toMatchObject([{ outcome: "did" }, { outcome: "did" }]);
    expect(new Set(objects(places, at)).size).toBe(1);
  });

  it("keeps the tag of this clone while one of them has it, though another has somebody else's", async () => {
    const places = twoPlaces();
    const steps = stepsOf(places.repo);
    script(
      join(places.repo.path, ".git/hooks/pre-push"),
      `git -C ${places.second} -c user.name=Else -c user.email=e@example.com commit-tree -m x HEAD^{tree} > ${places.second}/made
       git -C ${places.second} update-ref ${tagRef} $(cat ${places.second}/made)`,
    );
    const results = await applySteps(steps, { signal: never, emit: () => {} });
    expect(results[1]).toMatchObject({ outcome: "conflict" });
    expect(results[0]?.message).toBe("Git tag v1.0.0 is on origin: it stays");
    expect(git(places.repo.path, "rev-parse", tagRef)).toBe(git(places.repo.origin, "rev-parse", tagRef));
  });

  it("ends done though two of them have tags of two runs, and a third none", async () => {
    const places = twoPlaces();
    const third = join(dirname(places.second), "third.git");
    execFileSync("git", ["clone", "-q", "--bare", places.repo.origin, third], { env: gitEnv });
    await release(stepsOf(clone(places.repo)));
    const other = clone(places.repo, "another", "--no-tags");
    git(other.path, "remote", "set-url", "origin", places.second);
    await release(stepsOf({ ...other, env: { GIT_COMMITTER_NAME: "A Third" } }));
    pushTo(places.repo, third);
    expect(await run(places.repo)).toMatchObject([{ outcome: "did" }, { outcome: "did" }]);
    const [here, first, second] = objects(places);
    expect([first, git(third, "rev-parse", tagRef)]).toEqual([here, here]);
    expect(second).not.toBe(here);
    expect(await run(places.repo)).toMatchObject([{ outcome: "was-done" }, { outcome: "was-done" }]);
  });

  it("has one that takes the user's credentials, and one that takes the token", async () => {
    const { repo, second } = twoPlaces();
    const [password, value] = ["pass", "tkn"].map((word) => [word, "0123456789"].join("_"));
    const own = await gitHttpServer(repo.origin, basicAuth(`me:${password}`));
    const byToken = await gitHttpServer(second, basicAuth(`x-access-token:${value}`));
    repo.git("config", "--unset-all", "remote.origin.pushurl");
    repo.git("remote", "set-url", "origin", own.url);
    pushTo(repo, own.url, byToken.url);
    const stored = join(dirname(second), "stored");
    writeFileSync(stored, `${own.origin.replace("://", `://me:${password}@`)}\n`);
    repo.git("config", "credential.helper", `store --file=${stored}`);
    await release(stepsOf(repo, { token: { value: value ?? "", host: byToken.origin } }));
    expect(git(second, "rev-parse", tagRef)).toBe(git(repo.origin, "rev-parse", tagRef));
    expect(readFileSync(stored, "utf8")).not.toContain(value);
  });

  it("is refused where one of them cannot be pushed to", async () => {
    const { repo, second } = twoPlaces();
    rmSync(second, { recursive: true });
    expect(await stepsOf(repo)[1].prove?.(never)).toMatchObject([
      { state: "conflict", message: expect.stringContaining("there is no repository at origin") },
    ]);
  });
});

describe("a remote that is read in another place than it is pushed to", () => {
  const elsewhere = () => {
    const places = twoPlaces();
    places.repo.git("config", "--unset-all", "remote.origin.pushurl");
    pushTo(places.repo, places.second);
    return places;
  };

  it("is released to the one, and the other is not waited for", async () => {
    const places = elsewhere();
    expect(await run(places.repo)).toMatchObject([{ outcome: "did" }, { outcome: "did" }]);
    expect(remoteRefs(places.repo)).toEqual(["refs/heads/main"]);
    expect(git(places.second, "rev-parse", tagRef)).toBe(git(places.repo.path, "rev-parse", tagRef));
    expect(await run(places.repo)).toMatchObject([{ outcome: "was-done" }, { outcome: "was-done" }]);
  });

  it("gives the tag that it has to the place that lacks it", async () => {
    const places = elsewhere();
    await release(stepsOf(clone(places.repo)));
    expect(await run(places.repo)).toMatchObject([{ outcome: "did" }, { outcome: "did" }]);
    expect(new Set(objects(places)).size).toBe(1);
  });

  it("keeps the tag of this clone that it has", async () => {
    const places = elsewhere();
    const [create] = stepsOf(places.repo);
    await create.run(never);
    places.repo.git("push", "-q", places.repo.origin, tagRef);
    expect(await create.undo?.(never)).toBe("Git tag v1.0.0 is on origin: it stays");
  });

  it("is a conflict when it has another tag of that name", async () => {
    const places = elsewhere();
    places.repo.git("push", "-q", places.repo.origin, `main:${tagRef}`);
    for (const step of stepsOf(places.repo)) {
      expect(await step.observe(never)).toMatchObject({
        state: "conflict",
        message: expect.stringContaining(`(origin (${places.repo.origin}), lightweight, at `),
      });
    }
  });
});
