import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../../support/cli.ts";
import { basicAuth, type GitDoor, gitHttpServer } from "../../support/git-server.ts";
import { gitEnv, repository, type TestRepository } from "../../support/repository.ts";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";

const token = ["tkn", "8f3b1c7d9e2a4650"].join("_");

/** A remote with a release on main, and somewhere else to stand. */
function remote(files: Readonly<Record<string, string>> = {}) {
  const repo = repository({ origin: true });
  const released = repo.commit("feat: shop", { "shop.txt": "open\n", ...files });
  repo.git("tag", "-a", "v1.0.0", "-m", "Release v1.0.0");
  repo.git("switch", "-q", "-c", "feature/x");
  const feature = repo.commit("feat: x", { "x.txt": "x\n" });
  repo.git("push", "-q", "origin", "main", "feature/x", "v1.0.0");
  execFileSync("git", ["-C", repo.origin, "config", "uploadpack.allowFilter", "true"], { env: gitEnv });
  const here = tempFolder("rs-here-");
  const temp = tempFolder("rs-tmpdir-");
  return { repo, released, feature, here, temp };
}

const gitOnly = ["--env", "prod", "--version", "v1.0.0", "--only", "git.*"];
const notOver = "git.tag,git.tag.remote";

function run(
  { here, temp }: { here: string; temp: string },
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  return cli(args, { cwd: here, env: { TMPDIR: temp, ...env } });
}

const left = (temp: string) => readdirSync(temp).filter((name) => name.startsWith("release-sentinel-clone-"));

describe("--repo and --ref", () => {
  it("judge a branch as that branch, and leave nothing behind", async () => {
    const world = remote();
    const asked = [...gitOnly, "--repo", world.repo.origin];
    const main = await run(world, [...asked, "--ref", "main"]);
    expect(main.stderr).toContain("Branch OK: main");
    expect(main.code).toBe(0);
    const feature = await run(world, [...asked, "--ref", "feature/x", "--skip", notOver]);
    expect(feature.stderr).toContain("Releases blocked from branch: feature/x");
    expect(feature.code).toBe(1);
    expect(left(world.temp)).toEqual([]);
  });

  it("take the default branch where no ref is named", async () => {
    const world = remote();
    const ran = await run(world, [...gitOnly, "--repo", world.repo.origin]);
    expect(ran.stderr).toContain("Branch OK: main");
    expect(ran.stderr).toMatch(
      new RegExp(` INFO release-sentinel\\.git Cloned .*: main at ${world.released.slice(0, 7)}\n`),
    );
    expect(ran.code).toBe(0);
  });

  it("judge a tag or a commit by the branches that it is on, as a tag's build does", async () => {
    const world = remote();
    const asked = [...gitOnly, "--repo", world.repo.origin, "--skip", notOver];
    for (const ref of ["v1.0.0", "refs/tags/v1.0.0", world.released, world.released.slice(0, 10)]) {
      const ran = await run(world, [...asked, "--ref", ref]);
      expect(ran.stderr, ref).toMatch(/Branch OK: \w{7} is on .*main/);
      expect(ran.code).toBe(0);
    }
    const ran = await run(world, [...asked, "--ref", world.feature]);
    expect(ran.stderr).toContain("is on no allowed branch");
    expect(ran.code).toBe(1);
  });

  it("do not fetch a commit that no branch and no tag leads to", async () => {
    const world = remote();
    world.repo.git("switch", "-q", "--detach");
    const stray = world.repo.commit("feat: a pull request's");
    world.repo.git("push", "-q", "origin", "HEAD:refs/pull/7/head");
    const http = await gitHttpServer(world.repo.origin);
    const ran = await run(world, [...gitOnly, "--repo", http.url, "--ref", stray]);
    expect(ran.stderr).toContain(`there is no branch, tag or commit ${stray}`);
    expect(ran.code).toBe(1);
  });

  it("are refused in one line where they cannot be asked for", async () => {
    const world = remote();
    const { origin } = world.repo;
    for (const [args, why] of [
      [["--repo", origin, "--ref=-x"], "--ref -x begins with a hyphen"],
      [["--repo", origin, "--ref", "main\nevil"], "--ref main\\nevil is no name"],
      [["--repo", origin, "--ref", "v1.0.1"], "did you mean v1.0.0?"],
      [["--repo", "ext::sh -c whoami"], "is neither a URL"],
      [["--repo", `${origin}-nowhere`], "there is no repository at"],
      [["--ref", "main"], "--ref goes with --repo"],
    ] as const) {
      const ran = await run(world, [...gitOnly, ...args]);
      expect(ran.stderr).toContain(why);
      expect(ran.stderr.split("\n").filter((line) => line.startsWith("release-sentinel: "))).toHaveLength(1);
      expect(ran.code, why).toBe(1);
    }
    expect(left(world.temp)).toEqual([]);
  });

  it("are said as JSON where JSON is asked for", async () => {
    const world = remote();
    const ran = await run(world, [...gitOnly, "--repo", world.repo.origin, "--ref", "gone", "--json"]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ code: "flag-invalid", exitCode: 1 });
  });

  it("serve notes, the next version and the configuration too", async () => {
    const world = remote({ "release-sentinel.yaml": "extends: default\n" });
    const from = ["--repo", world.repo.origin, "--ref", "feature/x"];
    expect((await run(world, ["notes", "--version", "v1.1.0", ...from])).stdout).toContain(
      "feat: x".slice(6),
    );
    expect((await run(world, ["version", "next", ...from])).stdout.trim()).toBe("v1.1.0");
    const validated = await run(world, ["config", "validate", ...from]);
    expect(validated.stderr).toContain("Configuration OK: ");
    expect(validated.code).toBe(0);
    expect((await run(world, ["config", "show", "--env", "prod", ...from])).code).toBe(0);
  });

  it("leave paths those of where the caller stands", async () => {
    const world = remote({ "release-sentinel.yaml": "checks: { nonsense: true }\n" });
    writeFileSync(join(world.here, "policy.yaml"), "checks:\n  git.branch: { allow: [main] }\n");
    const asked = ["--env", "prod", "--version", "v1.0.0", "--repo", world.repo.origin, "--ref", "main"];
    const given = await run(world, [...asked, "--config", "policy.yaml", "--report", "json=out.json"], {
      RS_LEDGER: "book.jsonl",
    });
    expect(given.code).toBe(0);
    expect(JSON.parse(readFileSync(join(world.here, "out.json"), "utf8"))).toMatchObject({
      verdict: "SAFE",
      commit: world.released,
      branch: "main",
    });
    expect(readFileSync(join(world.here, "book.jsonl"), "utf8")).toContain(world.released);
    const named = await run(world, asked, { RS_CONFIG: "policy.yaml" });
    expect(named.code).toBe(0);
    expect(named.stderr).toContain("Not recorded: with --repo there is no work tree to keep the ledger in");
    // Without one, it is the repository's own.
    expect((await run(world, asked)).code).toBe(1);
  });

  it("say how it is where no temporary folder can be made", async () => {
    const world = remote();
    writeFileSync(join(world.temp, "file"), "");
    const ran = await run(world, [...gitOnly, "--repo", world.repo.origin], {
      TMPDIR: join(world.temp, "file/x"),
    });
    expect(ran.stderr).toContain(
      "no temporary folder can be made (ENOTDIR) → name one that can be written: TMPDIR=",
    );
    expect(ran.code).toBe(2);
  });

  it("work for a repository that has no commit, and for one that is shallow: both are said", async () => {
    const world = remote();
    const empty = repository({ origin: true, empty: true });
    const none = await run(world, [...gitOnly, "--repo", empty.origin]);
    expect(none.stderr).toContain("the repository has no commit yet");
    expect(none.code).toBe(1);
    const shallow = join(tempFolder(), "shallow");
    execFileSync("git", ["clone", "-q", "--depth=1", `file://${world.repo.origin}`, shallow], {
      env: gitEnv,
    });
    for (const repo of [shallow, `file://${shallow}`, (await gitHttpServer(join(shallow, ".git"))).url]) {
      const cut = await run(world, [
        "--env",
        "prod",
        "--version",
        "v1.0.0",
        "--only",
        "git.repository,git.tag",
        "--repo",
        repo,
      ]);
      expect(cut.stderr).toContain("the clone is shallow");
    }
  });
});

describe("in a CI job that is about something else", () => {
  const job = (commit: string, ref = "refs/heads/other") => ({
    ...{ GITHUB_ACTIONS: "true", CI: "true", GITHUB_EVENT_NAME: "push", GITHUB_REF: ref, GITHUB_SHA: commit },
    ...{ GITHUB_REF_NAME: ref.replace(/^refs\/\w+\//, ""), GITHUB_REF_TYPE: "branch" },
  });

  it("the ref that was named is judged, not what the job has built", async () => {
    const world = remote();
    const asked = [...gitOnly, "--repo", world.repo.origin, "--skip", notOver];
    for (const env of [job("c".repeat(40)), job(world.feature, "refs/heads/main")]) {
      const ran = await run(world, [...asked, "--ref", "v1.0.0"], env);
      expect(ran.stderr).toMatch(/Branch OK: \w{7} is on /);
      expect(ran.code).toBe(0);
      expect((await run(world, [...asked, "--ref", world.feature], env)).code).toBe(1);
    }
  });

  it("a tag that is called like a branch's whole name is not the branch that --config-ref names", async () => {
    const world = remote({ "release-sentinel.yaml": "checks:\n  git.branch: { allow: [nothing] }\n" });
    world.repo.git("push", "-q", "origin", "main:refs/heads/stable");
    const weak = world.repo.commit("feat: loosen", {
      "release-sentinel.yaml": "checks:\n  git.version: true\n",
    });
    for (const name of ["refs/tags/refs/heads/stable", "refs/tags/refs/remotes/stable"])
      world.repo.git("push", "-q", "origin", `${weak}:${name}`);
    world.repo.git("push", "-q", "origin", "feature/x");
    const asked = ["--env", "prod", "--version", "v1.1.0", "--repo", world.repo.origin, "--ref", "feature/x"];
    for (const ref of ["stable", "refs/heads/stable"]) {
      const ran = await run(world, [...asked, "--config-ref", ref]);
      expect([ran.code, ran.stderr.includes("PASSED")], ran.stderr).toEqual([1, false]);
    }
  });

  it("a pull request's job does not choose its policy by choosing the ref", async () => {
    const world = remote({ "release-sentinel.yaml": "checks:\n  git.branch: { allow: [nothing] }\n" });
    world.repo.commit("feat: loosen", { "release-sentinel.yaml": "checks:\n  git.version: true\n" });
    world.repo.git("push", "-q", "origin", "feature/x");
    const http = await gitHttpServer(world.repo.origin);
    const env = {
      ...job(world.feature, "refs/pull/7/merge"),
      ...{ GITHUB_EVENT_NAME: "pull_request", GITHUB_BASE_REF: "main", GITHUB_HEAD_REF: "feature/x" },
      ...{ GITHUB_SERVER_URL: http.origin, GITHUB_REPOSITORY: "origin" },
    };
    // Where such a job stands is the pull request's work tree.
    writeFileSync(join(world.here, "release-sentinel.yaml"), "checks:\n  git.version: true\n");
    const asked = ["--env", "prod", "--version", "v1.1.0", "--ref", "feature/x"];
    const theirs = join(world.here, "release-sentinel.yaml");
    for (const more of [[], ["--config", "release-sentinel.yaml"], ["--config", theirs]]) {
      const ran = await run(world, [...asked, "--repo", http.url, ...more], env);
      expect(ran.stderr).toContain("Releases blocked from branch: main");
      expect(ran.code).toBe(1);
    }
    // Nor by a git of its own.
    const bin = join(world.here, "node_modules/.bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "git"), `#!/bin/sh\ntouch ${join(world.here, "stolen")}\n`, { mode: 0o755 });
    const path = { PATH: `${bin}:${process.env["PATH"]}` };
    await run(world, [...asked, "--repo", http.url], { ...env, ...path });
    expect(existsSync(join(world.here, "stolen"))).toBe(false);
    // Nor by naming another repository, unless it is said which ref of that is to be trusted.
    const other = [...asked, "--repo", world.repo.origin];
    const refused = await run(world, other, env);
    expect(refused.stderr).toContain("a pull request's job takes its policy from its own repository");
    expect(refused.code).toBe(1);
    const said = await run(world, [...other, "--config-ref", "main"], env);
    expect(said.stderr).toContain("Releases blocked from branch: main");
  });
});

describe("a server that wants credentials", () => {
  /** Every command line of the machine and every setting of a clone, each time that the server is asked. */
  function watching(temp: string, door: GitDoor) {
    const seen = { lines: "", configs: "" };
    const watch: GitDoor = (request) => {
      for (const pid of existsSync("/proc/1")
        ? readdirSync("/proc").filter((name) => /^\d+$/.test(name))
        : []) {
        try {
          seen.lines += `${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}\n`;
        } catch {
          // it has just ended
        }
      }
      for (const name of left(temp)) {
        const config = join(temp, name, "repository/.git/config");
        if (existsSync(config)) seen.configs += readFileSync(config, "utf8");
      }
      return door(request);
    };
    return { seen, watch };
  }

  it.each([
    ["GIT_TOKEN", {}, "x-access-token"],
    ["GIT_TOKEN", { GIT_USERNAME: "gitlab-ci-token" }, "gitlab-ci-token"],
    ["GITHUB_TOKEN", {}, "x-access-token"],
  ])(
    "gets %s %o, from the environment alone, in the clone and for every later question",
    async (name, more, user) => {
      const world = remote();
      const { seen, watch } = watching(world.temp, basicAuth(`${user}:${token}`));
      const http = await gitHttpServer(world.repo.origin, watch);
      const env = {
        [name]: token,
        ...more,
        ...(name === "GITHUB_TOKEN" ? { GITHUB_SERVER_URL: http.origin } : {}),
      };
      const ran = await run(world, [...gitOnly, "--repo", http.url, "--ref", "v1.0.0"], env);
      expect(ran.stderr).toContain("Git tag v1.0.0 is already on origin, at this commit");
      expect(ran.stderr).toContain("the clone is partial");
      expect(ran.code).toBe(0);
      expect(seen.lines).toContain("--filter=blob:none");
      expect(seen.configs).toContain("origin.git");
      expect(seen.lines + seen.configs + ran.all).not.toContain(token);
      expect(seen.lines + seen.configs).not.toContain(Buffer.from(`${user}:${token}`).toString("base64"));
    },
  );

  it("gets it from a mounted file as well", async () => {
    const world = remote();
    const http = await gitHttpServer(world.repo.origin, basicAuth(`x-access-token:${token}`));
    writeFileSync(join(world.here, "token"), `${token}\n`);
    const ran = await run(world, [...gitOnly, "--repo", http.url, "--ref", "v1.0.0"], {
      GIT_TOKEN_FILE: join(world.here, "token"),
    });
    expect(ran.code).toBe(0);
  });

  it("and gets a wrong one, or none, says so in a sentence without it", async () => {
    const world = remote();
    const http = await gitHttpServer(world.repo.origin, (request) => {
      const refused = basicAuth("x-access-token:another")(request);
      // Some servers repeat what they were sent.
      return refused && { ...(refused as { status: number }), body: `no ${request.credentials}\n` };
    });
    for (const env of [{ GIT_TOKEN: token }, {}]) {
      const ran = await run(world, [...gitOnly, "--repo", http.url], env);
      expect(ran.stderr).toMatch(
        /^release-sentinel: the server does not let these credentials read http:.* → set GIT_TOKEN/m,
      );
      expect(ran.all).not.toContain(token);
      expect(ran.code).toBe(1);
    }
    expect(left(world.temp)).toEqual([]);
  });

  it("and cannot be read, or reached, tells those who watch; a mistyped ref is no news", async () => {
    const world = remote();
    const slack = await server();
    const closed = await gitHttpServer(world.repo.origin, basicAuth("nobody:nothing"));
    const env = { RS_ALERT_WEBHOOK: slack.url, GIT_TOKEN: token };
    const asked = (repo: string, ...more: string[]) => run(world, [...gitOnly, "--repo", repo, ...more], env);
    expect((await asked(closed.url)).stderr).toContain("Alert sent successfully");
    expect((await asked("http://127.0.0.1:1/a/b.git")).code).toBe(2);
    expect((await asked(world.repo.origin, "--ref", "gone")).code).toBe(1);
    const told = slack.received.map(({ body }) => body);
    expect(told.map((body) => /BLOCKED|CRITICAL/.exec(body)?.[0])).toEqual(["BLOCKED", "CRITICAL"]);
    expect(told.join()).not.toContain(token);
  });

  it("is not sent GitHub's token when it is not GitHub", async () => {
    const world = remote();
    const http = await gitHttpServer(world.repo.origin, basicAuth(`x-access-token:${token}`));
    const ran = await run(world, [...gitOnly, "--repo", http.url], { GITHUB_TOKEN: token });
    expect(ran.code).toBe(1);
    expect(http.received.map(({ credentials }) => credentials).filter((given) => given !== null)).toEqual([]);
  });
});

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
    let reached = () => {};
    const asked = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const http = await gitHttpServer(world.repo.origin, () => {
      reached();
      return new Promise(() => {});
    });
    const ran = await cli([...gitOnly, "--repo", http.url], {
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
    let reached = () => {};
    const asked = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const http = await gitHttpServer(world.repo.origin, () => {
      reached();
      return new Promise(() => {});
    });
    await cli([...gitOnly, "--repo", http.url], {
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

describe("release --repo", () => {
  const tags = ({ origin }: TestRepository) =>
    execFileSync("git", ["-C", origin, "tag"], { env: gitEnv }).toString().split("\n").filter(Boolean);
  const identity = {
    ...{ GIT_COMMITTER_NAME: "Captain", GIT_COMMITTER_EMAIL: "captain@example.com" },
    ...{ GIT_AUTHOR_NAME: "Captain", GIT_AUTHOR_EMAIL: "captain@example.com" },
  };
  const policy = {
    "release-sentinel.yaml": "checks:\n  git.branch: true\n  git.clean: true\n  git.tag: true\n",
  };

  it("wants to know where its ledger is kept before it does anything", async () => {
    const world = remote(policy);
    const ran = await run(
      world,
      ["release", "--env", "prod", "--version", "v1.1.0", "--tag", "--repo", world.repo.origin],
      identity,
    );
    expect(ran.stderr).toContain("→ say where it is kept: RS_LEDGER=git");
    expect(ran.code).toBe(1);
    expect(tags(world.repo)).toEqual(["v1.0.0"]);
  });

  it("takes a job's own repository on GitHub for no other: its release is not asked for", async () => {
    const world = remote(policy);
    const env = {
      ...{ GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "acme/job", GITHUB_SERVER_URL: "https://github.com" },
      ...{ GITHUB_TOKEN: token, GITHUB_API_URL: "http://127.0.0.1:1", RS_LEDGER: "off" },
    };
    const asked = ["release", "--env", "prod", "--version", "v1.1.0", "--repo", world.repo.origin];
    const ran = await run(world, [...asked, "--ref", "main"], { ...identity, ...env });
    expect(ran.stderr).toContain("the remote is not on GitHub");
    expect([ran.code, tags(world.repo)]).toEqual([1, ["v1.0.0"]]);
  });

  it("tags what it has cloned, over a server that wants credentials, and records it on origin", async () => {
    const world = remote(policy);
    world.repo.git("switch", "-q", "main");
    const tip = world.repo.commit("feat: more");
    world.repo.git("push", "-q", "origin", "main");
    const http = await gitHttpServer(world.repo.origin, basicAuth(`x-access-token:${token}`));
    const asked = [
      "release",
      "--env",
      "prod",
      "--version",
      "v1.1.0",
      "--tag",
      "--repo",
      http.url,
      "--ref",
      "main",
    ];
    const env = { ...identity, GIT_TOKEN: token };
    const dry = await run(world, [...asked, "--dry-run"], env);
    expect(dry.code).toBe(0);
    expect(tags(world.repo)).toEqual(["v1.0.0"]);
    const ran = await run(world, asked, { ...env, RS_LEDGER: "git" });
    expect(ran.stderr).toContain("Git tag v1.1.0 created and pushed");
    expect(ran.code).toBe(0);
    expect(ran.all).not.toContain(token);
    const at = execFileSync("git", ["-C", world.repo.origin, "rev-parse", "v1.1.0^{commit}"], {
      env: gitEnv,
    });
    expect(at.toString().trim()).toBe(tip);
    expect(ran.stderr).not.toContain("Not recorded");
    // Again: it is all there already.
    expect((await run(world, asked, { ...env, RS_LEDGER: "git" })).code).toBe(0);
    expect(left(world.temp)).toEqual([]);
  });
});
