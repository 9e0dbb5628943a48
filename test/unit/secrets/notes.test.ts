import { join } from "node:path";
import { expect, it } from "vitest";
import { cleanEnv } from "../../support/cli.ts";
import fc from "../../support/property.ts";
import { repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";
import { ask, expectNone, filesIn, runs, secret, type Texts } from "./tools.ts";

it("no release note holds a secret, whatever is in a commit, whatever the format, whatever Markdown makes of it", async () => {
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
      const texts: Texts = {};
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
        const { code, stdout, stderr } = await ask(argv, { env, cwd: repo.path });
        expect(code, stderr).toBe(0);
        texts[argv.join(" ")] = stdout + stderr;
      }
      const files = filesIn(out);
      expect(Object.keys(files)).toHaveLength(2);
      const said = { ...texts, ...files };
      expectNone([token, password], said);
      const asRead = Object.entries(said).map(([where, text]) => [where, withoutEscapes(text)] as const);
      expectNone([token, password], Object.fromEntries(asRead));
    }),
    runs(12),
  );
}, 300_000);

/** What Markdown makes of it. */
function withoutEscapes(text: string): string {
  return text.replaceAll("&#8203;", "").replace(/\\(?=[!-/:-@[-`{-~])/g, "");
}
