import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { withoutProgramsOf } from "../../../src/app/clients.ts";
import { tempFolder } from "../../support/temp.ts";

/** A work tree with a git of its own at its top and in its bin, and a folder outside of it. */
function place() {
  const tree = tempFolder();
  const outside = tempFolder();
  for (const folder of [".git", "bin"]) mkdirSync(join(tree, folder));
  for (const file of ["git", "bin/git"])
    writeFileSync(join(tree, file), "#!/bin/sh\necho mine\n", { mode: 0o755 });
  return { tree, bin: join(tree, "bin"), outside };
}

const path = (...folders: string[]) => folders.join(delimiter);

describe("the environment without the programs of a work tree", () => {
  it("has the other folders of PATH, in their order", () => {
    const { tree, bin, outside } = place();
    const given = { PATH: path(bin, outside, tree, "/usr/bin"), HOME: "/home/ada" };
    expect(withoutProgramsOf(bin, given)).toEqual({ PATH: path(outside, "/usr/bin"), HOME: "/home/ada" });
  });

  it("has no folder that is another one wherever a program is started", () => {
    const { tree, outside } = place();
    const given = { PATH: path("", ".", "bin", "..", outside) };
    expect(withoutProgramsOf(tree, given).PATH).toBe(outside);
  });

  it.each([
    ["was not set", () => undefined],
    ["led nowhere but into it", ({ tree, bin }: ReturnType<typeof place>) => path(bin, tree)],
  ])("never searches the current folder, when PATH %s", (_, of) => {
    const there = place();
    const PATH = of(there);
    const env = withoutProgramsOf(there.tree, PATH === undefined ? {} : { PATH });
    expect(env.PATH).toBe("/usr/bin:/bin");
    const ran = spawnSync("git", ["--version"], { cwd: there.tree, env, encoding: "utf8" });
    expect(ran.stdout).not.toContain("mine");
  });

  it("knows PATH by the name that Windows has for it, and leaves no second one", () => {
    const { tree, bin, outside } = place();
    const env = { ProgramData: "C:\\Data", Path: path(bin, outside) };
    expect(withoutProgramsOf(tree, env, "win32")).toEqual({ ProgramData: "C:\\Data", Path: outside });
    expect(withoutProgramsOf(tree, env, "linux").PATH).toBe("/usr/bin:/bin");
  });
});
