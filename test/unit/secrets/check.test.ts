import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { formats } from "../../../src/gate/report/formats.ts";
import { cleanEnv } from "../../support/cli.ts";
import fc from "../../support/property.ts";
import { repository } from "../../support/repository.ts";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";
import { ask, expectNone, filesIn, runs, secret } from "./tools.ts";

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

it("no output of a gate holds a secret, whatever fails, whatever the format, whatever the encoding", async () => {
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
      const reports = formats.flatMap((kind) => ["--report", `${kind}=${join(out, kind)}`]);
      for (const format of formats) {
        const target = ["--env", "prod", "--version", token, "--all", "--verbose"];
        const argv = [...target, "--format", format, ...reports];
        const { code, stdout, stderr } = await ask(argv, { env, cwd: repo.path });
        expect(code).toBe(1);
        const files = filesIn(out);
        expect(Object.keys(files)).toHaveLength(formats.length + 2);
        const alerts = webhook.received.map(({ body }) => body).join("\n");
        expectNone([token, password, hook], { ...files, stdout, stderr, alerts });
      }
      webhook.received.length = 0;
    }),
    runs(12),
  );
}, 300_000);

it("a secret file that cannot be read is named without its content", async () => {
  const repo = repository();
  const file = join(tempFolder(), "big");
  const value = ["long", "secret"].join("-").repeat(10_000);
  writeFileSync(file, value);
  const env = { ...cleanEnv(), RS_DEPLOY_TOKEN_FILE: file };
  const { code, stderr } = await ask(["--env", "prod", "--version", "v1.0.0"], { env, cwd: repo.path });
  expect(code).toBe(1);
  expect(stderr).toContain("RS_DEPLOY_TOKEN_FILE: cannot read");
  expect(stderr).not.toContain("long-secret");
});

it("what is typed where it does not belong is not said again, if it is a secret", async () => {
  const { path: cwd } = repository();
  const value = ["typed", "by", "mistake", "7391"].join("-");
  const env = { ...cleanEnv(), GITHUB_TOKEN: value };
  const wrong = [
    [`--token=${value}`],
    [value],
    ["check", value],
    ["check", "--timeout", value],
    ["check", "--format", value],
    ["check", "--report", value],
    ["completion", value],
  ];
  for (const words of wrong) {
    for (const argv of [words, [...words, "--json"]]) {
      const { code, stdout, stderr } = await ask(argv, { env, cwd });
      expect([argv, code]).toEqual([argv, 1]);
      expectNone([value], { stdout, stderr });
    }
  }
});
