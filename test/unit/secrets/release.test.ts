import { join } from "node:path";
import { expect, it } from "vitest";
import { cleanEnv } from "../../support/cli.ts";
import { testToken } from "../../support/github.ts";
import { startGitHub } from "../../support/github-server.ts";
import fc from "../../support/property.ts";
import { repository } from "../../support/repository.ts";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";
import { ask, expectNames, expectNone, filesIn, runs, secret, type Texts } from "./tools.ts";

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
      const texts: Texts = {};
      const askAll = async (where: string, codes: readonly number[]) => {
        for (const [i, argv] of commands.entries()) {
          const { code, stdout, stderr } = await ask(argv, { env, cwd: repo.path });
          expect(code, stderr).toBe(codes[i]);
          Object.assign(texts, { [`${where} stdout ${i}`]: stdout, [`${where} stderr ${i}`]: stderr });
        }
      };
      try {
        await askAll("the hook's", [0, 0, 2, 2]);
        repo.git("config", "remote.origin.url", `http://x:${encodeURIComponent(password)}@127.0.0.1:1/a.git`);
        await askAll("the remote's", [2, 2, 2, 2]);
      } finally {
        await github.close();
      }
      const alerts = webhook.received.map(({ body }) => body).join("\n");
      webhook.received.length = 0;
      const files = { ...filesIn(out), ...filesIn(join(repo.path, ".release-sentinel")) };
      expectNames(files, "output", "summary", "ledger.jsonl");
      expectNone([token, password], { ...texts, ...files, alerts });
    }),
    runs(8),
  );
}, 300_000);
