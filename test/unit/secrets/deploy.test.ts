import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cleanEnv } from "../../support/cli.ts";
import fc from "../../support/property.ts";
import { repository } from "../../support/repository.ts";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";
import { ask, expectNames, expectNone, filesIn, runs, secret, type Texts } from "./tools.ts";

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
      const texts: Texts = {};
      for (const [i, [expected, args]] of commands.entries()) {
        const { code, stdout, stderr } = await ask(args, { env, cwd: repo.path });
        expect(code, stderr).toBe(expected);
        Object.assign(texts, { [`stdout ${i}`]: stdout, [`stderr ${i}`]: stderr });
      }
      rmSync(join(out, "program.cjs"));
      const files = { ...filesIn(out), ...filesIn(join(repo.path, ".release-sentinel")) };
      expectNames(files, "output", "summary", "state/", "ledger.jsonl");
      const alerts = webhook.received.map(({ body }) => body).join("\n");
      webhook.received.length = 0;
      expectNone([token], { ...texts, ...files, alerts });
    }),
    runs(8),
  );
}, 300_000);
