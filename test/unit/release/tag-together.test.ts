import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repository } from "../../support/repository.ts";
import { never, script } from "../clients/git/writing.ts";
import { clone, release, stepsOf } from "./tagging.ts";

describe("two machines that release at once", () => {
  it("have one winner, and the other says who", async () => {
    const repo = repository({ origin: true });
    const [mine, theirs] = [stepsOf(repo), stepsOf(clone(repo))];
    await Promise.all([mine[0].run(never), theirs[0].run(never)]);
    expect(await theirs[1].run(never)).toBe("Git tag v1.0.0 created and pushed");
    expect(await mine[1].run(never)).toMatch(
      /^Git tag v1\.0\.0 was pushed by another run meanwhile, at this commit: by Somebody Else, [^,]*, run https[^;]*$/,
    );
    expect((await mine[1].observe(never)).state).toBe("done");
    const object = repo.git("rev-parse", "refs/tags/v1.0.0").trim();
    expect(repo.git("ls-remote", "origin", "refs/tags/v1.0.0")).toBe(`${object}\trefs/tags/v1.0.0\n`);
  });

  it("end with the winner's tag in both clones, though the loser has seen it before its own push", async () => {
    const repo = repository({ origin: true });
    const [create, push] = stepsOf(repo);
    await create.run(never);
    await release(stepsOf(clone(repo)));
    expect(await push.observe(never)).toMatchObject({
      state: "needed",
      message: "Git tag v1.0.0 was pushed by another run meanwhile, and will be taken from origin",
    });
    expect(await push.run(never)).toMatch(/was pushed by another run meanwhile, at this commit: by Somebody/);
    const { state, message } = await push.observe(never);
    expect([state, message]).toEqual(["done", expect.not.stringContaining("another object")]);
    const object = repo.git("rev-parse", "refs/tags/v1.0.0").trim();
    expect(repo.git("ls-remote", "origin", "refs/tags/v1.0.0")).toBe(`${object}\trefs/tags/v1.0.0\n`);
  });

  it("end well where that tag cannot be taken, and the next run says how it can be had", async () => {
    const repo = repository({ origin: true });
    const [create, push] = stepsOf(repo);
    await create.run(never);
    await release(stepsOf(clone(repo)));
    script(join(repo.path, ".git/hooks/reference-transaction"), "exit 1");
    expect((await push.observe(never)).state).toBe("needed");
    expect(await push.run(never)).toContain("; the one here is another object: git fetch --force");
    expect(await push.observe(never)).toMatchObject({ state: "done" });
  });

  it("are told how to have the winner's tag where this clone keeps another of an earlier run", async () => {
    const repo = repository({ origin: true });
    await stepsOf(repo)[0].run(never);
    const [create, push] = stepsOf(repo);
    await release(stepsOf(clone(repo)));
    expect(await create.observe(never)).toMatchObject({ state: "done" });
    const { state, message } = await push.observe(never);
    expect(state).toBe("done");
    const command = /; the one here is another object: (git fetch .*)$/.exec(message)?.[1] ?? "";
    repo.git(...command.split(" ").slice(1));
    expect((await push.observe(never)).message).not.toContain("another object");
  });

  it("are told so too where the loser's clone cannot take the tag", async () => {
    const repo = repository({ origin: true });
    const [create, push] = stepsOf(repo);
    await create.run(never);
    await release(stepsOf(clone(repo)));
    script(join(repo.path, ".git/hooks/reference-transaction"), "exit 1");
    const object = repo.git("rev-parse", "refs/tags/v1.0.0");
    expect(await push.run(never)).toMatch(
      /pushed by another run meanwhile, .*; the one here is another object: git fetch --force origin tag v1\.0\.0$/,
    );
    expect(repo.git("rev-parse", "refs/tags/v1.0.0")).toBe(object);
  });

  it("never both win, however they meet", async () => {
    const repo = repository({ origin: true });
    const runs = ["a", "b", "c"].map((name) =>
      stepsOf(clone(repo, name), { trailers: [["Run", `https://ci.example.com/${name}`]] }),
    );
    await Promise.all(runs.map(([create]) => create.run(never)));
    const said = await Promise.all(runs.map(([, push]) => push.run(never)));
    expect(said.filter((sentence) => sentence === "Git tag v1.0.0 created and pushed")).toHaveLength(1);
    expect(said.filter((sentence) => sentence.includes("by another run"))).toHaveLength(2);
  });

  it("may be one machine twice, on one clone", async () => {
    const repo = repository({ origin: true });
    const [first, second] = [stepsOf(repo), stepsOf(repo)];
    const made = await Promise.allSettled([first[0].run(never), second[0].run(never)]);
    expect(made.some(({ status }) => status === "fulfilled")).toBe(true);
    await Promise.all([first[1].run(never), second[1].run(never)]);
    expect(await second[0].observe(never)).toMatchObject({ state: "done" });
    expect(await second[1].observe(never)).toMatchObject({ state: "done" });
  });
});

describe("taking a tag back", () => {
  it("leaves alone what this run did not make, and what the remote has", async () => {
    const repo = repository({ origin: true });
    const first = stepsOf(repo);
    await first[0].run(never);
    expect(await stepsOf(repo)[0].undo?.(never)).toBe("Git tag v1.0.0 was not made by this run: it stays");
    await first[1].run(never);
    expect(await first[0].undo?.(never)).toBe("Git tag v1.0.0 is on origin: it stays");
    expect(repo.git("tag", "--list")).toBe("v1.0.0\n");
  });

  it("deletes nothing while the remote cannot be asked", async () => {
    const repo = repository({ origin: true });
    const [create] = stepsOf(repo);
    await create.run(never);
    repo.git("remote", "set-url", "origin", join(repo.path, "nowhere"));
    await expect(create.undo?.(never)).rejects.toThrow(/origin/);
    expect(repo.git("tag", "--list")).toBe("v1.0.0\n");
  });
});
