import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { clone } from "../../../../src/clients/git/clone.ts";
import { gitHttpServer } from "../../../support/git-server.ts";
import { gitEnv, repository, type TestRepository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";
import { never, writerOf } from "./writing.ts";

/** Listings of this one are longer than what is kept of git's output where only its end matters. */
function large(): { readonly repo: TestRepository; readonly tip: string } {
  const repo = repository({ origin: true });
  const origin = (args: readonly string[], input: string) =>
    execFileSync("git", ["--git-dir", repo.origin, ...args], { env: gitEnv, input });
  const commits = Array.from({ length: 7000 }, (_, i) =>
    [
      "commit refs/heads/main",
      `committer Test Author <author@example.com> ${1_700_000_000 + i} +0000`,
      ...["data 4", "more", i === 0 ? "from refs/heads/main^0\n" : ""],
    ].join("\n"),
  );
  origin(["fast-import", "--quiet"], commits.join("\n"));
  origin(["config", "uploadpack.allowFilter", "true"], "");
  const tip = `${origin(["rev-parse", "main"], "")}`.trim();
  const refs = Array.from({ length: 4000 }, (_, i) => [
    `create refs/tags/v0.0.${i} ${tip}\n`,
    `create refs/heads/topic/${i} ${tip}\n`,
  ]);
  origin(["update-ref", "--stdin"], refs.flat().join(""));
  return { repo, tip };
}

it("thousands of commits, branches and tags are listed to the last one", async () => {
  const { repo, tip } = large();
  const { url } = await gitHttpServer(repo.origin);
  for (const ref of [null, tip]) {
    const asked = { url, isPath: false, ref, folder: join(tempFolder(), "clone"), env: gitEnv };
    expect(await clone({ ...asked, signal: never }), ref ?? "default").toMatchObject({
      commit: tip,
      partial: true,
    });
  }
  const heads = await writerOf(repo).writer.remoteHeads({ remote: "origin", token: null }, never);
  expect([heads?.size, heads?.get("main")]).toEqual([4001, tip]);
});
