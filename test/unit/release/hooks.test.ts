import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createEnv } from "../../../src/clients/env.ts";
import { createGit } from "../../../src/clients/git/git.ts";
import { createPrograms } from "../../../src/clients/program.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { Step, StepState } from "../../../src/core/step.ts";
import { type Hook, type HookWorld, hookSteps } from "../../../src/release/hooks.ts";
import type { HookPlace } from "../../../src/release/settings.ts";
import { testToken } from "../../support/github.ts";
import { gitEnv, repository, type TestRepository } from "../../support/repository.ts";

/** The step that hooks are around; its state is the test's to say. */
function guarded(state: StepState): Step & { state: StepState } {
  const step = {
    id: "guarded",
    title: "Guarded",
    state,
    observe: async () => ({ state: step.state, message: step.state }),
    run: async () => "",
  };
  return step;
}

function world(repo: TestRepository, env: Readonly<Record<string, string>> = {}): HookWorld {
  const secrets = new Secrets();
  const all = { ...gitEnv, ...env };
  return {
    programs: createPrograms({ env: all, secrets }),
    env: createEnv(all, secrets),
    git: createGit(repo.path, all),
    root: repo.path,
    variables: { RS_VERSION: "v1.0.0" },
  };
}

const sh = (script: string, more: Partial<Hook> = {}): Hook => ({
  run: ["sh", "-c", script],
  timeoutMs: 20_000,
  ...more,
});

function quietRepository(): TestRepository {
  const repo = repository();
  repo.commit("chore: what is ignored", { ".gitignore": "log\n" });
  return repo;
}

interface Given {
  readonly place?: HookPlace;
  readonly hook: Hook;
  readonly state?: StepState;
  readonly env?: Readonly<Record<string, string>>;
}

function given({ place = "beforeTag", hook, state = "needed", env = {} }: Given) {
  const repo = quietRepository();
  const around = guarded(state);
  const [step] = hookSteps(place, [hook], around, world(repo, env));
  if (!step) throw new Error("there is no step");
  const { signal } = new AbortController();
  const log = join(repo.path, "log");
  return {
    repo,
    around,
    run: () => step.run(signal),
    state: async () => (await step.observe(signal)).state,
    observe: () => step.observe(signal),
    log: () => (existsSync(log) ? readFileSync(log, "utf8") : null),
  };
}

it("several hooks of a place are numbered, one is not", () => {
  const repo = quietRepository();
  const ids = (place: HookPlace, n: number) =>
    hookSteps(
      place,
      Array.from({ length: n }, () => sh("true")),
      guarded("needed"),
      world(repo),
    ).map(({ id }) => id);
  expect(ids("beforeTag", 1)).toEqual(["hook.before-tag"]);
  expect(ids("beforePublish", 2)).toEqual(["hook.before-publish.1", "hook.before-publish.2"]);
  expect(ids("afterPublish", 0)).toEqual([]);
});

describe("a hook before a step", () => {
  it("is needed while that step is, and then no more", async () => {
    const { around, state } = given({ hook: sh("true") });
    expect(await state()).toBe("needed");
    around.state = "done";
    expect(await state()).toBe("done");
  });

  it("is done once it has run, though the step is still needed", async () => {
    const { state, run, log } = given({ hook: sh("echo ran >>log") });
    expect(await run()).toContain("has run");
    expect(await state()).toBe("done");
    expect(log()).toBe("ran\n");
  });

  it("is not needed where its `unless` ends with 0, and asks it anew each time", async () => {
    const { state, repo } = given({ hook: sh("true", { unless: ["test", "-e", "log"] }) });
    expect(await state()).toBe("needed");
    writeFileSync(join(repo.path, "log"), "");
    expect(await state()).toBe("done");
  });

  it("whose `unless` cannot be run is not taken for done", async () => {
    const { observe } = given({ hook: sh("true", { unless: ["no-such-program"] }) });
    await expect(observe()).rejects.toThrow("no-such-program is not on PATH");
  });
});

describe("a hook after a step", () => {
  it("is needed until its `unless` says otherwise, which is asked once the step is done", async () => {
    const hook = sh("true", { unless: ["sh", "-c", "echo asked >>log; test -e marker"] });
    const { around, state, log, repo } = given({ place: "afterPublish", hook });
    expect(await state()).toBe("needed");
    expect(log()).toBeNull();
    around.state = "done";
    expect(await state()).toBe("needed");
    writeFileSync(join(repo.path, "marker"), "");
    expect(await state()).toBe("done");
    expect(log()).toBe("asked\nasked\n");
  });

  it("may change the work tree", async () => {
    const { run } = given({ place: "afterPublish", hook: sh("echo x >new.txt") });
    expect(await run()).toContain("has run");
  });
});

describe("a hook's environment", () => {
  it("is what is given to every hook, and what it names itself", async () => {
    const env = { DEPLOY_TOKEN: testToken("dep"), OTHER_TOKEN: testToken("other"), PLAIN: "x" };
    const hook = sh("echo $RS_VERSION $DEPLOY_TOKEN $OTHER_TOKEN $PLAIN. >log", {
      env: ["DEPLOY_TOKEN", "MISSING"],
    });
    const { run, log } = given({ hook, env });
    await run();
    expect(log()).toBe(`v1.0.0 ${env.DEPLOY_TOKEN} .\n`);
  });
});

describe("a hook that fails", () => {
  it("says how it ended, and its last lines", async () => {
    const { run, state } = given({
      hook: sh("for i in 1 2 3 4 5 6 7; do echo line $i; done; echo oh >&2; exit 4"),
    });
    await expect(run()).rejects.toThrow(/exited with 4: line 4 \| line 5 \| line 6 \| line 7 \| oh$/);
    expect(await state()).toBe("needed");
  });

  it("says what it says masked and without control characters", async () => {
    const token = testToken("dep");
    const hook = sh('printf "\\033[1m%s\\n" "$DEPLOY_TOKEN"; exit 1', { env: ["DEPLOY_TOKEN"] });
    const { run } = given({ hook, env: { DEPLOY_TOKEN: token } });
    const error = (await run().catch((thrown: Error) => thrown)) as Error;
    expect(error.message).toContain("***");
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
    expect(error.message).not.toContain(token);
  });

  it("is one that takes too long, and one that is interrupted is not one of those", async () => {
    const late = given({ hook: sh("sleep 60", { timeoutMs: 100 }) });
    await expect(late.run()).rejects.toMatchObject({
      message: expect.stringContaining("did not end within"),
      remedy: expect.stringContaining("timeout"),
    });
    const repo = quietRepository();
    const [step] = hookSteps("beforeTag", [sh("sleep 60")], guarded("needed"), world(repo));
    const signal = AbortSignal.abort(new Error("interrupted by SIGINT"));
    await expect(step?.run(signal)).rejects.toThrow("interrupted by SIGINT");
  });
});

describe("a hook before the tag, or before publishing", () => {
  const commit = "git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m x";
  it.each([
    ["moves HEAD", commit, "moved HEAD away"],
    ["changes a file", "echo x >>README.md", "changed files"],
    ["makes a file", "echo x >new.txt", "changed files"],
    ["deletes a file", "rm README.md", "changed files"],
  ])("that %s fails, and is not done", async (_name, script, says) => {
    const { run, state } = given({ place: "beforeTag", hook: sh(script) });
    await expect(run()).rejects.toThrow(says);
    expect(await state()).toBe("needed");
  });

  it("that runs when there is a tag may not move HEAD either, and is told of what it leaves behind", async () => {
    await expect(given({ place: "beforePublish", hook: sh(commit) }).run()).rejects.toThrow(
      "moved HEAD away",
    );
    const { run, state } = given({ place: "beforePublish", hook: sh("echo x >new.txt") });
    expect(await run()).toContain("the next gate will find it dirty");
    expect(await state()).toBe("done");
  });

  it("may write what is ignored", async () => {
    expect(await given({ hook: sh("echo x >log") }).run()).toContain("has run");
  });
});
