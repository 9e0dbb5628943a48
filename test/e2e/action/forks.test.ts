import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deployToken, gate, shop } from "../../support/action-shop.ts";
import { gitEnv } from "../../support/repository.ts";
import { runAction } from "../../support/runner.ts";
import { checkOut, startJob } from "../../support/runner-events.ts";

const fork = { event: "pull_request", head: "feature/search", from: "fork" } as const;
/** What the store gives to those: nothing, as empty texts. */
const noSecrets = { env: { RS_DEPLOY_TOKEN: "" }, secrets: [] };

describe("the action, without secrets", () => {
  it("a fork's pull request is blocked, and it is said why", async () => {
    const ran = await gate(shop(), fork, noSecrets);
    expect(ran.outputs).toMatchObject({ verdict: "BLOCKED", "exit-code": "1" });
    expect(ran.conclusion).toBe("failure");
    const said = ran.annotations.filter(({ level }) => level === "error").map(({ message }) => message);
    expect(said.join("\n")).toContain("Missing required env var: RS_DEPLOY_TOKEN");
    expect(said.join("\n")).toMatch(
      /BLOCKED: this pull request comes from a fork.*mode: advisory-for-forks/s,
    );
  });

  it.each(["advisory-for-forks", "advisory"])(
    "%s lets it pass, and the outputs say the truth",
    async (mode) => {
      const ran = await gate(shop(), fork, { ...noSecrets, inputs: { mode } });
      expect(ran.outputs).toMatchObject({ verdict: "BLOCKED", "exit-code": "1" });
      expect(ran.conclusion, ran.log).toBe("success");
      expect(ran.log).toContain("the step passes all the same: the mode is advisory");
    },
  );

  it("advisory-for-forks holds everybody else to it", async () => {
    const own = { event: "pull_request", head: "feature/search" } as const;
    const ran = await gate(shop(), own, { ...noSecrets, inputs: { mode: "advisory-for-forks" } });
    expect(ran.conclusion).toBe("failure");
    expect(ran.log).not.toContain("fork");
  });

  it("a fork that is deleted is a fork", async () => {
    const ran = await gate(shop(), { ...fork, from: "deleted fork" }, noSecrets);
    expect(ran.log).toContain("comes from a fork");
  });

  it("Dependabot's pull requests get none either", async () => {
    const trigger = { event: "pull_request", head: "feature/search", actor: "dependabot[bot]" } as const;
    const ran = await gate(shop(), trigger, noSecrets);
    expect(ran.log).toContain("Dependabot opened this pull request");
  });

  it("a fork whose gate needs no secret is judged as any other", async () => {
    const repo = shop({ "release-sentinel.yaml": "checks: { git.repository: true, git.clean: true }\n" });
    const ran = await gate(repo, fork, noSecrets);
    expect(ran.conclusion, ran.log).toBe("success");
    expect(ran.annotations).toEqual([]);
  });

  it("a secret that is missing or empty is named", async () => {
    const ran = await gate(shop(), { event: "push" }, noSecrets);
    expect(ran.outputs["verdict"]).toBe("BLOCKED");
    expect(ran.annotations.map(({ message }) => message).join()).toContain("RS_DEPLOY_TOKEN");
  });

  it("advisory is nothing for a command that writes", async () => {
    const ran = await gate(shop(), { event: "push" }, { inputs: { command: "release", mode: "advisory" } });
    expect(ran.exitCode).toBe(1);
    expect(ran.log).toContain("mode: advisory is for commands that only judge");
  });

  it("an interruption does not pass, whatever the mode", async () => {
    const repo = shop({
      "release-sentinel.yaml": "checks: { slow: { uses: exec, command: [sleep, '20'], timeout: 25s } }\n",
    });
    const ran = await gate(
      repo,
      { event: "push" },
      {
        inputs: { mode: "advisory", version: "v1.0.0" },
        during: (child) => child.stderr?.once("data", () => setTimeout(() => child.kill("SIGINT"), 300)),
      },
    );
    expect(ran.exitCode, ran.log).toBe(130);
    expect(ran.outputs).toMatchObject({ verdict: "", "exit-code": "130" });
  });
});

describe("the action, on pull_request_target", () => {
  const target = { ...fork, event: "pull_request_target" } as const;

  it("says that the base is judged", async () => {
    const ran = await gate(shop(), target);
    expect(ran.conclusion, ran.log).toBe("success");
    expect(ran.annotations[0]).toMatchObject({ level: "warning" });
    expect(ran.log).toContain("what is judged is the base branch, not the pull request");
  });

  it("refuses where the pull request's code is checked out beside the secrets", async () => {
    const repo = shop();
    const job = startJob(repo, target);
    const workspace = checkOut(repo, job, { depth: 0 });
    const git = (...args: string[]) => execFileSync("git", ["-C", workspace, ...args], { env: gitEnv });
    git("fetch", "-q", "origin", "refs/pull/1/head");
    git("checkout", "-q", "FETCH_HEAD");
    const ran = await runAction({ job, workspace, inputs: { env: "prod" } });
    expect(ran.exitCode).toBe(1);
    expect(ran.outputs["verdict"]).toBe("BLOCKED");
    expect(ran.log).toContain("pull_request_target runs with the base's secrets");
  });
});

describe("the action, on events that anybody can cause", () => {
  /** A job on the default branch, in whose work space somebody has checked out something else. */
  function jobWith(event: "workflow_run" | "issue_comment", ref: string) {
    const repo = shop();
    startJob(repo, fork);
    repo.git("push", "-q", "origin", "main:refs/heads/release/0.9");
    repo.commit("feat: more");
    repo.git("push", "-q", "origin", "main");
    const job = startJob(repo, { event });
    const workspace = checkOut(repo, job, { depth: 0 });
    const git = (...args: string[]) => execFileSync("git", ["-C", workspace, ...args], { env: gitEnv });
    git("fetch", "-q", "origin", ref);
    git("checkout", "-q", "FETCH_HEAD");
    const run = () =>
      runAction({ job, workspace, inputs: { env: "prod" }, env: { RS_DEPLOY_TOKEN: deployToken } });
    return { git, run };
  }

  it.each(["workflow_run", "issue_comment"] as const)(
    "%s: refuses where a fork's code is checked out beside the secrets",
    async (event) => {
      const ran = await jobWith(event, "refs/pull/1/head").run();
      expect(ran.exitCode, ran.log).toBe(1);
      expect(ran.log).toContain(`${event} runs with the repository's secrets`);
      expect(ran.log).toContain("on no branch or tag of this repository");
    },
  );

  it("refuses a clone of the fork too, whatever its branches are called", async () => {
    const { git, run } = jobWith("workflow_run", "refs/pull/1/head");
    git("update-ref", "refs/remotes/origin/main", "HEAD");
    git("remote", "set-url", "origin", "https://github.com/guest/shop");
    const ran = await run();
    expect([ran.exitCode, ran.log]).toEqual([1, expect.stringContaining("workflow_run runs with")]);
  });

  it("judges what GitHub has started it for, and a branch of the repository itself", async () => {
    const plain = await gate(shop(), { event: "workflow_run" });
    expect(plain.conclusion, plain.log).toBe("success");
    const older = jobWith("workflow_run", "refs/heads/release/0.9");
    const ran = await older.run();
    expect(ran.conclusion, ran.log).toBe("success");
  });
});

describe("a pull request, checked out from its fork", () => {
  it("does not bring the git that the action itself asks", async () => {
    const repo = shop();
    const job = startJob(repo, fork);
    const workspace = checkOut(repo, job, { depth: 0 });
    mkdirSync(join(workspace, "bin"));
    const stolen = join(job.temp, "stolen");
    writeFileSync(join(workspace, "bin/git"), `#!/bin/sh\ntouch ${stolen}\n`, { mode: 0o755 });
    const env = { PATH: `${join(workspace, "bin")}:${process.env["PATH"]}` };
    await runAction({ job, workspace, inputs: { env: "prod" }, env });
    expect(existsSync(stolen)).toBe(false);
  });

  it("is not judged by the policy that the fork has on its branch of the base's name", async () => {
    const repo = shop();
    const job = startJob(repo, fork);
    const workspace = checkOut(repo, job, { depth: 0 });
    const git = (...args: string[]) => execFileSync("git", ["-C", workspace, ...args], { env: gitEnv });
    git("remote", "set-url", "origin", "https://github.com/guest/shop");
    const ran = await runAction({ job, workspace, inputs: { env: "prod" } });
    expect(ran.exitCode, ran.log).toBe(1);
    expect(ran.log).toContain("this is a clone of https://github.com/guest/shop");
  });

  it.each(["guest/shop", "./pr", "https://example.com/example/shop.git"])(
    "is not judged by the policy of --repo %s either",
    async (repo) => {
      for (const event of ["pull_request", "pull_request_target", "workflow_run"] as const) {
        const trigger = event === "workflow_run" ? { event } : { ...fork, event };
        const ran = await gate(shop(), trigger, { inputs: { repo } });
        expect(ran.exitCode, ran.log).toBe(1);
        expect(ran.log).toMatch(
          /takes its policy from its own repository, and --repo \S+ is not known to be that/,
        );
      }
    },
  );
});
