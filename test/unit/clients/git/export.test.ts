import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createGit } from "../../../../src/clients/git/git.ts";
import { gitHttpServer } from "../../../support/git-server.ts";
import { gitEnv, repository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";

describe("the files of a commit, put into a folder", () => {
  it("are fetched all at once, where a partial clone lacks them", async () => {
    const repo = repository({ origin: true });
    const files = Array.from({ length: 20 }, (_, i) => [`file-${i}.txt`, `content ${i}\n`]);
    const commit = repo.commit("feat: files", Object.fromEntries(files));
    repo.git("push", "-q", "origin", "main");
    execFileSync("git", ["-C", repo.origin, "config", "uploadpack.allowFilter", "true"], { env: gitEnv });
    const { url, received } = await gitHttpServer(repo.origin);
    const clone = join(tempFolder(), "clone");
    // The server is in this very process.
    const args = ["clone", "-q", "--no-checkout", "--filter=blob:none", url, clone];
    await promisify(execFile)("git", args, { env: gitEnv });
    const before = received.length;
    const folder = tempFolder();
    await createGit(clone, gitEnv).exportTo(commit, folder);
    expect(readFileSync(join(folder, "file-19.txt"), "utf8")).toBe("content 19\n");
    expect(received.slice(before).filter(({ method }) => method === "POST").length).toBeLessThan(5);
  });

  it("are all of them, whatever this clone's settings leave out, and take nothing of its work tree", async () => {
    const repo = repository();
    const commit = repo.commit("feat: files", {
      "kept/a.txt": "a\n",
      "left-out/b.txt": "b\n",
      ".gitattributes": "*.txt text eol=lf\n",
    });
    repo.git("sparse-checkout", "set", "kept");
    repo.write(".gitattributes", "*.txt text eol=crlf\n");
    const folder = tempFolder();
    await createGit(repo.path, gitEnv).exportTo(commit, folder);
    expect(existsSync(join(repo.path, "left-out/b.txt"))).toBe(false);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(["kept", "left-out"]));
    expect(readFileSync(join(folder, "left-out/b.txt"), "utf8")).toBe("b\n");
  });
});
