import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createSentinel } from "../../../src/app/sentinel.ts";
import { Aborted } from "../../../src/core/check.ts";
import { SentinelError } from "../../../src/core/errors.ts";
import { cleanEnv } from "../../support/cli.ts";
import { repository, type TestRepository } from "../../support/repository.ts";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";

const asked = { environment: "prod", version: "v1.0.0" };
const alert = {
  severity: "BLOCKED",
  message: "Release BLOCKED (policy): no",
  reasons: ["no"],
  environment: "prod",
  version: "v1.0.0",
  commit: null,
  actor: null,
  runUrl: null,
  toolVersion: "0.0.0",
} as const;

function sentinel(cwd: string, env: Record<string, string> = {}, signal?: AbortSignal) {
  const made = createSentinel({ cwd, env: cleanEnv(env), ...(signal ? { signal } : {}) });
  onTestFinished(() => made.close());
  return made;
}

/** A git that writes down that it was started, and then never answers. */
function hangingGit(): { env: Record<string, string>; started: () => boolean; alive: () => boolean } {
  const folder = tempFolder();
  const mark = join(folder, "pid");
  writeFileSync(join(folder, "git"), `#!/bin/sh\necho $$ >>${mark}\nexec sleep 61\n`, { mode: 0o755 });
  const pids = () => (existsSync(mark) ? readFileSync(mark, "utf8").trim().split("\n").map(Number) : []);
  const runs = (pid: number) =>
    existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
  return {
    env: { PATH: `${folder}:${process.env["PATH"]}` },
    started: () => pids().length > 0,
    alive: () => pids().some(runs),
  };
}

/** Time limits are over when the test says so, and never before. */
function limitsStandStill(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "hrtime"] });
  onTestFinished(() => void vi.useRealTimers());
}

const policy = (repo: TestRepository, text: string) =>
  repo.commit("chore: policy", { "release-sentinel.yaml": text });

describe("two runs of one object", () => {
  it("each have the policy, the programs and the channels of their own", async () => {
    const repo = repository();
    const [first, second] = [await server(200), await server(200)];
    const checks = (url: string) =>
      `checks: {git.branch: {allow: [none]}}\nalerts: [{type: slack, urlFrom: ${url}}]\n`;
    policy(repo, checks("FIRST_URL"));
    repo.git("branch", "base");
    policy(repo, checks("SECOND_URL"));
    const gate = sentinel(repo.path, { FIRST_URL: first.url, SECOND_URL: second.url });
    const [ofBase, ofTree] = await Promise.all([
      gate.check({ ...asked, configRef: "base" }),
      gate.check(asked),
    ]);
    expect([ofBase.policySource, ofTree.policySource]).toEqual([
      "release-sentinel.yaml at base",
      "release-sentinel.yaml",
    ]);
    await Promise.all([gate.alert(alert, ofBase), gate.alert(alert, ofTree)]);
    expect([first.received.length, second.received.length]).toEqual([1, 1]);
    await gate.alert(alert);
    expect([first.received.length, second.received.length]).toEqual([1, 1]);
  });
  it("remove what a run that was killed has left of a policy, and are in no file's way", async () => {
    const repo = repository();
    policy(repo, "checks:\n  own: {uses: exec, command: [sh, ./gate.sh]}\n");
    repo.commit("chore: gate", { holder: "nobody\n", "gate.sh": "grep nobody holder\n" });
    const temp = tempFolder();
    const old = join(temp, "release-sentinel-policy");
    mkdirSync(join(old, "tree"), { recursive: true });
    writeFileSync(join(old, "holder"), "elsewhere/-/-/1/- 00");
    utimesSync(old, 0, 0);
    vi.stubEnv("TMPDIR", temp);
    onTestFinished(() => void vi.unstubAllEnvs());
    const found = await sentinel(repo.path).check({ ...asked, configRef: "main" });
    expect(found.verdict).toBe("SAFE");
    expect(readdirSync(temp)).toEqual([]);
  });
  it("ask git anew each time, and leave nothing behind", async () => {
    const repo = repository();
    policy(repo, "checks:\n  own: {uses: exec, command: [./gate.sh]}\n");
    repo.write("gate.sh", "#!/bin/sh\nexit 0\n");
    const before = repo.commit();
    const gate = sentinel(repo.path);
    const folder = tempFolder();
    vi.stubEnv("TMPDIR", folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await gate.check({ ...asked, configRef: "main" })).toMatchObject({ commit: before });
    const after = repo.commit();
    expect(await gate.check({ ...asked, configRef: "main" })).toMatchObject({ commit: after });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("the gate of a command that changes the world", () => {
  it("has the time that was said for it, as far as the whole run has it", async () => {
    const repo = repository();
    repo.commit("chore: a slow policy", {
      "release-sentinel.yaml": "checks: { slow: { uses: exec, command: [sleep, '20'] } }\n",
    });
    limitsStandStill();
    const gate = createSentinel({
      cwd: repo.path,
      env: cleanEnv({ RS_LEDGER: "off" }),
      emit: ({ type }) =>
        void (type === "check.started" && setImmediate(() => vi.advanceTimersByTime(10_000))),
    });
    onTestFinished(() => gate.close());
    const request = { ...asked, command: "release", timeoutMs: 600_000, gateTimeoutMs: 10_000 };
    const { verdict } = await gate.job(request, (job) => job.gate("release"));
    expect([verdict.verdict, verdict.reasons.join()]).toEqual([
      "CRITICAL",
      expect.stringContaining("no answer within the 10 s that the whole run may take"),
    ]);
  });
});

describe("a git that hangs before there is a policy", () => {
  it("ends with the time limit, and is ended", async () => {
    const git = hangingGit();
    const gate = sentinel(repository().path, git.env);
    const error = await gate.check({ ...asked, configRef: "main", timeoutMs: 500 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SentinelError);
    expect(error).toMatchObject({
      code: "out-of-time",
      exitCode: 2,
      remedy: expect.stringContaining("--timeout"),
    });
    await expect.poll(git.alive).toBe(false);
  });
  it("ends with the run's signal", async () => {
    const git = hangingGit();
    const stop = new AbortController();
    const gate = sentinel(repository().path, git.env, stop.signal);
    const waiting = gate.check({ ...asked, configRef: "main" }).catch((e: unknown) => e);
    await expect.poll(git.started).toBe(true);
    stop.abort(new Aborted("interrupt", "interrupted by SIGTERM"));
    expect(await waiting).toMatchObject({ message: "interrupted by SIGTERM" });
    await expect.poll(git.alive).toBe(false);
  });
});

describe("a ledger whose server never answers", () => {
  it("is not waited for longer than the run may take, and the verdict stands", async () => {
    const silent = await server(() => {});
    const repo = repository();
    repo.git("remote", "add", "origin", `${silent.url}/team/shop.git`);
    const notices: string[] = [];
    let passing: NodeJS.Timeout | undefined;
    onTestFinished(() => clearInterval(passing));
    limitsStandStill();
    const gate = createSentinel({
      cwd: repo.path,
      env: cleanEnv({ RS_LEDGER: "git" }),
      emit(event) {
        if (event.type === "notice") notices.push(event.message);
        if (event.type === "verdict") passing = setInterval(() => vi.advanceTimersByTime(500), 10);
      },
    });
    onTestFinished(() => gate.close());
    expect(await gate.check({ ...asked, timeoutMs: 1000, only: ["git.clean"] })).toMatchObject({
      verdict: "SAFE",
    });
    expect(notices).toEqual([
      expect.stringMatching(/^Not recorded: .*no end within the 5 s .*→ see whether it answers/),
    ]);
  });
});

describe("a plugin whose own words fail", () => {
  const plugin = (repo: TestRepository, members: string) =>
    repo.commit("chore: plugin", {
      "mine.mjs": `export default { id: "acme.mine", question: "?", kind: "policy", reach: "local", defaults: {}, schema: (z) => z.strictObject({}), observe: async () => ({}), judge: () => ({ status: "ok", message: "fine" }), ${members} };\n`,
    });
  it.each([
    ["schema()", "schema() { throw new Error('no shape') }", "no shape"],
    ["schema()", "schema: () => undefined", ""],
    ["schema()", "schema: (z) => z.strictObject({}).refine(async () => true)", ""],
    ["secrets()", "secrets() { throw 'no list' }", "no list"],
    ["secrets()", "secrets: () => 7", "it answers no list of names"],
  ])("%s is a configuration error that names it: %s", async (what, members, cause) => {
    const repo = repository();
    policy(repo, "checks:\n  mine: {uses: ./mine.mjs}\n");
    plugin(repo, members);
    const error = await sentinel(repo.path)
      .check(asked)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ name: "SentinelError", exitCode: 1 });
    const { message } = error as SentinelError;
    for (const text of ["checks.mine", what, "acme.mine", cause]) expect(message).toContain(text);
  });
});
