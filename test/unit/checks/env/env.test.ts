import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { envAllowed } from "../../../../src/checks/env/allowed.ts";
import { envSecrets } from "../../../../src/checks/env/secrets.ts";
import { envVariables } from "../../../../src/checks/env/variables.ts";
import { ask } from "../../../support/ask.ts";
import { tempFolder } from "../../../support/temp.ts";

const cwd = ".";

describe("env.allowed", () => {
  it("names an environment that is none, and the one that was meant", async () => {
    expect((await ask(envAllowed, { cwd })).status).toBe("ok");
    expect(await ask(envAllowed, { cwd, target: { environment: "prdo" } })).toMatchObject({
      status: "fail",
      message: "Invalid environment: prdo",
      remedy: "did you mean prod? allowed: dev, stage, prod",
    });
    expect((await ask(envAllowed, { cwd, target: { environment: "" } })).message).toBe(
      "Invalid environment: (empty)",
    );
  });
});

describe("env.variables", () => {
  const variables = (required: unknown[], env: Record<string, string>, options: object = {}) =>
    ask(envVariables, { cwd, env, options: { required, ...options } });
  it("takes a set but empty variable for missing", async () => {
    expect(await variables(["A_NAME"], { A_NAME: "" })).toMatchObject({
      status: "fail",
      message: "Missing required env var: A_NAME",
    });
    expect((await variables(["A_NAME"], { A_NAME: " " })).status).toBe("fail");
    expect((await variables(["A_NAME"], { A_NAME: "x" })).status).toBe("ok");
  });
  it("is content with one of several", async () => {
    expect((await variables([["API_KEY", "TOKEN"]], { TOKEN: "x" })).status).toBe("ok");
    expect((await variables([["API_KEY", "TOKEN"]], {})).message).toBe(
      "Missing required env var: API_KEY or TOKEN",
    );
  });
  it("matches patterns without showing the value", async () => {
    const answer = await variables([{ name: "REGION", pattern: "^eu-" }], { REGION: "us-east-1" });
    expect(answer.message).toBe("Env var REGION does not match ^eu-");
    expect(JSON.stringify(answer.seen)).not.toContain("us-east");
  });
  it("counts a mounted file, and says why one cannot be read", async () => {
    const file = join(tempFolder(), "secret");
    writeFileSync(file, "value\n");
    expect((await variables(["A_NAME"], { A_NAME_FILE: file })).status).toBe("ok");
    expect((await variables(["A_NAME"], { A_NAME_FILE: `${file}-not` })).message).toContain(
      "Missing required env var: A_NAME (A_NAME_FILE: cannot read",
    );
  });
  it("shows what may be shown, masked", async () => {
    const answer = await variables(
      ["API_URL"],
      { API_URL: "https://u:p@h/x?k=v" },
      { show: { api_url: "API_URL" } },
    );
    expect(answer.message).toBe("Config OK: api_url=https://***@h/x?k=***");
  });
  it("lets --env and --version stand for ENV and VERSION", async () => {
    expect((await variables(["ENV", "VERSION"], {})).status).toBe("ok");
    expect(
      (await ask(envVariables, { cwd, options: { required: ["ENV"] }, target: { environment: "" } })).message,
    ).toBe("Missing required env var: ENV");
  });
});

describe("env.secrets", () => {
  const secrets = (value: string, options: object = {}) =>
    ask(envSecrets, { cwd, env: { THE_SECRET: value }, options: { required: ["THE_SECRET"], ...options } });
  it.each([
    ["", "Missing required secret: THE_SECRET"],
    ["changeme", "Secret THE_SECRET is a placeholder"],
    ["CHANGE_ME", "Secret THE_SECRET is a placeholder"],
    ["<your token>", "Secret THE_SECRET is a placeholder"],
    ["xxxxxxxxxxxx", "Secret THE_SECRET is a placeholder"],
    ["your-token-here", "Secret THE_SECRET is a placeholder"],
    ["a1b2c3", "Secret THE_SECRET is shorter than 8 characters"],
  ])("%j: %s", async (value, message) => {
    const answer = await secrets(value);
    expect(answer).toMatchObject({ status: "fail", message });
    if (value) expect(JSON.stringify(answer)).not.toContain(value);
  });
  it("accepts a real one, and knows further placeholders", async () => {
    expect((await secrets(["f3b1", "9acd", "77e0"].join("-"))).status).toBe("ok");
    expect((await secrets("not-a-real-one", { placeholders: ["NOT-A-REAL-ONE"] })).message).toContain(
      "placeholder",
    );
  });
});
