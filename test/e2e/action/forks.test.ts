import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { gate, shop } from "../../support/action-shop.ts";
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
