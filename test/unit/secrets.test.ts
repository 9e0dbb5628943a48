import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { main } from "../../src/cli/main.ts";
import { formats } from "../../src/gate/report/formats.ts";
import { cleanEnv } from "../support/cli.ts";
import { testToken } from "../support/github.ts";
import { startGitHub } from "../support/github-server.ts";
import { repository } from "../support/repository.ts";
import { server } from "../support/server.ts";
import { tempFolder } from "../support/temp.ts";

/**
 * Random secrets are put wherever a secret can get into a run, every failure path is taken at once, and every output
 * is searched for every one of them in every encoding. The encoders here are the test's own, not the masking registry's.
 */
const alphabet = fc.constantFrom(
  ..." '\"\\/&<>+=%?#$`{}[]()|^*.,:;@!~-_",
  "é",
  "ß",
  "中",
  "😀",
  ..."abcdefXYZ0123456789",
);
const secret = fc
  .tuple(
    fc.constantFrom("", "shared-prefix-"),
    fc.string({ unit: alphabet, minLength: 8, maxLength: 24 }),
    fc.boolean(),
  )
  .map(([prefix, text, split]) =>
    split ? `${prefix}${text.slice(0, 4)}-line\n${text.slice(4)}-rest-of-it` : prefix + text,
  )
  .filter(
    (text) =>
      text.isWellFormed() && text.trim().length >= 8 && !/^\s|\s$/.test(text) && new Set(text).size > 4,
  );

function forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.from("ab").subarray(0, shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return whole.slice(shift === 0 ? 0 : shift + 1, -2);
  });
  const html = value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
  const once = JSON.stringify(value).slice(1, -1);
  return [
    value,
    encodeURIComponent(value),
    once,
    JSON.stringify(once).slice(1, -1),
    html,
    html.replaceAll("'", "&#39;"),
    bytes.toString("hex"),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ].filter((text) => text.length >= 6);
}

class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

/** A repository in which everything fails and every failure knows a secret. */
function hostile() {
  const repo = repository();
  repo.write(
    "release-sentinel.yaml",
    [
      "checks:",
      "  env.variables: {required: [{name: THE_TOKEN, pattern: '^never$'}], show: {shown: THE_TOKEN}}",
      "  git.version: true",
      "  git.tag.remote: true",
      "  api: {uses: http, url: 'http://user:${URL_PASSWORD}@127.0.0.1:1/x?key=${URL_PASSWORD}', attempts: 1}",
      "  header: {uses: http, url: '${SERVICE_URL}', attempts: 1, headers: {Authorization: 'Bearer ${THE_TOKEN}'}}",
      "  plugin: {uses: ./plugin.mjs}",
      "  program: {uses: exec, command: [./program.sh], env: [THE_TOKEN]}",
      "",
    ].join("\n"),
  );
  repo.write(
    "plugin.mjs",
    'export default { id: "p", question: "?", kind: "health", reach: "network", defaults: {}, schema: (z) => z.strictObject({}), observe: async ({ readers }) => { throw new Error(`it said ${readers.env.secret("THE_TOKEN")}`); }, judge: () => [] };\n',
  );
  repo.write(
    "program.sh",
    '#!/bin/sh\nprintf "CRITICAL %s\\n" "$THE_TOKEN"; printf "%s" "$THE_TOKEN" | base64 -w0; echo; printf "x%s" "$THE_TOKEN" | base64 -w0; echo; printf "%s" "$THE_TOKEN" | od -An -tx1 | tr -d " \\n"; printf "%s\\n" "$THE_TOKEN" >&2; exit 2\n',
  );
  chmodSync(join(repo.path, "program.sh"), 0o755);
  repo.commit();
  return repo;
}

describe("no output holds a secret", () => {
  it("whatever fails, whatever the format, whatever the encoding", async () => {
    const repo = hostile();
    const service = await server((request, response) =>
      response.writeHead(500, { "x-echo": "no" }).end(request.headers.authorization),
    );
    const webhook = await server(200);
    await fc.assert(
      fc.asyncProperty(secret, secret, secret, async (token, password, hook) => {
        const out = tempFolder();
        mkdirSync(join(out, "gh"));
        repo.git("config", "remote.origin.url", `http://x:${encodeURIComponent(password)}@127.0.0.1:1/a.git`);
        const env = {
          ...cleanEnv(),
          THE_TOKEN: token,
          URL_PASSWORD: encodeURIComponent(password),
          PASSWORD: password,
          SERVICE_URL: service.url,
          RS_ALERT_WEBHOOK: `${webhook.url}/${encodeURIComponent(hook)}`,
          SLACK_WEBHOOK_URL: hook,
          GITHUB_ACTIONS: "true",
          GITHUB_OUTPUT: join(out, "gh/output"),
          GITHUB_STEP_SUMMARY: join(out, "gh/summary"),
        };
        for (const format of formats) {
          const terminal = { stdout: new Sink(), stderr: new Sink() };
          const reports = formats.flatMap((kind) => ["--report", `${kind}=${join(out, kind)}`]);
          const argv = [
            "--env",
            "prod",
            "--version",
            token,
            "--all",
            "--format",
            format,
            "--verbose",
            ...reports,
          ];
          const code = await main({
            argv,
            env,
            cwd: repo.path,
            terminal,
            signal: new AbortController().signal,
          });
          expect(code).toBe(1);
          const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter(
            (name) => name !== "gh",
          );
          expect(files.length).toBe(formats.length + 2);
          const texts: Record<string, string> = {
            stdout: terminal.stdout.text,
            stderr: terminal.stderr.text.replace(/^::add-mask::.*$/gm, ""),
          };
          for (const name of files) texts[name] = readFileSync(join(out, name), "utf8");
          texts["alerts"] = webhook.received.map(({ body }) => body).join("\n");
          for (const [where, text] of Object.entries(texts)) {
            for (const value of [token, password, hook]) {
              for (const form of forms(value))
                expect(
                  text.includes(form),
                  `${where} holds ${JSON.stringify(form)} of ${JSON.stringify(value)}:\n${text}`,
                ).toBe(false);
            }
          }
        }
        webhook.received.length = 0;
      }),
      { numRuns: process.env["CI"] ? 12 : 4 },
    );
  }, 120_000);
});

/** A release whose commit messages, hook, asset, remote and GitHub all know a secret, and talk of it. */
function talkative(token: string) {
  const repo = repository({ origin: true });
  repo.git("tag", "-a", "-m", "before", "v0.9.0");
  const hook = [
    'printf "%s\\n" "$THE_TOKEN"',
    'printf "%s" "$THE_TOKEN" | base64 -w0; echo',
    'printf "x%s" "$THE_TOKEN" | base64 -w0; echo',
    'printf "%s" "$THE_TOKEN" | od -An -tx1 | tr -d " \\n"; echo; exit 1',
  ].join("; ");
  const run = ["sh", "-c", hook];
  const settings = { hooks: { beforeTag: [{ run, env: ["THE_TOKEN"] }] }, assets: ["dist/*"] };
  repo.write(
    "release-sentinel.yaml",
    JSON.stringify({ checks: { "git.repository": true }, release: settings }),
  );
  repo.write(".gitignore", "dist/\n");
  const encoded = Buffer.from(token).toString("base64");
  repo.commit(`feat: use ${token}\n\nBREAKING CHANGE: ${encoded} and ${encodeURIComponent(token)}`);
  repo.git("push", "-q", "origin", "main", "v0.9.0");
  repo.write("dist/app.tgz", "program");
  return repo;
}

it("no output of a release holds a secret, whoever talks of it", async () => {
  const webhook = await server(200);
  await fc.assert(
    fc.asyncProperty(secret, secret, async (token, password) => {
      const repo = talkative(token);
      const github = await startGitHub({
        token: testToken(),
        gitDir: repo.origin,
        faults: ({ operation }) =>
          operation === "repos/get" ? { status: 403, body: { message: `it said ${token}` } } : undefined,
      });
      const out = tempFolder();
      const env = {
        ...cleanEnv(),
        THE_TOKEN: token,
        PASSWORD: password,
        RS_ALERT_WEBHOOK: webhook.url,
        GITHUB_TOKEN: testToken(),
        GITHUB_API_URL: github.url,
        GITHUB_REPOSITORY: "octo/demo",
        GITHUB_ACTIONS: "true",
        GITHUB_REF: "refs/heads/main",
        GITHUB_OUTPUT: join(out, "output"),
        GITHUB_STEP_SUMMARY: join(out, "summary"),
      };
      const target = ["--env", "prod", "--version", "v1.0.0", "--verbose"];
      const commands = [
        ["release", ...target, "--dry-run", "--json"],
        ["release", "plan", ...target, "-o", "-"],
        ["release", ...target],
        ["release", ...target, "--log-format", "json", "--json"],
      ];
      const texts: Record<string, string> = {};
      const ask = async (where: string, codes: readonly number[]) => {
        for (const [i, argv] of commands.entries()) {
          const terminal = { stdout: new Sink(), stderr: new Sink() };
          const { signal } = new AbortController();
          const code = await main({ argv, env, cwd: repo.path, terminal, signal });
          expect(code, terminal.stderr.text).toBe(codes[i]);
          texts[`${where} stdout ${i}`] = terminal.stdout.text;
          texts[`${where} stderr ${i}`] = terminal.stderr.text.replace(/^::add-mask::.*$/gm, "");
        }
      };
      try {
        await ask("the hook's", [0, 0, 2, 2]);
        repo.git("config", "remote.origin.url", `http://x:${encodeURIComponent(password)}@127.0.0.1:1/a.git`);
        await ask("the remote's", [2, 2, 2, 2]);
      } finally {
        await github.close();
      }
      for (const name of readdirSync(out)) texts[name] = readFileSync(join(out, name), "utf8");
      texts["ledger"] = readFileSync(join(repo.path, ".release-sentinel/ledger.jsonl"), "utf8");
      texts["alerts"] = webhook.received.map(({ body }) => body).join("\n");
      webhook.received.length = 0;
      for (const [where, text] of Object.entries(texts)) {
        for (const form of [token, password].flatMap(forms)) {
          expect(text.includes(form), `${where} holds ${JSON.stringify(form)}:\n${text}`).toBe(false);
        }
      }
    }),
    { numRuns: process.env["CI"] ? 8 : 3 },
  );
}, 120_000);

describe("no release note holds a secret", () => {
  it("whatever is in a commit, whatever the format, whatever Markdown makes of it", async () => {
    await fc.assert(
      fc.asyncProperty(secret, secret, async (token, password) => {
        const repo = repository();
        repo.git("tag", "v1.0.0");
        const login = encodeURIComponent(password);
        repo.git("remote", "add", "origin", `https://x:${login}@github.com/owner/name.git`);
        repo.commit(
          `feat(${token}): ${token} and ${password}\n\nBREAKING CHANGE: ${token}\n\nCloses a/b#1 ${password}`,
        );
        repo.commit(`${"x".repeat(490)}${token}\n\nCo-authored-by: ${token} <${password}@example.com>`);
        const out = tempFolder();
        const env = { ...cleanEnv(), THE_TOKEN: token, PASSWORD: password };
        const texts: Record<string, string> = {};
        const commands = [
          ...["markdown", "json", "plain"].map((format) => [
            "notes",
            "--version",
            "v2.0.0",
            "--format",
            format,
          ]),
          ["notes", "--version", "v2.0.0", "-o", join(out, "notes")],
          ["notes", "--version", "v2.0.0", "--style", "plain"],
          ["notes", "--version", "v2.0.0", "--changelog", join(out, "changelog")],
          ["version", "next"],
          ["version", "next", "--json"],
        ];
        for (const argv of commands) {
          const terminal = { stdout: new Sink(), stderr: new Sink() };
          const world = { argv, env, cwd: repo.path, terminal, signal: new AbortController().signal };
          expect(await main(world)).toBe(0);
          texts[argv.join(" ")] = terminal.stdout.text + terminal.stderr.text;
        }
        for (const name of ["notes", "changelog"]) texts[name] = readFileSync(join(out, name), "utf8");
        for (const [where, text] of Object.entries(texts)) {
          const unescaped = text.replaceAll("&#8203;", "").replace(/\\(?=[!-/:-@[-`{-~])/g, "");
          for (const form of [...forms(token), ...forms(password)])
            expect(
              text.includes(form) || unescaped.includes(form),
              `${where} holds ${JSON.stringify(form)}:\n${text}`,
            ).toBe(false);
        }
      }),
      { numRuns: process.env["CI"] ? 12 : 3 },
    );
  }, 120_000);
});

/** A watch whose program, Prometheus and labels all know a secret, and talk of it. */
function watchedRepository(token: string) {
  const repo = repository();
  const words = 'printf "it said %s\\n" "$THE_TOKEN" >&2; printf "%s" "$THE_TOKEN" | base64 -w0 >&2; exit 3';
  const watch = {
    exec: { run: ["sh", "-c", words], env: ["THE_TOKEN"] },
    prometheus: { headers: { Authorization: "Bearer ${THE_TOKEN}" } },
    labels: { job: token.replace(/[\r\n]/g, " ") },
    signals: { burn: false },
  };
  repo.write("release-sentinel.yaml", JSON.stringify({ checks: { "git.repository": true }, watch }));
  return repo;
}

it("no output of a watch holds a secret, whoever talks of it", async () => {
  const webhook = await server(200);
  const prometheus = await server((request, response) =>
    response
      .writeHead(503, { "content-type": "application/json" })
      .end(
        JSON.stringify({ status: "error", errorType: "unavailable", error: request.headers.authorization }),
      ),
  );
  await fc.assert(
    fc.asyncProperty(secret, secret, async (token, password) => {
      const repo = watchedRepository(token);
      const out = tempFolder();
      const env = {
        ...cleanEnv(),
        THE_TOKEN: token,
        PASSWORD: password,
        PROMETHEUS_URL: prometheus.url.replace("://", `://x:${encodeURIComponent(password)}@`),
        RS_ALERT_WEBHOOK: webhook.url,
        GITHUB_ACTIONS: "true",
        GITHUB_OUTPUT: join(out, "output"),
        GITHUB_STEP_SUMMARY: join(out, "summary"),
      };
      const since = new Date(Date.now() - 40 * 60_000).toISOString();
      const target = ["--env", "prod", "--version", "v1.4.2", "--since", since, "--verbose"];
      const reports = ["html", "json", "text"].flatMap((kind) => ["--report", `${kind}=${join(out, kind)}`]);
      const commands = [
        ["watch", ...target, "--for", "1min", "--source", "exec", "--json", ...reports],
        [
          "watch",
          ...target,
          "--for",
          "1min",
          "--source",
          "prometheus",
          "--format",
          "text",
          "--log-format",
          "json",
        ],
        ["watch", "explain"],
        ["watch", "explain", "--json"],
        ["watch", "explain", join(out, "json")],
      ];
      const texts: Record<string, string> = {};
      for (const [i, argv] of commands.entries()) {
        const terminal = { stdout: new Sink(), stderr: new Sink() };
        const { signal } = new AbortController();
        const code = await main({ argv, env, cwd: repo.path, terminal, signal });
        // A secret of several lines is no header: the watch does not begin then.
        expect(i === 0 ? [2] : i === 1 ? [1, 2] : [0], terminal.stderr.text).toContain(code);
        texts[`stdout ${i}`] = terminal.stdout.text;
        texts[`stderr ${i}`] = terminal.stderr.text.replace(/^::add-mask::.*$/gm, "");
      }
      const files = readdirSync(out);
      expect(files).toHaveLength(5);
      for (const name of files) texts[name] = readFileSync(join(out, name), "utf8");
      texts["ledger"] = readFileSync(join(repo.path, ".release-sentinel/ledger.jsonl"), "utf8");
      texts["state"] = readFileSync(join(repo.path, ".git/release-sentinel/watch/prod.json"), "utf8");
      texts["alerts"] = webhook.received.map(({ body }) => body).join("\n");
      webhook.received.length = 0;
      for (const [where, text] of Object.entries(texts)) {
        for (const form of [token, password].flatMap(forms))
          expect(text.includes(form), `${where} holds ${JSON.stringify(form)}:\n${text}`).toBe(false);
      }
    }),
    { numRuns: process.env["CI"] ? 6 : 2 },
  );
}, 120_000);

it("a secret file that cannot be read is named without its content", async () => {
  const repo = repository();
  const file = join(tempFolder(), "big");
  const value = ["long", "secret"].join("-").repeat(10_000);
  writeFileSync(file, value);
  const terminal = { stdout: new Sink(), stderr: new Sink() };
  const env = { ...cleanEnv(), RS_DEPLOY_TOKEN_FILE: file };
  const code = await main({
    argv: ["--env", "prod", "--version", "v1.0.0"],
    env,
    cwd: repo.path,
    terminal,
    signal: new AbortController().signal,
  });
  expect(code).toBe(1);
  expect(terminal.stderr.text).toContain("RS_DEPLOY_TOKEN_FILE: cannot read");
  expect(terminal.stderr.text).not.toContain("long-secret");
});

/** A program that deploys, knows a secret, and talks of it in every answer. */
const talkativeProgram = `
const token = process.env.THE_TOKEN, bytes = Buffer.from(token);
const all = [token, encodeURIComponent(token), bytes.toString("base64"), bytes.toString("hex"), JSON.stringify(token)].join(" and ");
const { verb, expected, version } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const answer = (value) => process.stdout.write(JSON.stringify(value));
process.stderr.write(all + "\\n");
if (verb === "plan") answer({ target: all, changes: [{ subject: all, action: "change", diff: "+" + all + "\\n" }],
  images: [{ subject: all, image: all }], wayBack: { state: "ready", message: all, version: token },
  proofs: [{ state: version === "v3.0.0" ? "conflict" : "notice", message: all, remedy: all }] });
if (verb === "capture") answer({ message: all, kept: { all }, revision: token });
if (verb === "apply" && version === "v2.0.0") { answer({ error: all, remedy: all }); process.exit(1); }
if (verb === "apply") answer({ message: all });
if (verb === "status") answer(expected === "restored" && version !== "v4.0.0"
  ? { state: "healthy", message: all, digests: [all] } : { state: "failed", message: all, why: all, remedy: all });
if (verb === "restore") answer({ message: all });
`;

it("no output of a deploy holds a secret, whoever talks of it", async () => {
  const webhook = await server(200);
  await fc.assert(
    fc.asyncProperty(secret, async (token) => {
      const repo = repository();
      const out = tempFolder();
      const argv = [process.execPath, join(out, "program.cjs")];
      writeFileSync(join(out, "program.cjs"), talkativeProgram);
      const verbs = Object.fromEntries(
        ["plan", "capture", "apply", "status", "restore"].map((verb) => [verb, argv]),
      );
      const exec = { ...verbs, state: join(out, "state"), env: ["THE_TOKEN"] };
      const deploy = { driver: "exec", exec };
      repo.write("release-sentinel.yaml", JSON.stringify({ checks: { "git.repository": true }, deploy }));
      repo.commit();
      const env = {
        ...cleanEnv(),
        THE_TOKEN: token,
        USER: token,
        RS_ALERT_WEBHOOK: webhook.url,
        GITHUB_ACTIONS: "true",
        GITHUB_OUTPUT: join(out, "output"),
        GITHUB_STEP_SUMMARY: join(out, "summary"),
      };
      const target = ["--env", "prod", "--reason", token, "--wait", "1s"];
      const commands: readonly (readonly [number, readonly string[]])[] = [
        [0, ["apply", ...target, "--version", "v1.0.0", "--dry-run", "--json"]],
        [2, ["apply", ...target, "--version", "v1.0.0"]],
        [2, ["apply", ...target, "--version", "v2.0.0", "--log-format", "json", "--json"]],
        [1, ["apply", ...target, "--version", "v3.0.0", "--json"]],
        [2, ["apply", ...target, "--version", "v4.0.0"]],
        [0, ["rollback", ...target, "--json"]],
      ];
      const texts: Record<string, string> = {};
      for (const [i, [expected, args]] of commands.entries()) {
        const terminal = { stdout: new Sink(), stderr: new Sink() };
        const { signal } = new AbortController();
        const code = await main({ argv: args, env, cwd: repo.path, terminal, signal });
        expect(code, terminal.stderr.text).toBe(expected);
        texts[`stdout ${i}`] = terminal.stdout.text;
        texts[`stderr ${i}`] = terminal.stderr.text.replace(/^::add-mask::.*$/gm, "");
      }
      for (const name of ["output", "summary"]) texts[name] = readFileSync(join(out, name), "utf8");
      for (const name of readdirSync(join(out, "state")))
        texts[name] = readFileSync(join(out, "state", name), "utf8");
      texts["ledger"] = readFileSync(join(repo.path, ".release-sentinel/ledger.jsonl"), "utf8");
      texts["alerts"] = webhook.received.map(({ body }) => body).join("\n");
      webhook.received.length = 0;
      for (const [where, text] of Object.entries(texts)) {
        for (const form of forms(token))
          expect(text.includes(form), `${where} holds ${JSON.stringify(form)}:\n${text}`).toBe(false);
      }
    }),
    { numRuns: process.env["CI"] ? 8 : 2 },
  );
}, 120_000);

it("no file and no output of init holds a secret, whatever is called by it", async () => {
  await fc.assert(
    fc.asyncProperty(secret, secret, async (token, password) => {
      const repo = repository();
      repo.git(
        "remote",
        "add",
        "origin",
        `https://x:${encodeURIComponent(password)}@github.com/owner/name.git`,
      );
      const folder = ["called", "by", "a", "secret"].join("-");
      repo.commit("feat: a folder that is called by a secret", {
        [`${folder}/web.yaml`]: "apiVersion: apps/v1\nkind: Deployment\n",
        ".github/workflows/release-sentinel.yml": `name: by hand\nenv: { A: ${JSON.stringify(token)}, B: "${password}" }\n`,
      });
      const env = { ...cleanEnv(), THE_TOKEN: token, PASSWORD: password };
      const texts: Record<string, string> = {};
      const ask = async (argv: readonly string[], more: Readonly<Record<string, string>> = {}) => {
        const terminal = { stdout: new Sink(), stderr: new Sink() };
        const world = { argv, cwd: repo.path, terminal, signal: new AbortController().signal };
        const code = await main({ ...world, env: { ...env, ...more } });
        texts[`${argv.join(" ")} ${Object.keys(more)}`] = terminal.stdout.text + terminal.stderr.text;
        return code;
      };
      expect(await ask(["init", "--yes"], { FOLDER_TOKEN: folder })).toBe(1);
      expect(readdirSync(repo.path)).not.toContain("release-sentinel.yaml");
      expect(texts["init --yes FOLDER_TOKEN"]).not.toContain(folder);
      for (const argv of [
        ["init"],
        ["init", "--dry-run"],
        ["init", "--dry-run", "--json"],
        ["init", "--yes"],
      ])
        expect(await ask(argv), texts[argv.join(" ")]).toBe(1);
      texts["release-sentinel.yaml"] = readFileSync(join(repo.path, "release-sentinel.yaml"), "utf8");
      for (const [where, text] of Object.entries(texts)) {
        for (const form of [token, password].flatMap(forms))
          expect(text.includes(form), `${where} holds ${JSON.stringify(form)}:\n${text}`).toBe(false);
      }
    }),
    { numRuns: process.env["CI"] ? 12 : 4 },
  );
}, 120_000);

const babbling = `
const said = (readers) => readers.env.secret("THE_TOKEN");
export default {
  name: "babbler",
  title: "Talk of it",
  secrets: () => ["THE_TOKEN"],
  observe: async ({ folder, readers }) => folder.read("said.txt") ? { state: "done", message: said(readers) } : { state: "needed", message: said(readers) },
  prove: async ({ readers }) => [{ state: "notice", message: said(readers) }],
  preview: async ({ readers }) => [{ to: said(readers), type: "text/plain", body: said(readers) }],
  run: async ({ folder, readers, release, emit }) => {
    emit({ type: "notice", level: "warning", from: "babbler", message: said(readers) });
    if (release.rehearsal) throw new Error("it said " + said(readers));
    folder.write("said.txt", said(readers));
    return { message: said(readers), warnings: [said(readers)], excerpt: said(readers), links: [{ label: said(readers), url: "https://example.com/?" + encodeURIComponent(said(readers)) }] };
  },
};
`;

it("no output of a ritual holds a secret, whoever talks of it", async () => {
  const slack = await server(200);
  await fc.assert(
    fc.asyncProperty(secret, async (token) => {
      const repo = repository({ origin: true });
      const store = tempFolder();
      const stores = [{ folder: store }];
      repo.write("babbler.mjs", babbling);
      repo.write(
        "release-sentinel.yaml",
        JSON.stringify({
          extends: "default",
          ritual: { steps: [{ uses: "./babbler.mjs" }], archive: { stores } },
        }),
      );
      repo.commit(`feat: use ${token}\n\nBREAKING CHANGE: ${encodeURIComponent(token)}`);
      for (const tag of ["v1.0.0", "v1.0.1-test"]) repo.git("tag", "-a", "-m", `with ${token}`, tag);
      repo.git("push", "-q", "origin", "main", "v1.0.0", "v1.0.1-test");
      const env = { ...cleanEnv(), THE_TOKEN: token, SLACK_WEBHOOK_URL: slack.url, USER: token };
      const commands = [
        [0, "ritual", "--tag", "v1.0.0", "--dry-run", "--verbose", "--json"],
        [0, "ritual", "secrets"],
        [2, "ritual", "--tag", "v1.0.1-test", "--rehearsal", "--json", "--log-format", "json"],
        [0, "ritual", "--tag", "v1.0.0", "--verbose"],
      ] as const;
      const texts: Record<string, string> = {};
      for (const [code, ...argv] of commands) {
        const terminal = { stdout: new Sink(), stderr: new Sink() };
        const { signal } = new AbortController();
        const ended = await main({ argv, env, cwd: repo.path, terminal, signal });
        expect(ended, terminal.stderr.text).toBe(code);
        texts[`${argv} stdout`] = terminal.stdout.text;
        texts[`${argv} stderr`] = terminal.stderr.text;
      }
      for (const folder of [join(repo.path, ".release-sentinel"), store]) {
        const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) =>
          join(folder, name),
        );
        for (const path of paths.filter((one) => statSync(one).isFile()))
          texts[path] = readFileSync(path, "latin1");
      }
      const marks = ["v1.0.0", "v1.0.1-test"].map((tag) => `refs/release-sentinel/ritual/${tag}`);
      repo.git("fetch", "-q", "origin", ...marks.map((ref) => `${ref}:${ref}`));
      texts["marks"] = repo.git("log", "--format=%B %an %cn", ...marks);
      texts["told"] = slack.received.map(({ body }) => body).join("\n");
      slack.received.length = 0;
      for (const [where, text] of Object.entries(texts)) {
        for (const form of forms(token))
          expect(text.includes(form), `${where} holds ${JSON.stringify(form)}:\n${text}`).toBe(false);
      }
    }),
    { numRuns: process.env["CI"] ? 6 : 2 },
  );
}, 120_000);
