import { describe, expect, it } from "vitest";
import { inProcess } from "../../support/main.ts";
import { repository } from "../../support/repository.ts";

/** By its name a secret, and by its value a part of any log. */
const env = {
  USE_TOKEN: "true",
  X_TOKEN: "1",
  Y_TOKEN: "0",
  Z_TOKEN: "false",
  YEAR_TOKEN: `${new Date().getFullYear()}`,
};
const gate = ["check", "--env", "dev", "--version", "v1.0.0", "--only", "git.*"];

function world() {
  const repo = repository();
  repo.commit("feat: first");
  return repo.path;
}

describe("a log in JSON", () => {
  it("stays JSON, whatever is a secret, and names none", async () => {
    const cwd = world();
    const secret = ["of", "nobody", "4711"].join("-");
    const { stderr } = await inProcess([...gate, "--log-format", "json", "--env", secret], {
      cwd,
      env: { ...env, MY_TOKEN: secret },
    });
    const lines = stderr.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line)).at(-1)).toHaveProperty("exitCode");
    expect(stderr).not.toContain(secret);
    expect(stderr).toContain("***");
  });

  it("ends with an error that is JSON", async () => {
    const { code, stderr } = await inProcess(["check", "--config", "1.yaml", "--log-format", "json"], {
      cwd: world(),
      env,
    });
    expect(JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      level: "ERROR",
      exitCode: code,
    });
  });
});

it("a line of the log has its time, whatever is a secret", async () => {
  const { stderr } = await inProcess(gate, { cwd: world(), env });
  for (const line of stderr.trimEnd().split("\n")) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:/);
});
