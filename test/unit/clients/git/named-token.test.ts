import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { doorEnvironment, namedToken, tokenDoor } from "../../../../src/clients/git/credentials.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { gitEnv } from "../../../support/repository.ts";

const token = ["tkn", "0123456789abcdef"].join("_");
const other = ["tkn", "fedcba9876543210"].join("_");
const asked = (env: Record<string, string>, url: string) => namedToken(createEnv(env, new Secrets()), url);

describe("the token for a repository that is named", () => {
  it("is GIT_TOKEN for that very server, without the line end that a file has left", () => {
    expect(
      asked({ GIT_TOKEN: `${token}\n`, GITHUB_TOKEN: other }, "https://git.example.com:8443/a/b.git"),
    ).toEqual({
      value: token,
      host: "https://git.example.com:8443",
    });
    expect(asked({ GIT_TOKEN: token, GIT_USERNAME: "ci" }, "https://git.example.com/a")).toHaveProperty(
      "username",
      "ci",
    );
  });

  it("is else GitHub's, for GitHub", () => {
    expect(asked({ GITHUB_TOKEN: `${token}\n` }, "https://git.example.com/a")).toEqual({
      value: token,
      host: "https://github.com",
    });
    expect(asked({}, "https://github.com/a/b")).toBeNull();
    for (const [api, host] of [
      ["https://api.github.com", "https://github.com"],
      ["https://api.acme.ghe.com", "https://acme.ghe.com"],
      ["https://git.example.com/api/v3", "https://git.example.com"],
    ] as const)
      expect(asked({ GITHUB_TOKEN: token, GITHUB_API_URL: api }, "https://git.test/a")).toMatchObject({
        host,
      });
  });

  it("is handed to every git of an environment, beside the settings that it already has", () => {
    const url = "https://git.example.com/a/b.git";
    const door = tokenDoor([url], { value: token, host: "https://git.example.com", username: "ci" });
    const before = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "user.name", GIT_CONFIG_VALUE_0: "Me" };
    const env = {
      ...gitEnv,
      GIT_TERMINAL_PROMPT: "0",
      ...before,
      ...(door ? doorEnvironment(door, before) : {}),
    };
    const git = (args: string[], input = "") =>
      execFileSync("git", args, { env, input, stdio: "pipe" }).toString();
    expect(git(["config", "user.name"]).trim()).toBe("Me");
    expect(git(["config", "--list"])).not.toContain(token);
    const filled = git(["credential", "fill"], "protocol=https\nhost=git.example.com\n\n");
    expect(filled).toContain(`username=ci\npassword=${token}\n`);
    expect(() => git(["credential", "fill"], "protocol=https\nhost=elsewhere.example.com\n\n")).toThrow();
  });

  it("is not used when its name would say more than a name", () => {
    const host = "https://git.example.com";
    expect(tokenDoor([`${host}/a`], { value: token, host, username: "a\npassword=b" })).toBeNull();
  });
});
