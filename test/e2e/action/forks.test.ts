import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deployToken, gate, policy, shop } from "../../support/action-shop.ts";
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

  /** What a policy of the shop's asks besides, and what becomes of a fork's pull request then. */
  async function forFork(more: string, env: Readonly<Record<string, string>> = {}) {
    const repo = shop({ "release-sentinel.yaml": `${policy}${more}` });
    const inputs = { mode: "advisory-for-forks" };
    return gate(repo, fork, { secrets: [], env: { ...noSecrets.env, ...env }, inputs });
  }
  const program = (name: string, script: string, rest = "") =>
    `  ${name}: { uses: exec, command: [sh, -c, '${script}']${rest} }\n`;

  it.each([
    ["another rule", "  other: { uses: git.branch, allow: [release/*] }\n", "BLOCKED"],
    ["something unhealthy", program("down", "echo down; exit 2"), "BLOCKED"],
    ["what could not be found out", program("odd", "echo odd; exit 3"), "BLOCKED"],
    [
      "a variable that the step does not name",
      "  more: { uses: env.variables, required: [NOBODYS] }\n",
      "BLOCKED",
    ],
    ["a policy that is none", "  nonsense: { uses: nonsense }\n", "BLOCKED"],
  ])("advisory-for-forks does not forgive %s", async (_what, more, verdict) => {
    const ran = await forFork(more);
    expect(ran.outputs["verdict"]).toBe(verdict);
    expect(ran.conclusion, ran.log).toBe("failure");
    expect(ran.log).not.toContain("passes all the same");
    expect(ran.annotations.map(({ message }) => message).join()).toContain(
      "nothing else is forgiven by mode: advisory-for-forks",
    );
  });

  it("advisory-for-forks forgives what a check without its secret could not find out", async () => {
    const needy = program("needy", 'test -n "$PROBE_TOKEN" || exit 3', ", env: [PROBE_TOKEN]");
    const after = program("after", "exit 0", ", needs: [needy]");
    const ran = await forFork(needy + after, { PROBE_TOKEN: "" });
    expect(ran.outputs).toMatchObject({ verdict: "BLOCKED", "exit-code": "1" });
    expect(ran.log).toContain("after could not be found out: it needs needy");
    expect(ran.conclusion, ran.log).toBe("success");
  });

  it("advisory-for-forks does not forgive a report that could not be written", async () => {
    const inputs = { mode: "advisory-for-forks", report: "json=nowhere/at/all.json" };
    const ran = await gate(shop(), fork, { ...noSecrets, inputs });
    expect(ran.conclusion, ran.log).toBe("failure");
  });

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

  /** A fork's files in the work space, by the recipe that makes its commit look like one of a branch of the repository's. */
  function fetchedAsBranches(files: Readonly<Record<string, string>>) {
    const repo = shop();
    repo.git("switch", "-q", "feature/search");
    repo.commit("feat: another gate", files);
    repo.git("push", "-q", "origin", "feature/search");
    repo.git("switch", "-q", "main");
    startJob(repo, fork);
    const job = startJob(repo, { event: "workflow_run" });
    const workspace = checkOut(repo, job, { depth: 0 });
    const git = (...args: string[]) => execFileSync("git", ["-C", workspace, ...args], { env: gitEnv });
    git("fetch", "-q", "origin", "+refs/pull/*/head:refs/remotes/origin/pr/*");
    git("checkout", "-q", "refs/remotes/origin/pr/1");
    return { job, workspace };
  }

  it("takes the policy from the commit it was started for, whatever is checked out", async () => {
    const own = "checks: { git.repository: true }\n";
    const ran = await runAction({
      ...fetchedAsBranches({ "release-sentinel.yaml": own }),
      inputs: { env: "prod" },
    });
    expect([ran.exitCode, ran.log]).toEqual([1, expect.stringContaining("env var: RS_DEPLOY_TOKEN")]);
  });

  it("does not let a pull request choose among the base's policies by a link", async () => {
    const repo = shop({
      "app/release-sentinel.yaml": policy.replace("[main]", "[none]"),
      "example/release-sentinel.yaml": "environments: { prod: {} }\nchecks: { git.repository: true }\n",
    });
    const inputs = { "working-directory": "app", version: "v1.0.0" };
    const honest = await gate(repo, fork, { inputs });
    expect([honest.exitCode, honest.log]).toEqual([1, expect.stringContaining("blocked from branch: main")]);
    repo.git("switch", "-q", "feature/search");
    repo.git("rm", "-q", "-r", "app");
    symlinkSync("example", join(repo.path, "app"));
    repo.commit("feat: harmless");
    repo.git("push", "-q", "origin", "feature/search");
    const linked = await gate(repo, fork, { inputs });
    expect([linked.exitCode, linked.log]).toEqual([1, expect.stringContaining("a link leads away from")]);
  });

  it("runs no plugin of a work space that git says nothing about", async () => {
    const { job, workspace } = fetchedAsBranches({});
    const stolen = join(job.temp, "stolen");
    writeFileSync(join(workspace, "release-sentinel.yaml"), "checks: { mine: { uses: ./evil.mjs } }\n");
    writeFileSync(
      join(workspace, "evil.mjs"),
      `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(stolen)}, "");`,
    );
    symlinkSync(".git", join(workspace, "app"));
    const inputs = { env: "prod", version: "v1.0.0" };
    const linked = await runAction({ job, workspace, inputs: { ...inputs, "working-directory": "app" } });
    expect([linked.exitCode, linked.log]).toEqual([
      1,
      expect.stringContaining("which a link leads away from"),
    ]);
    writeFileSync(join(workspace, ".git/HEAD"), "of no sort");
    for (const without of [".git", ".git-no-more"]) {
      renameSync(join(workspace, ".git"), join(workspace, without));
      const ran = await runAction({ job, workspace, inputs });
      expect([ran.exitCode, ran.log]).toEqual([1, expect.stringContaining("Not inside a Git repository")]);
    }
    expect(existsSync(stolen)).toBe(false);
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
