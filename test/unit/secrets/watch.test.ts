import { join } from "node:path";
import { expect, it } from "vitest";
import { cleanEnv } from "../../support/cli.ts";
import fc from "../../support/property.ts";
import { repository } from "../../support/repository.ts";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";
import { ask, expectNames, expectNone, filesIn, runs, secret, type Texts } from "./tools.ts";

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
      const texts: Texts = {};
      for (const [i, argv] of commands.entries()) {
        const { code, stdout, stderr } = await ask(argv, { env, cwd: repo.path });
        // A secret of several lines is no header: the watch does not begin then.
        expect(i === 0 ? [2] : i === 1 ? [1, 2] : [0], stderr).toContain(code);
        Object.assign(texts, { [`stdout ${i}`]: stdout, [`stderr ${i}`]: stderr });
      }
      const files = filesIn(out);
      expect(Object.keys(files)).toHaveLength(5);
      const remembered = {
        ...filesIn(join(repo.path, ".release-sentinel")),
        ...filesIn(join(repo.path, ".git/release-sentinel/watch")),
      };
      expectNames(remembered, "ledger.jsonl", "prod.json");
      const alerts = webhook.received.map(({ body }) => body).join("\n");
      webhook.received.length = 0;
      expectNone([token, password], { ...texts, ...files, ...remembered, alerts });
    }),
    runs(6),
  );
}, 300_000);
