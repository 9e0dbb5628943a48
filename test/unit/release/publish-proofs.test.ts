import { describe, expect, it } from "vitest";
import type { PlannedStep } from "../../../src/core/plan.ts";
import { planSteps } from "../../../src/flows/reconcile.ts";
import { publishSteps } from "../../../src/release/publish.ts";
import type { PublishRequest } from "../../../src/release/publish-request.ts";
import { githubServer, testToken } from "../../support/github.ts";
import type { GitHubServerOptions } from "../../support/github-server.ts";
import { clientOf, commit, never, notes, requestFor, tag } from "./publishing.ts";

async function proofs(
  options: Partial<GitHubServerOptions>,
  request: Partial<PublishRequest> = {},
): Promise<PlannedStep["proofs"]> {
  const token = options.token ?? testToken();
  const server = await githubServer({ ...options, token });
  const { steps } = publishSteps(clientOf(server, { token }), requestFor(request));
  const plan = await planSteps(steps, never());
  expect(server.requests.every(({ method }) => method === "GET")).toBe(true);
  expect(server.violations).toEqual([]);
  return plan.flatMap(({ proofs: some }) => some);
}

const scopes = (list: string) => ({ headers: { "X-OAuth-Scopes": list } });

describe("before a release on GitHub it is found out", () => {
  it("that a classic token has the scope", async () => {
    expect(await proofs(scopes("gist, repo"))).toEqual([
      { state: "ok", message: "the token may release in octo/demo" },
    ]);
    expect(await proofs({ ...scopes("public_repo") })).toMatchObject([{ state: "ok" }]);
  });

  it.each([
    ["gist", {}, "the token lacks the scope repo or public_repo: it may not release in octo/demo"],
    ["public_repo", { private: true }, "the token lacks the scope repo: it may not release in octo/demo"],
  ])("that a classic token with the scopes “%s” has not enough", async (list, more, message) => {
    expect(await proofs({ ...scopes(list), ...more })).toContainEqual(
      expect.objectContaining({ state: "conflict", message }),
    );
  });

  it("that nobody can tell where GitHub names no scopes: tokens of other kinds have none", async () => {
    const [proof] = await proofs(scopes(""));
    expect(proof).toEqual({
      state: "notice",
      message: "whether the token has `contents: write` in octo/demo cannot be found out before",
    });
  });

  it("that the token's user may not push", async () => {
    expect(await proofs({ push: false })).toContainEqual(
      expect.objectContaining({ state: "conflict", message: "the token's user may not push to octo/demo" }),
    );
  });

  it.each(["ghs", "other"])("that nobody can tell for a workflow's token (%s)", async (prefix) => {
    const [proof] = await proofs({ installation: true, token: testToken(prefix) });
    expect(proof).toMatchObject({
      state: "notice",
      message: "whether the token has `contents: write` in octo/demo cannot be found out before",
      remedy: "in a workflow, give the job `permissions: contents: write`",
    });
  });

  it("that the repository is archived", async () => {
    expect(await proofs({ archived: true })).toContainEqual({
      state: "conflict",
      message: "octo/demo is archived: it takes no release",
      remedy: "unarchive octo/demo on GitHub",
    });
  });

  it("that releases are immutable, and that the token may not ask", async () => {
    expect(await proofs({ immutable: true })).toContainEqual(
      expect.objectContaining({ state: "notice", message: expect.stringMatching(/immutable here: once/) }),
    );
    const blind = await proofs({ blind: true });
    expect(blind.filter(({ message }) => /cannot be found out/.test(message))).toHaveLength(3);
    expect(blind.every(({ state }) => state === "notice")).toBe(true);
  });

  it("that the token expires soon", async () => {
    const in2Days = new Date(Date.now() + 2 * 86_400_000)
      .toISOString()
      .replace("T", " ")
      .replace(/\..*/, " UTC");
    const headers = { "GitHub-Authentication-Token-Expiration": in2Days };
    expect(await proofs({ headers })).toContainEqual(
      expect.objectContaining({
        state: "notice",
        message: expect.stringMatching(/^the token expires at 20/),
      }),
    );
    const far = { "GitHub-Authentication-Token-Expiration": "2199-01-01 00:00:00 +0000" };
    expect((await proofs({ headers: far })).some(({ message }) => /expires/.test(message))).toBe(false);
  });

  it("that the notes are too long", async () => {
    expect(await proofs({}, { body: "x".repeat(125_001) })).toContainEqual(
      expect.objectContaining({ state: "notice", message: expect.stringMatching(/^the notes have 125001/) }),
    );
  });

  it.each([
    [{ name: "a b.tgz", content: "x" }, "asset a b.tgz would get another name on GitHub"],
    [{ name: ".env", content: "x" }, "asset .env would get another name on GitHub"],
    [{ name: "empty.txt", content: "" }, "asset empty.txt is empty: GitHub takes no empty file"],
    [notes, "asset RELEASE_NOTES.md is there twice"],
    [
      { name: "huge.bin", path: "/huge.bin", bytes: 2 ** 31, sha256: "" },
      "asset huge.bin has 2 GiB or more: GitHub does not take it",
    ],
  ])("that GitHub does not take %o", async (asset, message) => {
    expect(await proofs({}, { assets: async () => [notes, asset] })).toContainEqual(
      expect.objectContaining({ state: "conflict", message }),
    );
  });

  it("that the repository is not there, or not to be seen", async () => {
    const server = await githubServer();
    const { steps } = publishSteps(clientOf(server, { repository: "octo/other" }), requestFor());
    expect((await planSteps(steps, never()))[0]).toMatchObject({
      state: "conflict",
      message:
        "GitHub (127.0.0.1:PORT) has no octo/other that this token may see (404, to list the releases)".replace(
          "PORT",
          String(server.port),
        ),
      remedy: expect.stringMatching(/^see that GITHUB_REPOSITORY=octo\/other is written rightly; if it is, /),
    });
  });
});

describe("a tag ruleset", () => {
  const creation = { name: "tags", rules: [{ type: "creation" }] };
  const named = (operator: string, pattern: string, negate = false) => ({
    name: "names",
    rules: [{ type: "tag_name_pattern", parameters: { operator, pattern, negate } }],
  });
  const states = async (ruleset: NonNullable<GitHubServerOptions["rulesets"]>[number], tags = {}) =>
    (await proofs({ rulesets: [ruleset], tags, headers: { "X-OAuth-Scopes": "repo" } }))
      .filter(({ message }) => message.includes("ruleset"))
      .map(({ state }) => state);

  it("that lets only some create tags is a conflict for all others", async () => {
    expect(await states({ ...creation, bypass: "never" })).toEqual(["conflict"]);
    expect(await states({ ...creation, bypass: "pull_requests_only" })).toEqual(["conflict"]);
    expect(await states({ ...creation, bypass: "always" })).toEqual([]);
    expect(await states(creation)).toEqual(["notice"]);
  });

  it("counts while it is active, for tags that it names, and while there is no tag", async () => {
    expect(await states({ ...creation, bypass: "never", enforcement: "evaluate" })).toEqual([]);
    expect(await states({ ...creation, bypass: "never", include: ["refs/tags/v*"] })).toEqual(["conflict"]);
    expect(await states({ ...creation, bypass: "never", include: ["refs/tags/w*"] })).toEqual([]);
    expect(await states({ ...creation, bypass: "never", exclude: ["refs/tags/v1.*"] })).toEqual([]);
    expect(await states({ ...creation, bypass: "never" }, { [tag]: commit })).toEqual([]);
  });

  it("that wants other names is a conflict", async () => {
    const never = (ruleset: ReturnType<typeof named>) => states({ ...ruleset, bypass: "never" });
    expect(await never(named("starts_with", "v"))).toEqual([]);
    expect(await never(named("starts_with", "release-"))).toEqual(["conflict"]);
    expect(await never(named("ends_with", ".2", true))).toEqual(["conflict"]);
    expect(await never(named("contains", "rc"))).toEqual(["conflict"]);
    expect(await never(named("regex", "^v\\d+\\.\\d+\\.\\d+$"))).toEqual([]);
    expect(await never(named("regex", "^release"))).toEqual(["conflict"]);
    // RE2 has what JavaScript has not.
    expect(await never(named("regex", "(?P<x>v)"))).toEqual([]);
  });

  it("that asks for something else is a notice", async () => {
    expect(
      await states({ name: "signed", rules: [{ type: "required_signatures" }], bypass: "never" }),
    ).toEqual(["notice"]);
  });
});
