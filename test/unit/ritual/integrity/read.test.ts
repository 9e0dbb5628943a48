import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SentinelError } from "../../../../src/core/errors.ts";
import { stillTheSame } from "../../../../src/ritual/integrity/read.ts";
import { gitEnv } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";
import { answers, look, messages, never, plain, released, worldOf } from "./world.ts";

function clone(origin: string, ...options: string[]): string {
  const path = join(tempFolder("rs-clone-"), "clone");
  execFileSync("git", ["clone", "-q", ...options, `file://${origin}`, path], { env: gitEnv });
  return path;
}

describe("what a ritual is about", () => {
  it("is read from the tag, here and on the remote", async () => {
    const repo = released();
    const reading = await look(repo.path);
    const [object, commit] = [repo.git("rev-parse", "v1.2.3"), repo.git("rev-parse", "v1.2.3^{}")];
    expect(reading.release).toMatchObject({
      tag: "v1.2.3",
      rehearsal: false,
      tagObject: object.trim(),
      commit: commit.trim(),
      remote: "origin",
      previous: null,
      url: null,
      repository: null,
      project: null,
    });
    expect(answers(reading)).toEqual({
      "tag.format": "ok",
      "tag.exists": "ok",
      "tag.annotated": "ok",
      "tag.same": "ok",
      branch: "ok",
      previous: "ok",
      verdict: "skipped",
      release: "skipped",
    });
  });

  it("has the tag's own moment for the deploy where no other is known, and half an hour around it to look at", async () => {
    const { release } = await look(released().path);
    const tagged = Date.parse(release?.taggedAt ?? "");
    expect(release?.deployed).toEqual({ from: tagged, to: tagged });
    expect(release?.window).toEqual({ from: tagged - 1_800_000, to: tagged + 1_800_000 });
    const span = { from: 1000, to: 2000 };
    const told = await look(released().path, { deployed: span, window: { from: 1, to: 2 } });
    expect(told.release).toMatchObject({ deployed: span, window: { from: 1, to: 2 } });
  });

  it("has the release before, and is not known without it", async () => {
    const repo = released();
    const previous = { tag: "v1.2.2", commit: "a".repeat(40), at: "2026-11-01T00:00:00.000Z" };
    expect((await look(repo.path, {}, { previous: async () => previous })).release?.previous).toEqual(
      previous,
    );
    const shallow = await look(
      repo.path,
      {},
      {
        previous: () =>
          Promise.reject(
            new SentinelError("history-unusable", "This clone is shallow", "git fetch --unshallow"),
          ),
      },
    );
    expect(shallow.findings.find(({ question }) => question === "previous")).toMatchObject({
      status: "unknown",
      remedy: "git fetch --unshallow",
    });
  });
});

describe("the gatekeeper", () => {
  it.each(["1.2.3", "v1.2", "v01.2.3", "v1.2.3\n", "v1.2.3-rc.1", "main", "", "-v1.2.3", "v1.2.3/../x"])(
    "looks at nothing else when the tag is %j",
    async (tag) => {
      const { release, findings } = await look("/nonexistent", { tag });
      expect(release).toBeNull();
      expect(findings).toHaveLength(1);
      expect(findings[0]).toMatchObject({ question: "tag.format", status: "fail" });
      expect(findings[0]?.remedy).toBeTruthy();
    },
  );

  it("takes a tag with a suffix for a rehearsal, and only such a one", async () => {
    const repo = released("v1.2.3-test");
    expect((await look(repo.path, { tag: "v1.2.3-test", rehearsal: true })).release?.rehearsal).toBe(true);
    expect(messages(await look(repo.path, { tag: "v1.2.3", rehearsal: true }))).toBe(
      "fail: v1.2.3 is a release: a rehearsal has a tag of its own",
    );
  });
});

describe("a tag", () => {
  it("that is nowhere, or only here, is no release", async () => {
    const repo = released();
    expect(messages(await look(repo.path, { tag: "v9.9.9" }))).toContain(
      "fail: Git tag v9.9.9 does not exist, here nor on origin",
    );
    repo.git("tag", "-a", "v9.9.9", "-m", "x");
    const reading = await look(repo.path, { tag: "v9.9.9" });
    expect(reading.release).toBeNull();
    expect(messages(reading)).toContain("fail: Git tag v9.9.9 is not on origin, only here");
  });

  it("that is lightweight says neither who nor when", async () => {
    const repo = released();
    repo.git("tag", "v1.2.4");
    repo.git("push", "-q", "origin", "v1.2.4");
    expect(messages(await look(repo.path, { tag: "v1.2.4" }))).toContain(
      "fail: Git tag v1.2.4 is lightweight",
    );
  });

  it("that is another one here than on the remote is named with both commits, and everything else is looked at too", async () => {
    const repo = released();
    repo.commit("fix: later");
    repo.git("tag", "-f", "-a", "v1.2.3", "-m", "moved");
    const reading = await look(repo.path);
    expect(answers(reading)).toMatchObject({ "tag.same": "fail", branch: "ok", release: "skipped" });
    expect(messages(reading)).toMatch(
      /not the same here as on origin: here it is at \w{7}, and on origin at \w{7}/,
    );
  });

  it("that is another object at the same commit is not the same either", async () => {
    const repo = released();
    repo.git("tag", "-f", "-a", "v1.2.3", "-m", "again");
    expect(messages(await look(repo.path))).toContain("here it is another object at the same commit");
  });

  it("that is not in a fresh clone is read from the remote, and leaves no ref behind", async () => {
    const repo = released();
    const path = clone(repo.origin, "--no-tags", "--depth=1");
    const reading = await look(path);
    expect(answers(reading)).toMatchObject({ "tag.same": "notice", "tag.annotated": "ok", branch: "ok" });
    expect(reading.release?.tagObject).toBe(repo.git("rev-parse", "v1.2.3").trim());
    expect(execFileSync("git", ["tag"], { cwd: path, env: gitEnv }).toString()).toBe("");
  });

  it("that was made after the clone is brought here with its commit", async () => {
    const repo = released();
    const path = clone(repo.origin);
    repo.commit("feat: more");
    repo.git("tag", "-a", "v1.2.4", "-m", "x");
    repo.git("push", "-q", "origin", "main", "v1.2.4");
    expect(answers(await look(path, { tag: "v1.2.4" }))).toMatchObject({
      branch: "ok",
      "tag.same": "notice",
    });
  });

  it("that differs between the places of a remote is no one tag", async () => {
    const repo = released();
    const other = released();
    repo.git("remote", "set-url", "--add", "--push", "origin", repo.origin);
    repo.git("remote", "set-url", "--add", "--push", "origin", other.origin);
    other.git("tag", "-f", "-a", "v1.2.3", "-m", "another");
    other.git("push", "-qf", "origin", "v1.2.3");
    const reading = await look(repo.path);
    expect(reading.release).toBeNull();
    expect(messages(reading)).toContain("is not the same everywhere");
  });
});

describe("a commit", () => {
  it("that is only on another branch is not released", async () => {
    const repo = released();
    repo.git("checkout", "-q", "-b", "feature/x");
    repo.commit("feat: not merged");
    repo.git("tag", "-a", "v1.3.0", "-m", "x");
    repo.git("push", "-q", "origin", "feature/x", "v1.3.0");
    expect(messages(await look(repo.path, { tag: "v1.3.0" }))).toMatch(
      /fail: \w{7} is on no branch of origin/,
    );
    expect(answers(await look(repo.path, { tag: "v1.3.0", branches: ["feature/*"] }))).toMatchObject({
      branch: "ok",
    });
  });

  it("that is on a branch of that name here, and not on the remote's, is not released", async () => {
    const repo = released();
    repo.commit("feat: only here");
    repo.git("tag", "-a", "v1.3.0", "-m", "x");
    repo.git("push", "-q", "origin", "v1.3.0");
    const { findings } = await look(repo.path, { tag: "v1.3.0" });
    expect(findings.find(({ question }) => question === "branch")).toMatchObject({
      status: "fail",
      remedy: "git push origin main",
    });
  });

  it("is found behind what the remote's branch got since this clone was made", async () => {
    const repo = released();
    const path = clone(repo.origin);
    repo.commit("feat: later");
    repo.git("push", "-q", "origin", "main");
    expect(answers(await look(path))).toMatchObject({ branch: "ok" });
  });

  it("whose branch cannot be told from a clone that is cut off is unknown, with what mends it", async () => {
    const repo = released();
    repo.commit("feat: later");
    repo.git("push", "-q", "origin", "main");
    const path = clone(repo.origin, "--depth=1", "--branch=v1.2.3");
    const branch = (await look(path)).findings.find(({ question }) => question === "branch");
    expect(branch).toMatchObject({ status: "unknown", remedy: expect.stringContaining("--unshallow") });
  });

  it("that a clone that is cut off does not have is unknown, with what mends it", async () => {
    const repo = released();
    repo.commit("feat: later");
    repo.git("push", "-q", "origin", "main");
    const { findings } = await look(clone(repo.origin, "--depth=1"));
    const branch = findings.find(({ question }) => question === "branch");
    expect(branch).toMatchObject({ status: "unknown", remedy: expect.stringContaining("--unshallow") });
  });

  it("has to be on one of the branches that are named; where there is none of them, that is said", async () => {
    const repo = released();
    expect(messages(await look(repo.path, { branches: ["trunk"] }))).toContain(
      "fail: origin has none of the branches that may be released from: trunk",
    );
  });
});

describe("what cannot be found out", () => {
  it("is unknown where the remote gives no answer", async () => {
    const repo = released();
    rmSync(repo.origin, { recursive: true });
    const reading = await look(repo.path);
    expect(answers(reading)).toMatchObject({ "tag.exists": "unknown" });
    expect(reading.release).toBeNull();
  });

  it("is a failure where there is no repository, or no remote", async () => {
    expect(answers(await look(tempFolder()))).toMatchObject({ repository: "fail" });
    const repo = released();
    expect(messages(await look(repo.path, { remote: "upstream" }))).toContain(
      "fail: There is no remote named upstream",
    );
  });

  it("ends at once when it is no longer wanted", async () => {
    const { readRelease } = await import("../../../../src/ritual/integrity/read.ts");
    const reason = new Error("over");
    await expect(readRelease(worldOf(released().path), plain, AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });
});

describe("a signed verdict", () => {
  it("that is demanded is asked for this tag and commit", async () => {
    const repo = released();
    const asked: unknown[] = [];
    const verdict = async (subject: object) => {
      asked.push(subject);
      return {
        status: "fail",
        message: "The verdict is for another commit",
        remedy: "run the gate",
      } as const;
    };
    const reading = await look(repo.path, {}, { verdict });
    expect(asked).toEqual([{ tag: "v1.2.3", commit: reading.release?.commit }]);
    expect(answers(reading)).toMatchObject({ verdict: "fail" });
  });

  it("that cannot be read is unknown", async () => {
    const verdict = () =>
      Promise.reject(new SentinelError("evidence-unreadable", "no such file", "see --verdict"));
    expect(answers(await look(released().path, {}, { verdict }))).toMatchObject({ verdict: "unknown" });
  });
});

describe("a tag in the middle of a ritual", () => {
  async function begun() {
    const repo = released();
    const { release } = await look(repo.path);
    if (release === null) throw new Error("no release");
    return { repo, release, ask: () => stillTheSame(worldOf(repo.path), release, never) };
  }

  it("is still the same", async () => {
    expect(await (await begun()).ask()).toBeNull();
  });

  it("is seen to have moved, to have been made anew, or to be gone", async () => {
    const { repo, ask } = await begun();
    repo.git("tag", "-f", "-a", "v1.2.3", "-m", "again");
    repo.git("push", "-qf", "origin", "v1.2.3");
    expect(await ask()).toMatchObject({
      status: "fail",
      message: expect.stringContaining("was moved on origin"),
    });
    repo.commit("feat: later");
    repo.git("tag", "-f", "-a", "v1.2.3", "-m", "elsewhere");
    repo.git("push", "-qf", "origin", "v1.2.3");
    expect(await ask()).toMatchObject({ status: "fail" });
    repo.git("push", "-q", "origin", ":v1.2.3");
    expect(await ask()).toMatchObject({ status: "fail", message: expect.stringContaining("gone") });
  });

  it("is unknown when the remote gives no answer", async () => {
    const { repo, ask } = await begun();
    rmSync(repo.origin, { recursive: true });
    expect(await ask()).toMatchObject({ status: "unknown" });
  });
});
