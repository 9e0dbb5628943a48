import { join } from "node:path";
import { expect, it } from "vitest";
import { cleanEnv } from "../../support/cli.ts";
import fc from "../../support/property.ts";
import { repository } from "../../support/repository.ts";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";
import { ask, expectNames, expectNone, filesIn, runs, secret, type Texts } from "./tools.ts";

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
        // Afterwards, with a log of its own.
        [0, "ritual", "--tag", "v1.0.0", "--env", "prod", "--resend", "SLACK_WEBHOOK_URL"],
      ] as const;
      const texts: Texts = {};
      for (const [code, ...argv] of commands) {
        const { code: ended, stdout, stderr } = await ask(argv, { env, cwd: repo.path });
        expect(ended, stderr).toBe(code);
        Object.assign(texts, { [`${argv} stdout`]: stdout, [`${argv} stderr`]: stderr });
      }
      const narrow = await ask(["ritual", "secrets"], { env, cwd: repo.path, columns: 60 });
      expect(narrow.stdout).toContain("\n  purpose   step babbler\n");
      texts["secrets on a terminal"] = narrow.stdout + narrow.stderr;
      const files = { ...filesIn(join(repo.path, ".release-sentinel")), ...filesIn(store) };
      expectNames(files, ".tar.gz", "ledger.jsonl", "later/VERIFICATION-v1.0.0-prod.md");
      const marks = ["v1.0.0", "v1.0.1-test"].map((tag) => `refs/release-sentinel/ritual/${tag}`);
      repo.git("fetch", "-q", "origin", ...marks.map((ref) => `${ref}:${ref}`));
      texts["marks"] = repo.git("log", "--format=%B %an %cn", ...marks);
      texts["told"] = slack.received.map(({ body }) => body).join("\n");
      slack.received.length = 0;
      expectNone([token], { ...texts, ...files });
    }),
    runs(6),
  );
}, 300_000);
