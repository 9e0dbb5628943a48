import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { tempFolder } from "../support/temp.ts";
import { type Situation, token, type World } from "./world.ts";

/** Runs with these arguments instead of the usual ones. */
const run =
  (...args: string[]) =>
  (world: World) => {
    world.args = args;
  };
const skipHost = ["--skip", "host.disk,host.memory"];
const gate = (version: string, ...more: string[]) => run("--env", "prod", "--version", version, ...skipHost, ...more);
const set =
  (env: Record<string, string | null>) =>
  (world: World) => {
    Object.assign(world.env, env);
  };
const both =
  (...steps: ((world: World) => void | Promise<void>)[]) =>
  async (world: World) => {
    for (const step of steps) await step(world);
  };
const config = (text: string, name = "release-sentinel.yaml") => (world: World) => {
  world.repo.commit("chore: policy", { [name]: text });
  world.repo.git("push", "-q", "origin", "main");
  world.args = ["--env", "prod", "--version", "v1.0.0"];
};
const detach = ({ repo }: World) => void repo.git("checkout", "-q", "--detach");
const github = { GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "acme/app", GITHUB_RUN_ID: "1", GITHUB_SERVER_URL: "https://github.example" };

/** The rows of the promised default policy, one by one. */
export const defaultPolicy: readonly Situation[] = [
  {
    name: "a safe release",
    exit: 0,
    says: ["Starting release validation", "Release validation PASSED", "Config OK: process=node, api_url=http://127.0.0.1", "Process OK: node running", /API OK: http:\/\/127\.0\.0\.1:\d+\/health\n/],
    not: ["→", "skipping alert"],
    alert: false,
  },
  { name: "an environment that is none", given: run("--env", "production", "--version", "v1.0.0"), exit: 1, says: ["Invalid environment: production", "did you mean"], alert: ["*Message:* Release BLOCKED (policy): Invalid environment: production"] },
  { name: "no repository", given: (w) => void (w.cwd = tempFolder()), exit: 1, says: ["Not inside a Git repository", /Release BLOCKED \(policy\): Not inside a Git repository\n/] },
  { name: "an untracked file", given: ({ repo }) => repo.write("new.txt", "x"), exit: 1, says: ["Git working tree is dirty", "new.txt"], alert: ["Git working tree is dirty"] },
  { name: "an untracked file that the user's settings hide", given: ({ repo }) => (repo.write("new.txt", "x"), void repo.git("config", "status.showUntrackedFiles", "no")), exit: 1, says: ["Git working tree is dirty"] },
  { name: "a changed file", given: ({ repo }) => repo.write("README.md", "x"), exit: 1, says: ["Git working tree is dirty", "README.md"] },
  { name: "a staged file", given: ({ repo }) => (repo.write("README.md", "x"), void repo.git("add", ".")), exit: 1, says: ["Git working tree is dirty"] },
  { name: "a changed file that assume-unchanged hides", given: ({ repo }) => (repo.git("update-index", "--assume-unchanged", "README.md"), repo.write("README.md", "x")), exit: 1, says: ["Git working tree is dirty", "README.md"] },
  { name: "a changed file that skip-worktree hides", given: ({ repo }) => (repo.git("update-index", "--skip-worktree", "README.md"), repo.write("README.md", "x")), exit: 1, says: ["Git working tree is dirty", "README.md"] },
  { name: "a file that skip-worktree leaves out, as a sparse checkout does", given: ({ repo }) => (repo.git("update-index", "--skip-worktree", "README.md"), rmSync(join(repo.path, "README.md"))), exit: 0 },
  { name: "an untracked file that only this user ignores", given: (w) => { const folder = tempFolder(); writeFileSync(join(folder, "ignore"), "*\n"); writeFileSync(join(folder, "config"), `[core]\nexcludesFile = ${join(folder, "ignore")}\n`); w.env["GIT_CONFIG_GLOBAL"] = join(folder, "config"); w.repo.write("new.py", "x"); }, exit: 1, says: ["new.py"] },
  { name: "an untracked file that only this clone ignores", given: ({ repo }) => (mkdirSync(join(repo.path, ".git/info"), { recursive: true }), writeFileSync(join(repo.path, ".git/info/exclude"), "*.py\n"), repo.write("new.py", "x")), exit: 1, says: ["new.py"] },
  { name: "an ignored file", given: ({ repo }) => (repo.commit("chore: ignore", { ".gitignore": "*.log\n" }), repo.write("a.log", "x")), exit: 0 },
  { name: "a feature branch", given: ({ repo }) => void repo.git("switch", "-q", "-c", "feature/test"), exit: 1, says: ["Releases blocked from branch: feature/test"] },
  { name: "a release branch", given: ({ repo }) => void repo.git("switch", "-q", "-c", "release/1.0"), exit: 0 },
  { name: "master", given: ({ repo }) => void repo.git("switch", "-q", "-c", "master"), exit: 0 },
  { name: "a detached HEAD outside CI", given: detach, exit: 1, says: ["Releases blocked from branch: HEAD (detached)"] },
  { name: "a version without v", given: gate("1.0.0"), exit: 1, says: ["Invalid version format: 1.0.0", "write it as v1.0.0"] },
  { name: "a version with leading zeros", given: gate("v1.02.0"), exit: 1, says: ["Invalid version format: v1.02.0"] },
  { name: "a version with a suffix", given: gate("v1.0.0-rc.1"), exit: 1, says: ["Invalid version format: v1.0.0-rc.1"] },
  { name: "a version with a trailing newline", given: gate("v1.0.0\n"), exit: 1, says: ["Invalid version format: v1.0.0\\n"] },
  { name: "an empty version", given: gate(""), exit: 1, says: ["Invalid version format: (empty)"] },
  { name: "an enormous version", given: gate(`v${"9".repeat(100_000)}.0.0`), exit: 1, says: ["Invalid version format: v999"] },
  { name: "a tag elsewhere, here", given: ({ repo }) => (repo.git("tag", "-a", "-m", "x", "v1.0.0"), void repo.commit()), exit: 1, says: [/Git tag already exists: v1\.0\.0 \(local, at [0-9a-f]{7}, by Test Author/] },
  {
    name: "a tag elsewhere, on origin only",
    given: ({ repo }) => {
      repo.git("tag", "v1.0.0");
      repo.git("push", "-q", "origin", "v1.0.0");
      repo.git("tag", "-d", "v1.0.0");
      repo.commit();
    },
    exit: 1,
    says: [/Git tag already exists: v1\.0\.0 \(origin, at [0-9a-f]{7}\)/],
  },
  { name: "a tag at this commit: a run being finished", given: ({ repo }) => (repo.git("tag", "-a", "-m", "x", "v1.0.0"), void repo.git("push", "-q", "origin", "v1.0.0")), exit: 0, says: ["at this commit"] },
  { name: "no origin", given: ({ repo }) => void repo.git("remote", "remove", "origin"), exit: 0, says: ["Release validation PASSED"] },
  { name: "an origin that is gone", given: ({ repo }) => void repo.git("remote", "set-url", "origin", "/nowhere/at/all.git"), exit: 2, says: ["git.tag.remote could not be found out", "Release BLOCKED (CRITICAL): system or dependency unhealthy"], alert: ["git.tag.remote could not be found out"] },
  { name: "every variable missing", given: set({ RS_REQUIRED_PROCESS: null, RS_API_URL: null, RS_DEPLOY_TOKEN: null }), exit: 1, says: ["Missing required env var: RS_REQUIRED_PROCESS", "Missing required env var: RS_API_URL", "Missing required env var: RS_DEPLOY_TOKEN"] },
  { name: "a variable that is set but empty", given: set({ RS_DEPLOY_TOKEN: "" }), exit: 1, says: ["Missing required env var: RS_DEPLOY_TOKEN"] },
  {
    name: "a secret from a mounted file",
    given: async (w) => {
      const file = join(tempFolder(), "token");
      writeFileSync(file, `${token}\n`);
      Object.assign(w.env, { RS_DEPLOY_TOKEN: null, RS_DEPLOY_TOKEN_FILE: file });
    },
    exit: 0,
  },
  { name: "a secret from a pipe, in a pull request too", given: (w) => { const pipe = join(tempFolder(), "pipe"); execFileSync("mkfifo", [pipe]); const writer = spawn("sh", ["-c", 'printf "%s\\n" "$VALUE" >"$PIPE"'], { env: { ...process.env, PIPE: pipe, VALUE: token }, stdio: "ignore" }); onTestFinished(() => void writer.kill("SIGKILL")); Object.assign(w.env, { RS_DEPLOY_TOKEN: null, RS_DEPLOY_TOKEN_FILE: pipe }, { ...github, GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/1/merge", GITHUB_BASE_REF: "main" }); }, exit: 0 },
  { name: "a secret's pipe that nobody writes to", given: (w) => { const pipe = join(tempFolder(), "pipe"); execFileSync("mkfifo", [pipe]); Object.assign(w.env, { RS_DEPLOY_TOKEN: null, RS_DEPLOY_TOKEN_FILE: pipe }); }, exit: 1, says: [/RS_DEPLOY_TOKEN_FILE: cannot read .*pipe \(it was not written to its end in time\)/] },
  { name: "everything local wrong at once: every reason is named", given: both(run("--env", "production", "--version", "1.0"), ({ repo }) => repo.write("x", ""), ({ repo }) => void repo.git("switch", "-q", "-c", "feature/x"), set({ RS_API_URL: "" })), exit: 1, says: [/Release BLOCKED \(policy\): Invalid environment: production; Git working tree is dirty.*; Releases blocked from branch: feature\/x; Invalid version format: 1\.0; Missing required env var: RS_API_URL/], after: (_ran, { api }) => expect(api.received).toEqual([]) },
  { name: "a process that does not run", given: set({ RS_REQUIRED_PROCESS: "no-such-process" }), exit: 2, says: ["Process CRITICAL: no-such-process not running"], alert: ["Process CRITICAL: no-such-process not running"] },
  { name: "an API that answers 404", given: (w) => void (w.answer = 404), exit: 2, says: [/API CRITICAL: http:\/\/127\.0\.0\.1:\d+\/health returned 404/], after: (_ran, { api }) => expect(api.received).toHaveLength(1), alert: ["returned 404"] },
  { name: "an API that answers 204 where 200 is wanted", given: (w) => void (w.answer = 204), exit: 2, says: ["returned 204"] },
  { name: "an API that answers 503 twice, then 200", given: (w) => void (w.answer = (_q, r, n) => r.writeHead(n < 3 ? 503 : 200).end()), exit: 0, says: ["API OK"], after: (_ran, { api }) => expect(api.received).toHaveLength(3) },
  { name: "an API that answers 503 for ever", given: (w) => void (w.answer = 503), exit: 2, says: ["returned 503"], after: (_ran, { api }) => expect(api.received).toHaveLength(3) },
  { name: "an API that is not there", given: async (w) => void (w.env["RS_API_URL"] = `http://127.0.0.1:${await w.closedPort()}/`), exit: 2, says: [/API CRITICAL: http:\/\/127\.0\.0\.1:\d+\/ unreachable \(connection refused\)/] },
  { name: "a malformed URL", given: set({ RS_API_URL: "not a url" }), exit: 2, says: ["API CRITICAL: not a url unreachable"] },
  { name: "a URL of another scheme", given: set({ RS_API_URL: "file:///etc/passwd" }), exit: 2, says: ["API CRITICAL: file:///etc/passwd unreachable"], not: ["root:"] },
  { name: "five redirects", given: (w) => void (w.answer = (q, r) => { const n = Number(new URL(q.path, "http://x").searchParams.get("n")); n < 5 ? r.writeHead(302, { location: `/health?n=${n + 1}` }).end() : r.writeHead(200).end(); }), exit: 0, says: ["API OK"] },
  { name: "a redirect loop", given: (w) => void (w.answer = (_q, r) => r.writeHead(302, { location: "/health" }).end()), exit: 2, says: ["API CRITICAL"], after: (_ran, { api }) => expect(api.received).toHaveLength(6) },
  { name: "disk and memory are looked at", given: run("preflight"), exit: [0, 2], says: [/Disk (OK|WARNING|CRITICAL): \d+\.\d%/, /Memory (OK|WARNING|CRITICAL): \d+\.\d%/] },
  { name: "an error budget that is spent", given: async (w) => { const counted = (name: string, value: string) => ({ metric: { release_sentinel: name }, value: [1, value] }); const body = JSON.stringify({ status: "success", data: { resultType: "vector", result: [counted("0.total", "1000000"), counted("0.bad", "1500")] } }); const { url } = await w.serve((_q, r) => void r.end(body)); config("checks: {slo.budget: {labels: {job: shop}}}\n")(w); w.env["PROMETHEUS_URL"] = url; }, exit: 1, says: [/Error budget EXHAUSTED: -50\.0% left, at least 10% demanded/] },
  { name: "a burn rate that nobody can tell", given: async (w) => { config("checks: {slo.burn: {attempts: 1}}\n")(w); w.env["PROMETHEUS_URL"] = `http://127.0.0.1:${await w.closedPort()}`; }, exit: 2, says: ["Burn rate unknown: Prometheus: connection refused"] },
  { name: "the URL's password and query values are masked", given: (w) => { const secret = ["hunter2", "hunter2"].join("-"); w.secrets.push(secret, "qv-1234"); w.env["RS_API_URL"] = `${w.api.url.replace("http://", `http://user:${secret}@`)}/health?key=qv-1234`; }, exit: 0, says: ["***@127.0.0.1", "key=***"] },
];

/** Alerts. */
export const alerts: readonly Situation[] = [
  { name: "no webhook", given: both(set({ RS_ALERT_WEBHOOK: null }), ({ repo }) => repo.write("x", "")), exit: 1, says: ["No webhook configured, skipping alert"] },
  { name: "a webhook that listens", given: ({ repo }) => repo.write("x", ""), exit: 1, says: ["Alert sent successfully"], alert: ["prod", "v1.0.0"] },
  { name: "SLACK_WEBHOOK_URL instead", given: (w) => (w.repo.write("x", ""), (w.env["SLACK_WEBHOOK_URL"] = w.env["RS_ALERT_WEBHOOK"] ?? null), void (w.env["RS_ALERT_WEBHOOK"] = null)), exit: 1, alert: ["dirty"] },
  { name: "a webhook that refuses", given: async (w) => (w.repo.write("x", ""), void (w.env["RS_ALERT_WEBHOOK"] = `http://127.0.0.1:${await w.closedPort()}/${token}`)), exit: 1, says: ["Failed to send alert: "] },
  { name: "a webhook that hangs", given: async (w) => (w.repo.write("x", ""), void (w.env["RS_ALERT_WEBHOOK"] = `${(await w.serve(() => {})).url}/${token}`)), exit: 1, says: ["Failed to send alert: "] },
  { name: "a webhook address that is none", given: (w) => (w.repo.write("x", ""), void (w.env["RS_ALERT_WEBHOOK"] = `nonsense-${token}`)), exit: 1, says: ["Failed to send alert: "] },
  { name: "Discord", given: (w) => (w.repo.write("x", ""), (w.env["RS_DISCORD_WEBHOOK"] = `${w.webhook.url}/api/webhooks/1/x`), void (w.env["RS_ALERT_WEBHOOK"] = null)), exit: 1, after: (_ran, { webhook }) => expect(JSON.parse(webhook.received[0]?.body ?? "{}")).toMatchObject({ allowed_mentions: { parse: [] } }) },
  { name: "a wrong flag alerts nobody", given: run("--environment", "prod"), exit: 1, alert: false },
  { name: "a broken configuration alerts", given: both(config("checks: [\n")), exit: 1, says: [/release-sentinel\.yaml:\d+:\d+: /], alert: ["release-sentinel.yaml"] },
  { name: "env and preflight alert nobody", given: run("env"), exit: 1, alert: false },
  { name: "text from outside can neither ping nor forge", given: ({ repo }) => void repo.git("switch", "-q", "-c", "x/<!channel>`@everyone`"), exit: 1, after: (_ran, { webhook }) => { const text = (JSON.parse(webhook.received[0]?.body ?? "{}") as { text: string }).text; expect(text).not.toContain("<!channel>"); expect(text.split("\n").filter((line) => line.startsWith("*Severity:*"))).toHaveLength(1); } },
];

/** CI services, pull requests, tag builds, deploys. */
export const ci: readonly Situation[] = [
  { name: "GitHub, a push to main", given: both(detach, set({ ...github, GITHUB_REF: "refs/heads/main", GITHUB_REF_NAME: "main", GITHUB_REF_TYPE: "branch", GITHUB_EVENT_NAME: "push" })), exit: 0 },
  {
    name: "GitHub: annotations, summary, outputs, masks",
    given: (w) => {
      const folder = tempFolder();
      w.repo.write("x", "");
      Object.assign(w.env, github, { GITHUB_OUTPUT: join(folder, "out"), GITHUB_STEP_SUMMARY: join(folder, "summary") });
    },
    exit: 1,
    says: [`::add-mask::${token}`, /^::error .*dirty/m],
    after: (_ran, { env }) => {
      const out = readFileSync(env["GITHUB_OUTPUT"] ?? "", "utf8");
      expect(out).toMatch(/^verdict<<(.+)\nBLOCKED\n\1$/m);
      expect(out).toContain("exit-code");
      expect(readFileSync(env["GITHUB_STEP_SUMMARY"] ?? "", "utf8")).toContain("BLOCKED");
    },
  },
  { name: "a pull request is judged by its base branch, and tags are not looked at", given: both(({ repo }) => (repo.git("tag", "v1.0.0"), repo.git("switch", "-q", "-c", "feature/pr"), void repo.commit()), detach, set({ ...github, GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/1/merge", GITHUB_BASE_REF: "main", GITHUB_HEAD_REF: "feature/pr" })), exit: 0, says: ["Branch OK: main (base of the pull request)"] },
  {
    name: "a pull request cannot loosen its own gate",
    given: async (w) => {
      config("checks:\n  strict: {uses: exec, command: [./gate.sh]}\n")(w);
      w.repo.write("gate.sh", "#!/bin/sh\necho base says no; exit 2\n");
      chmodSync(join(w.repo.path, "gate.sh"), 0o755);
      w.repo.commit("chore: gate");
      w.repo.git("push", "-q", "origin", "main");
      w.repo.git("switch", "-q", "-c", "feature/loose");
      w.repo.write("gate.sh", "#!/bin/sh\necho OK; exit 0\n");
      w.repo.commit("chore: loosen", { "release-sentinel.yaml": "checks: {git.repository: true}\n" });
      Object.assign(w.env, github, { GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/1/merge", GITHUB_BASE_REF: "main", GITHUB_HEAD_REF: "feature/loose" });
    },
    exit: 2,
    says: ["base says no"],
  },
  { name: "a pull request whose base is not in the clone", given: both(({ repo }) => (repo.git("switch", "-q", "-c", "feature/x"), repo.git("branch", "-D", "main"), repo.git("update-ref", "-d", "refs/remotes/origin/main"), void 0), set({ ...github, GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/1/merge", GITHUB_BASE_REF: "main" })), exit: 1, says: ["git fetch --depth=1 origin"] },
  { name: "a pull request whose repository git refuses has no policy", given: both(config("checks: {env.allowed: true}\n"), (w) => void execFileSync("chown", ["-R", "12345", w.repo.path]), set({ ...github, GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/1/merge", GITHUB_BASE_REF: "main" })), exit: 1, says: ["safe.directory"], needsRoot: true },
  { name: "another user's repository", given: ({ repo }) => void execFileSync("chown", ["-R", "12345", repo.path]), exit: 1, says: ["safe.directory", "git config --global --add safe.directory"], needsRoot: true },
  {
    name: "a pull request's own programs are not found by their bare names",
    given: (w) => {
      const bin = join(w.repo.path, "node_modules/.bin");
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, "git"), `#!/bin/sh\ntouch ${w.repo.path}/../ran\nexit 0\n`, { mode: 0o755 });
      w.repo.commit("chore: ignore", { ".gitignore": "node_modules\n" });
      w.repo.git("push", "-q", "origin", "main");
      Object.assign(w.env, github, { PATH: `${bin}:${process.env["PATH"]}`, GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/1/merge", GITHUB_BASE_REF: "main" });
    },
    exit: 0,
    after: (_ran, { repo }) => expect(existsSync(join(repo.path, "../ran"))).toBe(false),
  },
  { name: "a pull request's .gitattributes do not change the policy's programs", given: (w) => { config("checks:\n  lines: {uses: exec, command: [sh, -c, \"if grep -q '^deny$' deny.txt; then echo DENIED; exit 2; fi; echo fine\"]}\n")(w); w.repo.commit("chore: list", { "deny.txt": "deny\n" }); w.repo.git("push", "-q", "origin", "main"); w.repo.git("switch", "-q", "-c", "feature/crlf"); w.repo.commit("chore: crlf", { ".gitattributes": "*.txt text eol=crlf\n" }); Object.assign(w.env, github, { GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/1/merge", GITHUB_BASE_REF: "main" }); }, exit: 2, says: ["DENIED"] },
  { name: "a pull request's own policy through a link from outside", given: (w) => { config("checks: {git.branch: {allow: [none]}}\n")(w); w.repo.git("switch", "-q", "-c", "feature/x"); w.repo.commit("chore: loosen", { "release-sentinel.yaml": "checks: {git.repository: true}\n" }); const link = join(tempFolder(), "link"); symlinkSync(w.repo.path, link); w.args.push("--config", join(link, "release-sentinel.yaml")); Object.assign(w.env, github, { GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/1/merge", GITHUB_BASE_REF: "main" }); }, exit: 1, says: ["Releases blocked from branch: main"] },
  { name: "the policy of another ref", given: both(config("checks: {git.version: true}\n"), (w) => (w.repo.commit("chore: stricter", { "release-sentinel.yaml": "checks: {git.order: true, git.branch: {allow: [none]}}\n" }), void w.args.push("--config-ref", "HEAD~1"))), exit: 0 },
  { name: "a ref that is not there", given: (w) => void w.args.push("--config-ref", "nowhere"), exit: 1, says: ["--config-ref: there is no nowhere"] },
  { name: "a tag build from an allowed branch", given: both(({ repo }) => (repo.git("tag", "-a", "-m", "x", "v1.0.0"), void repo.git("push", "-q", "origin", "v1.0.0")), detach, set({ ...github, GITHUB_REF: "refs/tags/v1.0.0", GITHUB_REF_NAME: "v1.0.0", GITHUB_REF_TYPE: "tag" })), exit: 0 },
  { name: "a tag build from another branch", given: both(({ repo }) => (repo.git("switch", "-q", "-c", "feature/x"), repo.commit(), void repo.git("tag", "v1.0.0")), detach, set({ ...github, GITHUB_REF: "refs/tags/v1.0.0", GITHUB_REF_NAME: "v1.0.0", GITHUB_REF_TYPE: "tag" })), exit: 1, says: ["Releases blocked from branch: tag v1.0.0"] },
  { name: "a deploy of a release", given: both(({ repo }) => (repo.git("tag", "-a", "-m", "x", "v1.0.0"), void repo.git("push", "-q", "origin", "v1.0.0")), gate("v1.0.0", "--for", "deploy")), exit: 0 },
  { name: "a deploy of what was never released", given: gate("v1.0.0", "--for", "deploy"), exit: 1, says: ["Git tag does not exist: v1.0.0"] },
  { name: "a deploy asks the remote too, with git.tag alone in the policy", given: both(config("checks: {git.tag: true}\n"), (w) => void w.args.push("--for", "deploy")), exit: 1, says: ["Git tag does not exist: v1.0.0 (not here nor on origin)"] },
  { name: "a deploy where the policy asks no remote", given: both(config("checks: {git.tag: {remote: false}}\n"), (w) => void w.args.push("--for", "deploy")), exit: 1, says: ["Git tag does not exist: v1.0.0"] },
  { name: "a deploy where the policy turns the remote's question off", given: both(config("checks: {git.tag: true, git.tag.remote: false}\n"), (w) => void w.args.push("--for", "deploy")), exit: 1, says: ["Git tag does not exist: v1.0.0"] },
  { name: "a deploy of a lightweight tag", given: both(({ repo }) => void repo.git("tag", "v1.0.0"), gate("v1.0.0", "--for", "deploy")), exit: 1, says: ["is not annotated"] },
  { name: "a clone without tags is not a first release", given: (w) => { w.repo.git("tag", "v1.1.0"); w.repo.commit("chore: policy", { "release-sentinel.yaml": "checks: {git.order: true}\n" }); w.repo.git("push", "-q", "origin", "main", "--tags"); w.cwd = `${w.repo.path}-no-tags`; w.repo.git("clone", "-q", "--no-tags", `file://${w.repo.origin}`, w.cwd); w.args = ["--env", "prod", "--version", "v1.0.0"]; }, exit: 1, says: ["Version v1.0.0 is not greater than the last release v1.1.0 (on origin, not in this clone)"] },
  { name: "a shallow clone is named", given: (w) => { w.repo.commit(); w.repo.git("push", "-q", "origin", "main"); w.cwd = `${w.repo.path}-shallow`; w.repo.git("clone", "-q", "--depth=1", `file://${w.repo.origin}`, w.cwd); }, exit: 0, says: ["shallow"] },
];

/** Configuration, flags, formats. */
export const input: readonly Situation[] = [
  { name: "nothing given", given: run(), exit: 1, says: ["--env (or ENV) and --version (or VERSION) missing"] },
  { name: "environment variables instead of flags", given: both(run(...skipHost), set({ ENV: "prod", VERSION: "v1.0.0" })), exit: 0 },
  { name: "an unknown flag", given: run("--enviroment", "prod"), exit: 1, says: [/^release-sentinel: unknown option '--enviroment'.*\n$/] },
  { name: "a flag that is nearly one", given: run("--verison", "v1.0.0"), exit: 1, says: ["did you mean --version?"] },
  { name: "an unknown command", given: run("chekc"), exit: 1, says: ["release-sentinel: unknown command 'chekc' → did you mean check?"] },
  { name: "a command that is still to come", given: run("train", "--version", "v1.0.0"), exit: 1, says: ["'train' is not in this version yet"] },
  { name: "a command after its options", given: run("--json", "--env", "prod", "check", "--version", "v1.0.0", ...skipHost), exit: 0, says: ['"verdict": "SAFE"'] },
  { name: "another command after its options", given: run("--json", "config", "validate"), exit: 0, says: ['"valid": true'] },
  { name: "a format that is none", given: gate("v1.0.0", "--format", "xml"), exit: 1, says: ["junit"] },
  { name: "a time limit that is none", given: gate("v1.0.0", "--timeout", "soon"), exit: 1, says: ["--timeout"] },
  { name: "the tool's own version", given: run("--version"), exit: 0, after: (ran) => expect(ran.stdout).toMatch(/^\d+\.\d+\.\d+\n$/) },
  { name: "help that teaches", given: run("--help"), exit: 0, says: ["Examples:", "Exit codes:", "SAFE", "CRITICAL"], after: (ran) => expect(ran.stderr).toBe("") },
  { name: "JSON on stdout, logs on stderr", given: gate("v1.0.0", "--json"), exit: 0, after: (ran) => expect(JSON.parse(ran.stdout)).toMatchObject({ schema: "release-sentinel/verdict/v1", verdict: "SAFE", exitCode: 0, for: "release", environment: "prod", version: "v1.0.0", branch: "main" }) },
  { name: "log lines as JSON", given: gate("v1.0.0", "--log-format", "json"), exit: 0, after: (ran) => { for (const line of ran.stderr.trimEnd().split("\n")) expect(JSON.parse(line)).toHaveProperty("message"); } },
  { name: "log lines as text", exit: 0, says: [/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO release-sentinel\.gate Starting release validation$/m] },
  { name: "quiet and safe says nothing", given: gate("v1.0.0", "--quiet"), exit: 0, after: (ran) => expect(ran.all).toBe("") },
  { name: "a broken configuration as JSON, on both streams", given: both(config("checks:\n  git.branch: {alow: [main]}\n"), (w) => void w.args.push("--json", "--log-format", "json")), exit: 1, after: (ran) => { const said = { code: "config-invalid", message: 'release-sentinel.yaml:2:16: unknown key "alow" in checks.git.branch', remedy: 'did you mean "allow"?', exitCode: 1 }; expect(JSON.parse(ran.stdout)).toEqual({ schema: "release-sentinel/error/v1", ...said }); const lines = ran.stderr.trimEnd().split("\n").map((line) => JSON.parse(line) as object); expect(lines.at(-1)).toMatchObject({ level: "ERROR", logger: "release-sentinel", ...said }); } },
  { name: "a wrong flag as JSON, on both streams", given: run("--format=json", "--log-format=json", "--enviroment", "prod"), exit: 1, after: (ran) => { expect(JSON.parse(ran.stdout)).toMatchObject({ schema: "release-sentinel/error/v1", code: "flag-invalid", exitCode: 1 }); expect(JSON.parse(ran.stderr)).toMatchObject({ code: "flag-invalid", message: "unknown option '--enviroment'" }); }, alert: false },
  { name: "a secret in an error is masked in its JSON too", given: (w) => { w.args = ["--env", "prod", "--version", "v1.0.0", "--json", "--config", `${token}.yaml`]; }, exit: 1, after: (ran) => expect(JSON.parse(ran.stdout)).toMatchObject({ code: "config-unreadable", message: expect.stringMatching(/^\*\*\*\.yaml: /) }) },
  { name: "without --json an error leaves stdout alone", given: run("--enviroment", "prod"), exit: 1, after: (ran) => expect(ran.stdout).toBe("") },
  { name: "several reports at once", given: (w) => void w.args.push("--report", "junit=a.xml", "--report", "json=b.json", "--report", "sarif=c.sarif"), exit: 0, after: (_ran, { cwd }) => { for (const file of ["a.xml", "b.json", "c.sarif"]) expect(existsSync(join(cwd, file))).toBe(true); } },
  { name: "a report that cannot be written", given: (w) => void w.args.push("--report", "junit=/nowhere/a.xml"), exit: 2, says: ["cannot write the report /nowhere/a.xml (ENOENT)"] },
  { name: "a report that cannot be written keeps nothing else back", given: (w) => { w.repo.write("x", ""); const folder = tempFolder(); Object.assign(w.env, github, { GITHUB_OUTPUT: join(folder, "out"), GITHUB_STEP_SUMMARY: join(folder, "summary") }); w.args.push("--report", "junit=/nowhere/a.xml", "--report", `json=${join(folder, "b.json")}`, "--json"); }, exit: 1, says: [/^::error .*dirty/m, /^::error title=release-sentinel::cannot write the report \/nowhere\/a\.xml/m, /Alert sent successfully\n.*release-sentinel: cannot write the report \/nowhere\/a\.xml \(ENOENT\) → make the folder first\n$/s], alert: ["Git working tree is dirty"], after: (ran, { env }) => { const folder = join(env["GITHUB_OUTPUT"] ?? "", ".."); expect(JSON.parse(ran.stdout)).toMatchObject({ verdict: "BLOCKED" }); expect(readFileSync(join(folder, "out"), "utf8")).toMatch(/^verdict<<(.+)\nBLOCKED\n\1$/m); expect(readFileSync(join(folder, "summary"), "utf8")).toContain("BLOCKED"); expect(existsSync(join(folder, "b.json"))).toBe(true); } },
  { name: "a safe answer that could not be reported is no success", given: (w) => { Object.assign(w.env, github, { GITHUB_OUTPUT: join(tempFolder(), "out") }); w.args.push("--report", "junit=/nowhere/a.xml"); }, exit: 2, says: ["Release validation PASSED", "cannot write the report /nowhere/a.xml (ENOENT)"], after: (_ran, { env }) => expect(readFileSync(env["GITHUB_OUTPUT"] ?? "", "utf8")).toMatch(/^exit-code<<(.+)\n2\n\1$/m) },
  { name: "--only what is asked", given: run("--env", "prod", "--version", "v1.0.0", "--only", "git.*"), exit: 0, not: ["API OK"], after: (_ran, { api }) => expect(api.received).toEqual([]) },
  { name: "--only what does not exist", given: run("--env", "prod", "--version", "v1.0.0", "--only", "git.cleen"), exit: 1, says: ["--only git.cleen matches no check"] },
  { name: "--all runs everything whatever fails", given: both(({ repo }) => repo.write("x", ""), gate("v1.0.0", "--all")), exit: 1, says: ["API OK"] },
  { name: "a configuration that is not there", given: gate("v1.0.0", "--config", "nowhere.yaml"), exit: 1, says: [/^release-sentinel: nowhere\.yaml: there is no such configuration file/m] },
  { name: "a configuration that is a link to nothing", given: ({ repo }) => (symlinkSync("nowhere.yaml", join(repo.path, "release-sentinel.yaml")), void repo.commit()), exit: 1, says: ["release-sentinel.yaml: cannot read the configuration (a link to nothing)"] },
  { name: "a configuration that is a pipe", given: (w) => (execFileSync("mkfifo", [join(w.repo.path, "pipe.yaml")]), void w.args.push("--config", "pipe.yaml")), exit: 1, says: ["not a regular file"], alert: false },
  { name: "a configuration that contains itself", given: config("checks: &a\n  git.clean: *a\n"), exit: 1, says: [/^release-sentinel: release-sentinel\.yaml:1:1: /m] },
  { name: "an environment that the file does not name, with no env.allowed in it", given: both(config("checks: {git.version: true}\nenvironments: {prod: {checks: {git.order: true}}}\n"), run("--env", "production", "--version", "v1.0.0")), exit: 1, says: ["Invalid environment: production"] },
  { name: "a plugin object without a kind", given: (w) => { config("checks: {mine: {uses: ./mine.mjs}, git.version: true}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": 'export default { id: "mine", question: "?", reach: "local", defaults: {}, schema: (z) => z.strictObject({}), observe: async () => ({}), judge: () => ({ status: "fail", message: "no" }) };\n' }); }, exit: 2, says: ["is no check: use defineCheck"] },
  { name: "a secret whose value is one of our own words", given: both(config("checks:\n  db: {uses: tcp, address: '${DB_HOST}:1'}\n"), set({ DB_PASSWORD: "policy", OTHER_SECRET: "message" })), exit: 1, says: ["Missing required env var: DB_HOST"] },
  { name: "a flag's check does not take the place of the policy's", given: both(config("checks:\n  process: {uses: host.process, name: no-such-process}\n"), run("preflight", "--process", "node")), exit: 2, says: ["Process CRITICAL: no-such-process not running", "Process OK: node running"] },
  { name: "checks that wait for each other by what they are", given: both(config("checks:\n  git.repository: {needs: [git.clean]}\n  git.clean: true\n"), (w) => void w.args.push("--timeout", "5")), exit: 2, says: ["could not be found out"] },
  { name: "another time releases nothing", given: (w) => void w.args.push("--at", "2026-01-02", "--json"), exit: 0, after: (ran) => expect(JSON.parse(ran.stdout)).toMatchObject({ verdict: "SAFE", releasable: false }) },
  { name: "a waiver of no check of the policy", given: config("checks: {git.branch: true}\nwaivers:\n  - {check: git.brnch, owner: ops, reason: x, until: 2099-01-01}\n"), exit: 1, says: [/release-sentinel: release-sentinel\.yaml:3:13: waivers\[0\]\.check: no check here is called "git\.brnch" → did you mean "git\.branch"\?\n/] },
  { name: "a disk that would fail before it warns", given: config("checks:\n  host.disk: {warn: 90}\n"), exit: 1, says: ["release-sentinel.yaml:2:15: checks.host.disk: warn is 90 and critical 85: it would fail before it warns → set warn to 85 at most"] },
  { name: "a flag given twice: the last one counts", given: gate("v9.9.9", "--version", "v1.0.0", "--json"), exit: 0, after: (ran) => expect(JSON.parse(ran.stdout)).toMatchObject({ version: "v1.0.0" }) },
  { name: "a waiver until a day that does not exist", given: config("checks: {git.branch: true}\nwaivers:\n  - {check: git.branch, owner: ops, reason: x, until: 2027-02-30}\n"), exit: 1, says: ["waivers[0].until: is not a date"] },
  { name: "a question about a day that does not exist", given: (w) => void w.args.push("--at", "2026-02-30T10:00"), exit: 1, says: ["--at 2026-02-30T10:00 is not a time"] },
  { name: "a broken configuration under GitHub Actions", given: both(config("checks:\n  git.branch: {alow: [main]}\n"), (w) => void Object.assign(w.env, github, { GITHUB_OUTPUT: join(tempFolder(), "out") })), exit: 1, says: ["::error file=release-sentinel.yaml,line=2,col=16,"], after: (_ran, { env }) => expect(readFileSync(env["GITHUB_OUTPUT"] ?? "", "utf8")).toMatch(/^verdict<<(.+)\nBLOCKED\n\1$/m) },
  { name: "two reports to one file", given: (w) => void w.args.push("--report", "json=a", "--report", "junit=./a"), exit: 1, says: ["two reports would be written to ./a"] },
  { name: "nothing left to check", given: gate("v1.0.0", "--skip", "*"), exit: 1, says: ["leave nothing to check"], alert: false },
  { name: "a reason without break-glass", given: (w) => void w.args.push("--reason", "x"), exit: 1, says: ["--reason goes with --break-glass"] },
  { name: "a configuration with a wrong key", given: config("checks:\n  git.branch: {alow: [main]}\n"), exit: 1, says: ['release-sentinel.yaml:2:16: unknown key "alow" in checks.git.branch → did you mean "allow"?'] },
  { name: "a configuration of 10 MB", given: (w) => (writeFileSync(join(w.repo.path, "big.yaml"), `# ${"x".repeat(10 << 20)}`), void (w.args = [...w.args, "--config", "big.yaml"])), exit: 1, says: ["the limit is 1 MiB"] },
  { name: "a configuration whose aliases explode", given: config(`a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`), exit: 1, says: [/alias/i] },
  { name: "an entry that is neither on, off nor options", given: config('checks:\n  git.clean: "no"\n'), exit: 1, says: ["release-sentinel.yaml:2:14", "checks.git.clean"] },
  { name: "config validate names every problem", given: both(config("checks:\n  git.branch: {alow: [main]}\n  host.disk: {warn: high}\n"), run("config", "validate")), exit: 1, says: ["2 problems", "release-sentinel.yaml:2:16", "release-sentinel.yaml:3:21"] },
  { name: "config show --resolved names origins", given: both(config("extends: default\nchecks:\n  host.disk: {warn: 60}\n"), run("config", "show", "--resolved")), exit: 0, says: ["release-sentinel.yaml:3:21", "built-in default"] },
  { name: "a warning leaves the gate open, but nothing is releasable", given: both(config("checks:\n  git.version: true\n  git.branch: {allow: [none], severity: warn}\n"), (w) => void w.args.push("--json")), exit: 0, after: (ran) => expect(JSON.parse(ran.stdout)).toMatchObject({ verdict: "SAFE", releasable: false }) },
  { name: "a waiver", given: config("checks:\n  git.version: true\n  git.branch: {allow: [none]}\nwaivers:\n  - {check: git.branch, owner: ops, reason: migration, ticket: OPS-1, until: 2099-01-01}\n"), exit: 0, says: ["waived by ops until 2099-01-01: migration"] },
  { name: "an expired waiver", given: config("checks:\n  git.branch: {allow: [none]}\nwaivers:\n  - {check: git.branch, owner: ops, reason: migration, until: 2020-01-01}\n"), exit: 1, says: ["Releases blocked from branch: main"] },
  { name: "an expired waiver, asked about when it was valid", given: both(config("checks:\n  git.version: true\n  git.branch: {allow: [none]}\nwaivers:\n  - {check: git.branch, owner: ops, reason: migration, until: 2020-01-01}\n"), (w) => void w.args.push("--at", "2019-12-30T12:00:00Z", "--json")), exit: 0, says: ["waived by ops until 2020-01-01", "Waiver for git.branch expires on 2020-01-01"], not: ["--allow-warnings"], after: (ran) => expect(JSON.parse(ran.stdout)).toMatchObject({ verdict: "SAFE", releasable: false, at: "2019-12-30T12:00:00.000Z" }) },
  { name: "a valid waiver, asked about after its end", given: both(config("checks:\n  git.branch: {allow: [none]}\nwaivers:\n  - {check: git.branch, owner: ops, reason: migration, until: 2099-01-01}\n"), (w) => void w.args.push("--at", "2099-01-02T12:00:00Z", "--format", "text")), exit: 1, says: ["its waiver by ops expired on 2099-01-01", "as of 2099-01-02T12:00:00.000Z"] },
  { name: "an answer about now carries no other time", given: gate("v1.0.0", "--json"), exit: 0, after: (ran) => expect(JSON.parse(ran.stdout)).not.toHaveProperty("at") },
  { name: "shadow mode", given: config("checks:\n  git.version: true\n  git.branch: {allow: [none], mode: shadow, owner: qa, until: 2099-01-01}\n"), exit: 0, says: ["shadow mode", "would be fail"] },
  { name: "break-glass where the policy allows it", given: both(config("checks:\n  git.branch: {allow: [none]}\n  git.version: true\nenvironments:\n  prod: {breakGlass: [git.branch]}\n"), (w) => void w.args.push("--break-glass", "--reason", "INC-1")), exit: 0, says: ["break-glass: INC-1"] },
  { name: "break-glass where it does not", given: both(config("checks:\n  git.branch: {allow: [none]}\nenvironments:\n  prod: {}\n"), (w) => void w.args.push("--break-glass", "--reason", "INC-1")), exit: 1, says: ["Break-glass has no effect"] },
  { name: "break-glass without a reason", given: (w) => void w.args.push("--break-glass"), exit: 1, says: ["--break-glass needs --reason"] },
  { name: "a freeze, asked about by --at", given: both(config('checks:\n  calendar.freeze: {timezone: Europe/Berlin, dates: [{from: "2026-12-20", to: "2027-01-02", reason: holidays}]}\n'), (w) => void w.args.push("--at", "2026-12-24T18:00")), exit: 1, says: ["Release freeze: holidays", "next open"] },
  { name: "no freeze at another time", given: both(config('checks:\n  calendar.freeze: {timezone: Europe/Berlin, dates: [{from: "2026-12-20", to: "2027-01-02"}]}\n'), (w) => void w.args.push("--at", "2027-01-04T10:00")), exit: 0 },
  { name: "a Nagios plugin", given: both(config("checks:\n  queue: {uses: exec, command: [sh, -c, \"echo 'QUEUE CRITICAL - 900 waiting | depth=900'; exit 2\"]}\n")), exit: 2, says: ["QUEUE CRITICAL - 900 waiting"] },
  { name: "a plugin of the user's own", given: (w) => { config("checks:\n  mine: {uses: ./mine.mjs}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": 'export default { id: "mine", question: "?", kind: "policy", reach: "local", defaults: {}, schema: (z) => z.strictObject({}), observe: async () => ({ n: 3 }), judge: ({ n }) => ({ status: "fail", message: `mine says ${n}` }) };\n' }); }, exit: 1, says: ["mine says 3"] },
  { name: "a plugin written with defineCheck, in a pull request, with nothing installed", given: async (w) => { config("checks:\n  mine: {uses: ./mine.mjs}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": 'import { defineCheck, TryAgain } from "release-sentinel";\nlet n = 0;\nexport default defineCheck({ id: "mine", kind: "health", limits: { attempts: 2, backoffMs: [1] }, observe: async () => { if (n++ === 0) throw new TryAgain({ n: 0 }); return { n }; }, judge: ({ n }) => ({ status: n === 2 ? "ok" : "fail", message: `mine says ${n}` }) });\n' }); w.repo.git("push", "-q", "origin", "main"); Object.assign(w.env, github, { GITHUB_EVENT_NAME: "pull_request", GITHUB_REF: "refs/pull/1/merge", GITHUB_BASE_REF: "main" }); }, exit: 0, says: ["mine says 2"] },
  { name: "a plugin that prints: stdout stays ours, and nothing secret gets out", given: (w) => { config("checks:\n  mine: {uses: ./mine.mjs}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": 'export default { id: "mine", question: "?", kind: "policy", reach: "local", defaults: {}, schema: (z) => z.strictObject({}), observe: async () => { console.log("NOISE", process.env.RS_DEPLOY_TOKEN); console.error(process.env.RS_DEPLOY_TOKEN); return {}; }, judge: () => ({ status: "ok", message: "fine" }) };\n' }); w.args.push("--json"); }, exit: 0, says: ["NOISE ***"], after: (ran) => expect(JSON.parse(ran.stdout)).toMatchObject({ verdict: "SAFE" }) },
  { name: "a plugin whose schema fails", given: (w) => { config("checks:\n  mine: {uses: ./mine.mjs}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": 'export default { id: "acme.mine", question: "?", kind: "policy", reach: "local", defaults: {}, schema() { throw new Error("no shape"); }, observe: async () => ({}), judge: () => ({ status: "ok", message: "fine" }) };\n' }); }, exit: 1, says: ["release-sentinel.yaml:2:3: checks.mine: schema() of acme.mine failed: no shape → correct the plugin"], not: ["internal error"] },
  { name: "a plugin that cannot name its secrets", given: (w) => { config("checks:\n  mine: {uses: ./mine.mjs}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": 'export default { id: "acme.mine", question: "?", kind: "policy", reach: "local", defaults: {}, schema: (z) => z.strictObject({}), secrets() { throw new Error("no names"); }, observe: async () => ({}), judge: () => ({ status: "ok", message: "fine" }) };\n' }); }, exit: 1, says: ["checks.mine: secrets() of acme.mine failed: no names"], not: ["internal error"] },
  { name: "a plugin that never finishes loading, with little time", given: (w) => { config("checks:\n  mine: {uses: ./mine.mjs}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": "setInterval(() => {}, 1000); await new Promise(() => {});\n" }); w.args.push("--timeout", "1"); }, exit: 2, says: ["release-sentinel: the policy could not be read within 1 s → "], alert: ["the policy could not be read within 1 s"] },
  { name: "a plugin that never finishes loading", given: (w) => { config("checks:\n  mine: {uses: ./mine.mjs}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": "setInterval(() => {}, 1000); await new Promise(() => {});\n" }); }, exit: 2, says: ["mine could not be found out"] },
  { name: "a plugin that ends the process as if all were well", given: (w) => { config("checks:\n  mine: {uses: ./mine.mjs}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": "process.exit(0);\n" }); }, exit: 2, says: ["ended before there was a verdict"] },
  { name: "a broken plugin", given: (w) => { config("checks:\n  mine: {uses: ./mine.mjs}\n")(w); w.repo.commit("chore: plugin", { "mine.mjs": "throw new Error('no');\n" }); }, exit: 2, says: ["mine could not be found out"] },
  { name: "a plaintext secret in what changed", given: (w) => { config("checks: {repo.secrets: true}\n")(w); w.repo.git("tag", "v0.9.0"); w.repo.commit("feat: oops", { "src/a.env": `KEY=${["AKIA", "IOSFODNN7", "QWERTYU"].join("")}\nGH=${["ghp", "_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("")}\n` }); w.secrets.push(["ghp", "_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("")); }, exit: 1, says: ["Plaintext secret in src/a.env:"] },
  { name: "env: everything is there", given: both(run("env"), set({ ENV: "stage", TOKEN: token, SERVICE_URL: "http://x", VERSION: "v1.0.0" })), exit: 0 },
  { name: "env: everything is missing", given: run("env"), exit: 1, says: ["Missing required env var: ENV", "Missing required env var: API_KEY or TOKEN", "Missing required env var: SERVICE_URL", "Missing required env var: VERSION"] },
  { name: "preflight names what it is told to", given: async (w) => run("preflight", "--skip", "host.*", "--url", `${w.api.url}/x`, "--process", "node", "--require", "git", "--require", "no-such-tool")(w), exit: 2, says: ["API OK", "Process OK: node running", "Tool OK: git", "Tool CRITICAL: no-such-tool not found"] },
  { name: "doctor", given: run("doctor"), exit: 0, says: ["git", "node", "kubectl", "docker", "config"] },
  { name: "completion", given: run("completion", "bash"), exit: 0, says: ["complete -F"] },
  { name: "completion for a shell that is none", given: run("completion", "bsh"), exit: 1, says: ["did you mean bash?"] },
];

/** Bad days. */
export const badDays: readonly Situation[] = [
  { name: "no commit yet", given: ({ repo }) => void repo.git("update-ref", "-d", "HEAD"), exit: 1, says: ["Git repository has no commit yet"] },
  { name: "git is not installed", given: set({ PATH: "/nowhere" }), exit: 2, says: ["git is not installed"] },
  { name: "a merge under way", given: ({ repo }) => { repo.git("switch", "-q", "-c", "o"); repo.commit("a", { "README.md": "a" }); repo.git("switch", "-q", "main"); repo.commit("b", { "README.md": "b" }); expect(() => repo.git("merge", "o")).toThrow(); }, exit: 1, says: ["merge in progress"] },
  { name: "a bare repository", given: (w) => void (w.cwd = w.repo.origin), exit: 1, says: ["Not inside a Git repository"] },
  { name: "a linked work tree", given: (w) => { w.cwd = `${w.repo.path}-wt`; w.repo.git("worktree", "add", "-q", "-b", "release/2", w.cwd); }, exit: 0 },
  { name: "a folder inside, through a symbolic link", given: (w) => { mkdirSync(join(w.repo.path, ".git/x")); const link = join(tempFolder(), "l"); symlinkSync(w.repo.path, link); w.cwd = link; }, exit: 0 },
  { name: "inherited GIT_DIR and GIT_WORK_TREE", given: (w) => { w.repo.write("x", ""); const other = tempFolder(); execFileSync("git", ["init", "-q", other]); Object.assign(w.env, { GIT_DIR: join(other, ".git"), GIT_WORK_TREE: other }); }, exit: 1, says: ["Git working tree is dirty"] },
  { name: "an unreadable git folder", given: (w) => void writeFileSync(join(w.repo.path, ".git/HEAD"), "garbage\n"), exit: 1, says: [/Not inside a Git repository|cannot be read/] },
  { name: "12,000 tags", given: ({ repo }) => { const head = repo.git("rev-parse", "HEAD").trim(); writeFileSync(join(repo.path, ".git/packed-refs"), `# pack-refs with: peeled fully-peeled sorted\n${Array.from({ length: 12_000 }, (_, i) => `refs/tags/v0.${i}.0`).sort().map((ref) => `${head} ${ref}\n`).join("")}`); repo.git("push", "-q", "origin", "main"); }, exit: 0 },
  { name: "an API that never answers", given: both((w) => void (w.answer = () => {}), gate("v1.0.0", "--timeout", "5")), exit: 2, says: [/could not be found out: no answer within|unreachable \(no answer/] },
  { name: "an API that answers garbage", given: async (w) => { const raw = createServer((socket) => void socket.on("error", () => {}).end("this is not HTTP\r\n\r\n")); await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve)); onTestFinished(() => void raw.close()); w.env["RS_API_URL"] = `http://127.0.0.1:${(raw.address() as { port: number }).port}/`; }, exit: 2, says: ["API CRITICAL", "unreachable"] },
  { name: "an API on IPv6 only", given: async (w) => void (w.env["RS_API_URL"] = (await w.serve(200, "::1")).url), exit: 0, says: ["API OK: http://[::1]:"] },
  { name: "an API that is endless", given: (w) => void (w.answer = (_q, r) => { r.writeHead(200); const timer = setInterval(() => r.write("x".repeat(1000)), 5); r.on("close", () => clearInterval(timer)); }), exit: 0, says: ["API OK"] },
  { name: "no home folder", given: set({ HOME: "" }), exit: 0 },
  { name: "SIGINT", given: (w) => void (w.interrupt = "SIGINT"), exit: 130, says: ["interrupted by SIGINT", "Run it again: release-sentinel"], alert: false },
  { name: "SIGTERM", given: (w) => void (w.interrupt = "SIGTERM"), exit: 143, says: ["interrupted by SIGTERM"] },
  { name: "a branch name full of terminal escapes", given: ({ repo }) => { const name = "x/\u202egnp.exe"; repo.git("switch", "-q", "-c", name); }, exit: 1, says: ["Releases blocked from branch: x/\\u202egnp.exe"] },
  { name: "a token in the remote's URL", given: ({ repo, secrets }) => { const secret = ["ghp", "0123456789abcdef0123"].join("_"); secrets.push(secret); repo.git("remote", "set-url", "origin", `http://x:${secret}@127.0.0.1:1/a.git`); }, exit: 2, says: ["git.tag.remote could not be found out"] },
];
