import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { objectsOf, podOf } from "../../support/kubernetes-files.ts";
import { docker, engine } from "../../support/real/docker.ts";
import { type ReleaseImage, releaseImage } from "../../support/real/release-image.ts";
import { gitEnv, repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

interface Answer {
  readonly code: number | null;
  readonly output: string;
}

const gitOnly = ["--env", "prod", "--version", "v1.0.0", "--only", "git.*"];

describe.skipIf(engine.skip)("the image", () => {
  let image: ReleaseImage;
  beforeAll(async () => {
    image = await releaseImage();
  });
  afterAll(() => image?.remove());

  /** `docker run`, without a network unless it is asked for. */
  function run(
    flags: readonly string[],
    args: readonly string[],
    during: (child: ChildProcess) => void = () => {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const argv = ["run", "--rm", "--network", "none", ...flags, image.name, ...args];
      const child = spawn("docker", argv, {
        env: { ...process.env, DOCKER_HOST: engine.found },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => (output += chunk));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, output }));
      during(child);
    });
  }

  /** A repository with a release, belonging to somebody else than the image's user; anybody may read it. */
  function shop() {
    const repo = repository();
    repo.commit("feat: shop", { "shop.txt": "open\n" });
    repo.git("tag", "-a", "v1.0.0", "-m", "Release v1.0.0");
    chmodSync(join(repo.path, ".."), 0o755);
    const mount = ["--volume", `${repo.path}:/repo:ro`];
    return { repo, mount };
  }

  it("answers 0, 1 and 2 about a mounted repository that belongs to somebody else", async () => {
    const { mount } = shop();
    const safe = await run(mount, gitOnly);
    expect(safe.output).toContain("Release validation PASSED");
    expect(safe.code, safe.output).toBe(0);
    const blocked = await run(mount, ["--env", "prod", "--version", "1.0.0", "--only", "git.*"]);
    expect(blocked.output).toContain("Invalid version format: 1.0.0");
    expect(blocked.code).toBe(1);
    const critical = await run(mount, ["preflight", "--url", "http://127.0.0.1:1/"]);
    expect(critical.output).toContain("API CRITICAL");
    expect(critical.code).toBe(2);
  });

  it("has what the gate calls, and says what it is", async () => {
    const { mount } = shop();
    const tools = await run(mount, [
      "preflight",
      "--require",
      "git",
      "--require",
      "kubectl",
      "--only",
      "tool*",
    ]);
    expect(tools.code, tools.output).toBe(0);
    expect((await run([], ["--version"])).output.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    // ssh gives up where its user has no name.
    const named = await docker(["run", "--rm", "--entrypoint", "id", image.name, "-un"]);
    expect(named.trim()).toBe("release-sentinel");
    const [inspected] = JSON.parse(await docker(["image", "inspect", image.name]));
    expect(inspected.Config).toMatchObject({
      User: "65532:65532",
      WorkingDir: "/repo",
      Labels: {
        "org.opencontainers.image.title": "release-sentinel",
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.version": expect.stringMatching(/^\d+\.\d+\.\d+$/),
        "org.opencontainers.image.revision": expect.stringMatching(/^([0-9a-f]{40}|unknown)$/),
        "org.opencontainers.image.base.name": expect.stringMatching(/^release-sentinel-base:[0-9a-f]{16}$/),
      },
      Healthcheck: { Test: ["NONE"] },
    });
  });

  it.each([
    ["a user id without a name", ["--user", "4711:4711"]],
    ["a root that cannot be written, and no place for temporary files", ["--read-only"]],
    [
      "both, with no right to anything",
      ["--user", "4711:0", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ],
    ["a memory limit and a process of its own", ["--memory", "256m", "--init"]],
  ])("works with %s", async (_, flags) => {
    const { mount } = shop();
    const ran = await run([...flags, ...mount], gitOnly);
    expect(ran.code, ran.output).toBe(0);
    expect(ran.output).not.toMatch(/tini|EACCES|EROFS: |unable to/);
  });

  it("clones what --repo names into /tmp, on a root that cannot be written, and leaves nothing there", async () => {
    const { repo } = shop();
    const temp = tempFolder("rs-image-tmp-");
    chmodSync(temp, 0o777);
    // Of the user that reads it, as a volume that was made for it would be.
    const source = tempFolder("rs-image-source-");
    execFileSync("git", ["clone", "-q", "--bare", repo.path, join(source, "shop.git")], { env: gitEnv });
    execFileSync("chown", ["-R", "4711:4711", source]);
    const flags = [
      "--user",
      "4711:4711",
      "--read-only",
      "--volume",
      `${temp}:/tmp`,
      "--volume",
      `${source}:/source:ro`,
    ];
    const ran = await run(flags, [...gitOnly, "--repo", "/source/shop.git", "--ref", "v1.0.0"]);
    expect(ran.output).toMatch(/Branch OK: \w{7} is on main/);
    expect(ran.code, ran.output).toBe(0);
    expect(readdirSync(temp).filter((name) => name.startsWith("release-sentinel-"))).toEqual([]);
    const without = await run(
      ["--user", "4711:4711", "--read-only", "--volume", `${source}:/source:ro`],
      [...gitOnly, "--repo", "/source/shop.git"],
    );
    expect(without.output).toContain("→ name one that can be written: TMPDIR=/path");
    expect(without.code).toBe(2);
  });

  it("trusts a repository of somebody else's at /repo only", async () => {
    const { repo } = shop();
    const ran = await run(["--volume", `${repo.path}:/other:ro`, "--workdir", "/other"], gitOnly);
    expect(ran.output).toContain("Git refuses to read this repository");
    expect(ran.code).toBe(1);
  });

  it("ends with 143 when it is told to stop, and with it everything that it has started", async () => {
    const { repo, mount } = shop();
    repo.commit("chore: a slow policy", {
      "release-sentinel.yaml":
        "checks:\n  slow: { uses: exec, command: [sh, -c, 'trap \"\" TERM; sleep 300'], timeout: 300s }\n",
    });
    const name = `rs-test-${randomBytes(5).toString("hex")}`;
    onTestFinished(async () => {
      await docker(["rm", "--force", name]).catch(() => {});
    });
    const began = run(["--name", name, ...mount], ["--env", "prod", "--version", "v1.0.0"]);
    await expect.poll(() => docker(["top", name]).catch(() => "")).toContain("sleep 300");
    await docker(["stop", "--time", "20", name]);
    const ran = await began;
    expect(ran.output).toContain("interrupted by SIGTERM");
    expect(ran.code).toBe(143);
    expect(await docker(["ps", "-aq", "--filter", `name=${name}`])).toBe("");
  });

  it("reaps what is left to it, as the first process must", async () => {
    const { repo, mount } = shop();
    // What is not reaped has its number for ever.
    const script = `
      (sh -c 'echo $$ >/tmp/left; exec sleep 0.2' &)
      until test -s /tmp/left; do sleep 0.1; done
      while test -e "/proc/$(cat /tmp/left)"; do sleep 0.1; done`;
    const orphan = { uses: "exec", command: ["sh", "-c", script], timeout: "60s" };
    repo.commit("chore: a policy that leaves something behind", {
      "release-sentinel.yaml": JSON.stringify({ checks: { orphan } }),
    });
    const ran = await run(mount, ["--env", "prod", "--version", "v1.0.0"]);
    expect(ran.output).not.toContain("warnings");
    expect(ran.code, ran.output).toBe(0);
  });

  it("answers what the Job of k8s/ asks, under the Job's own restrictions", async () => {
    const { mount } = shop();
    const pod = podOf(objectsOf("release-sentinel-job.yaml")[0] as never);
    const [{ args, env = [] }] = pod.containers as [(typeof pod.containers)[number]];
    const open = env.flatMap(({ name, value }) => (value === undefined ? [] : ["--env", `${name}=${value}`]));
    const token = ["tkn", randomBytes(8).toString("hex")].join("_");
    const restrictions = [
      "--user",
      "65532:65532",
      "--read-only",
      "--tmpfs",
      "/tmp",
      "--cap-drop",
      "ALL",
      "--security-opt",
      "no-new-privileges",
    ];
    // Without a network: neither the repository nor the API answers.
    const words = args.map((word) => word.replaceAll("$(VERSION)", "v1.0.0"));
    const ran = await run([...restrictions, ...open, "--env", `GITHUB_TOKEN=${token}`], words);
    expect(ran.output).toContain("could not be cloned");
    expect(ran.output).not.toContain(token);
    expect(ran.code).toBe(2);
    // The same on a mounted repository.
    const repo = words.indexOf("--repo");
    const mounted = words.filter((_, i) => i < repo || i > repo + 3);
    const vars = [...open, "--env", "VERSION=v1.0.0"];
    const missing = await run([...restrictions, ...mount, ...vars], mounted);
    expect(missing.output).toContain("Missing required env var: RS_DEPLOY_TOKEN");
    expect(missing.code).toBe(1);
    const asked = await run(
      [...restrictions, ...mount, ...vars, "--env", `RS_DEPLOY_TOKEN=${token}`],
      mounted,
    );
    expect(asked.output).toContain("API CRITICAL");
    expect(asked.output).toContain("Process OK: tini running");
    expect(asked.output).not.toContain(token);
    expect(asked.code).toBe(2);
  });
});
