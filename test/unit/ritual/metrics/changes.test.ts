import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { createHistory } from "../../../../src/clients/git/history.ts";
import { releaseTags } from "../../../../src/clients/git/release-tags.ts";
import { releasedChanges } from "../../../../src/ritual/metrics/changes.ts";
import { never } from "../../../support/metrics.ts";
import { gitEnv, repository, type TestRepository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";

const day = 86_400;
const start = 1_760_000_000;
/** So many days after the start, in seconds. */
const at = (days: number) => start + days * day;

function commitAt(repo: TestRepository, days: number, message = "feat: something"): string {
  const date = `${at(days)} +0000`;
  execFileSync("git", ["commit", "-q", "--allow-empty", "-m", message], {
    cwd: repo.path,
    env: { ...gitEnv, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: `${at(days + 1)} +0000` },
  });
  return repo.git("rev-parse", "HEAD").trim();
}

function tagAt(repo: TestRepository, tag: string, days: number): void {
  execFileSync("git", ["tag", "-a", tag, "-m", tag], {
    cwd: repo.path,
    env: { ...gitEnv, GIT_COMMITTER_DATE: `${at(days)} +0000` },
  });
}

async function changes(cwd: string, sinceDays: number) {
  const tip = execFileSync("git", ["rev-parse", "HEAD"], { cwd, env: gitEnv }).toString().trim();
  const tags = await releaseTags({ cwd, env: gitEnv }, tip, never);
  const releases = await releasedChanges(createHistory(cwd, gitEnv), tags, at(sinceDays) * 1000, never);
  return releases.map(({ tag, at: tagged, written }) => ({
    tag,
    at: tagged / 1000,
    written: written && [...written].map((ms) => ms / 1000).sort(),
  }));
}

describe("the changes of each release", () => {
  it("are the commits that no earlier one has, by when their authors wrote them", async () => {
    const repo = repository({ empty: true });
    commitAt(repo, 0);
    tagAt(repo, "v1.0.0", 2);
    commitAt(repo, 3);
    commitAt(repo, 4);
    tagAt(repo, "v1.1.0", 5);
    tagAt(repo, "v1.2.0-rc.1", 6);
    commitAt(repo, 7);
    tagAt(repo, "v1.10.0", 8);
    repo.git("tag", "nightly");
    expect(await changes(repo.path, -100)).toEqual([
      { tag: "v1.0.0", at: at(2), written: [at(0)] },
      { tag: "v1.1.0", at: at(5), written: [at(3), at(4)] },
      { tag: "v1.10.0", at: at(8), written: [at(7)] },
    ]);
  });

  it("counts what a branch brought once, and no merges", async () => {
    const repo = repository({ empty: true });
    commitAt(repo, 0);
    tagAt(repo, "v1.0.0", 1);
    repo.git("switch", "-q", "-c", "fix");
    commitAt(repo, 2);
    tagAt(repo, "v1.0.1", 3);
    repo.git("switch", "-q", "main");
    commitAt(repo, 4);
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "fix");
    tagAt(repo, "v1.1.0", 5);
    expect(await changes(repo.path, -100)).toEqual([
      { tag: "v1.0.0", at: at(1), written: [at(0)] },
      { tag: "v1.0.1", at: at(3), written: [at(2)] },
      { tag: "v1.1.0", at: at(5), written: [at(4)] },
    ]);
  });

  it("are not read further back than is asked for", async () => {
    const repo = repository({ empty: true });
    for (const n of [0, 10, 20]) {
      commitAt(repo, n);
      tagAt(repo, `v1.${n}.0`, n + 1);
    }
    expect(await changes(repo.path, 15)).toEqual([
      { tag: "v1.10.0", at: at(11), written: [] },
      { tag: "v1.20.0", at: at(21), written: [at(20)] },
    ]);
    expect(await changes(repo.path, 100)).toEqual([{ tag: "v1.20.0", at: at(21), written: [] }]);
  });

  it("are not known where the clone does not hold them all", async () => {
    const repo = repository({ empty: true });
    commitAt(repo, 0);
    tagAt(repo, "v1.0.0", 1);
    commitAt(repo, 2);
    commitAt(repo, 3);
    tagAt(repo, "v1.1.0", 4);
    const shallow = join(tempFolder(), "clone");
    const url = pathToFileURL(repo.path).href;
    execFileSync("git", ["clone", "-q", "--depth", "1", url, shallow], { env: gitEnv });
    repo.git("fetch", "-q", "--tags");
    expect(await changes(shallow, -100)).toEqual([{ tag: "v1.1.0", at: at(4), written: null }]);
  });

  it("are none without release tags", async () => {
    const repo = repository();
    expect(await changes(repo.path, -100)).toEqual([]);
  });
});
