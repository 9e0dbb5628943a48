import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cleanEnv } from "../../support/cli.ts";
import fc from "../../support/property.ts";
import { repository } from "../../support/repository.ts";
import { ask, expectNone, runs, secret, type Texts } from "./tools.ts";

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
      const texts: Texts = {};
      const init = async (argv: readonly string[], more: Readonly<Record<string, string>> = {}) => {
        const world = { cwd: repo.path, env: { ...env, ...more } };
        const { code, stdout, stderr } = await ask(["init", ...argv], world);
        texts[`${argv.join(" ")} ${Object.keys(more)}`] = stdout + stderr;
        return code;
      };
      expect(await init(["--yes"], { FOLDER_TOKEN: folder })).toBe(1);
      expect(readdirSync(repo.path)).not.toContain("release-sentinel.yaml");
      expect(texts["--yes FOLDER_TOKEN"]).not.toContain(folder);
      for (const argv of [[], ["--dry-run"], ["--dry-run", "--json"], ["--yes"]])
        expect(await init(argv), texts[argv.join(" ")]).toBe(1);
      texts["release-sentinel.yaml"] = readFileSync(join(repo.path, "release-sentinel.yaml"), "utf8");
      expectNone([token, password], texts);
    }),
    runs(12),
  );
}, 300_000);
