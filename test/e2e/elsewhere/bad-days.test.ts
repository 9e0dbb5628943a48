import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../../support/cli.ts";
import { gitHttpServer } from "../../support/git-server.ts";
import { gitEnv, repository } from "../../support/repository.ts";
import { gitOnly, left, notOver, type Remote, remote, run } from "./world.ts";

/** A server that is asked, and never answers. */
async function silentServer({ repo }: Remote) {
  const asked = Promise.withResolvers<void>();
  const { url } = await gitHttpServer(repo.origin, () => {
    asked.resolve();
    return new Promise(() => {});
  });
  return { url, asked: asked.promise };
}

describe("bad days", () => {
  it("a server that cannot leave file contents out is cloned whole, and that is what the check says", async () => {
    const world = remote();
    execFileSync("git", ["-C", world.repo.origin, "config", "uploadpack.allowFilter", "false"], {
      env: gitEnv,
    });
    const http = await gitHttpServer(world.repo.origin);
    const ran = await run(world, [...gitOnly, "--repo", http.url, "--ref", "main"]);
    expect(ran.stderr).not.toContain("the clone is partial");
    expect(ran.code).toBe(0);
  });

  it("a server that fails, or is not there, is no answer: 2", async () => {
    const world = remote();
    const broken = await gitHttpServer(world.repo.origin, () => ({ status: 500 }));
    for (const url of [broken.url, "http://127.0.0.1:1/a/b.git"]) {
      const ran = await run(world, [...gitOnly, "--repo", url]);
      expect(ran.stderr).toContain("could not be cloned");
      expect(ran.code).toBe(2);
    }
  });

  it("a server that hangs is given up when time is up", async () => {
    const world = remote();
    const http = await gitHttpServer(world.repo.origin, () => new Promise(() => {}));
    const ran = await run(world, [...gitOnly, "--repo", http.url, "--timeout", "1"]);
    expect(ran.stderr).toContain("was not cloned within 1 s");
    expect(ran.code).toBe(2);
    expect(left(world.temp)).toEqual([]);
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("%s in the middle of it ends with %i, and leaves nothing", async (signal, code) => {
    const world = remote();
    const { url, asked } = await silentServer(world);
    const ran = await cli([...gitOnly, "--repo", url], {
      cwd: world.here,
      env: { TMPDIR: world.temp },
      during: (child) => void asked.then(() => child.kill(signal)),
    });
    expect(ran.code).toBe(code);
    expect(ran.stderr).toContain(`interrupted by ${signal}; nothing was changed`);
    expect(left(world.temp)).toEqual([]);
  });

  it.runIf(process.platform === "linux")("what a killed run has left is swept by the next one", async () => {
    const world = remote();
    const { url, asked } = await silentServer(world);
    await cli([...gitOnly, "--repo", url], {
      cwd: world.here,
      env: { TMPDIR: world.temp },
      during: (child) => void asked.then(() => child.kill("SIGKILL")),
    });
    expect(left(world.temp)).toHaveLength(1);
    await run(world, [...gitOnly, "--repo", world.repo.origin, "--ref", "main"]);
    expect(left(world.temp)).toEqual([]);
  });

  it("nothing that the repository or the user's settings name is run, and submodules stay away", async () => {
    const inner = repository();
    const world = remote({ ".gitattributes": "*.txt filter=evil diff=evil\n", "a.txt": "a\n" });
    world.repo.git("switch", "-q", "main");
    world.repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.path, "inner");
    world.repo.commit("feat: with a submodule");
    world.repo.git("push", "-q", "origin", "main");
    const proof = join(world.here, "ran");
    const template = join(world.here, "template/hooks");
    mkdirSync(template, { recursive: true });
    for (const hook of ["post-checkout", "reference-transaction", "post-index-change"])
      writeFileSync(join(template, hook), `#!/bin/sh\ntouch ${proof}\n`, { mode: 0o755 });
    const settings = join(world.here, "gitconfig");
    writeFileSync(
      settings,
      `[init]\n templateDir = ${join(world.here, "template")}\n[submodule]\n recurse = true\n[core]\n hooksPath = ${template}\n`,
    );
    const ran = await run(
      world,
      [...gitOnly, "--repo", world.repo.origin, "--ref", "main", "--skip", notOver],
      {
        GIT_CONFIG_GLOBAL: settings,
      },
    );
    expect(ran.stderr).toContain("Git working tree is clean");
    expect(ran.code).toBe(0);
    expect(existsSync(proof)).toBe(false);
  });
});
