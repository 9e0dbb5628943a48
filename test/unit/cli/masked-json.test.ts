import { describe, expect, it } from "vitest";
import { inProcess } from "../../support/main.ts";
import { repository } from "../../support/repository.ts";

/** By its name a secret, and by its value a part of any JSON. */
const env = { X_TOKEN: "1", USE_TOKEN: "true" };

describe("JSON on standard output", () => {
  it.each([
    ["version", "next", "--json"],
    ["notes", "--format", "json"],
  ])("of %s %s stays JSON, whatever is a secret", async (...args) => {
    const repo = repository();
    repo.commit("feat!: 1 is true");
    const { code, stdout, stderr } = await inProcess(args, { cwd: repo.path, env });
    expect(code, stderr).toBe(0);
    expect(() => JSON.parse(stdout)).not.toThrow();
    expect(stdout).toContain("***");
  });

  it("of config validate names no secret", async () => {
    const repo = repository();
    const secret = ["of", "nobody", "4711"].join("-");
    repo.commit("chore: policy", {
      "release-sentinel.yaml": `checks: { git.clean: { needs: [${secret}] } }\n`,
    });
    const asked = { cwd: repo.path, env: { MY_TOKEN: secret } };
    const { code, all } = await inProcess(["config", "validate", "--json"], asked);
    expect([code, all.includes(secret)]).toEqual([1, false]);
    expect(all).toContain("***");
  });
});
