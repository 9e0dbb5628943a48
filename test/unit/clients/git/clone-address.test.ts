import { describe, expect, it } from "vitest";
import { addressOf, refProblem } from "../../../../src/clients/git/clone-address.ts";
import { parseRefs, pickRef } from "../../../../src/clients/git/clone-ref.ts";

const address = (repo: string) => addressOf(repo, "https://github.com", "/stand/here", "/home/me");
const withPassword = (user: string) => ["https://", user, "@example.com/a/b.git"].join("");

describe("what --repo names", () => {
  it.each([
    ["your-org/shop", "https://github.com/your-org/shop.git", false],
    ["your-org/shop.git", "https://github.com/your-org/shop.git", false],
    ["https://git.example.com/a/b.git", "https://git.example.com/a/b.git", false],
    ["ssh://git@example.com:2222/a/b", "ssh://git@example.com:2222/a/b", false],
    ["git@example.com:a/b.git", "git@example.com:a/b.git", false],
    ["file:///srv/a.git", "file:///srv/a.git", true],
    ["/srv/a.git", "/srv/a.git", true],
    ["./a/b", "/stand/here/a/b", true],
    ["../a", "/stand/a", true],
    [".", "/stand/here", true],
    ["~/a", "/home/me/a", true],
  ])("is known: %s", (repo, url, isPath) => {
    expect(address(repo)).toEqual({ url, isPath });
  });

  it.each([
    ["", "names nothing"],
    ["-u./evil", "begins with a hyphen"],
    ["ext::sh -c whoami", "neither a URL"],
    ["fd::17/foo", "neither a URL"],
    ["shop", "neither a URL"],
    ["a/b/c", "neither a URL"],
    ["https://example.com/a\nb", "control characters"],
    [withPassword("me:hunter2hunter2"), "holds a password"],
    [withPassword("t".repeat(40)), "holds a password"],
    ["https://example.com/a?x=1", "a query or a fragment"],
    ["https://", "not a URL"],
  ])("is refused: %j", (repo, why) => {
    const found = address(repo);
    expect(found).toHaveProperty("problem", expect.stringContaining(why));
    expect(JSON.stringify(found)).not.toMatch(/hunter2|tttttt/);
  });
});

describe("what --ref names", () => {
  it.each(["main", "v1.4.2", "release/1.x", "refs/tags/v1", "deadbeef", "pkg@1.2.3", "feature/ünï"])(
    "may be asked for: %s",
    (ref) => {
      expect(refProblem(ref)).toBeUndefined();
    },
  );

  it.each([
    "",
    "-x",
    "--upload-pack=evil",
    "main\nevil",
    "HEAD~3",
    "main@{1}",
    ":/text",
    "a..b",
    "a b",
    "x.lock",
    "@",
    "/main",
    "main^{tree}",
  ])("is refused: %j", (ref) => {
    expect(refProblem(ref)?.problem).toMatch(/^--ref/);
  });

  const tip = "a".repeat(40);
  const other = "b".repeat(40);
  const line = (ref: string, ...rest: string[]) => [ref, ...rest, "", "", "", ""].slice(0, 6).join("\0");
  const refs = parseRefs(
    [
      ["refs/remotes/origin/HEAD", tip, "commit", "", "", "refs/remotes/origin/main"].join("\0"),
      line("refs/remotes/origin/main", tip, "commit"),
      line("refs/remotes/origin/twice", tip, "commit"),
      line("refs/remotes/origin/deadbeef", tip, "commit"),
      line("refs/tags/twice", other, "commit"),
      line("refs/tags/v1.4.2", "c".repeat(40), "tag", other, "commit"),
      line("refs/tags/tree", other, "tree"),
      line("refs/tags/refs/heads/main", other, "commit"),
      line("refs/tags/refs/heads/gone", other, "commit"),
      line(`refs/remotes/origin/${other}`, tip, "commit"),
    ].join("\n"),
  );
  const pick = (ref: string | null, known: string | null = null) => pickRef(ref, refs, async () => known);

  it("is the default branch, a branch, a tag by its commit, or a commit", async () => {
    expect(await pick(null)).toEqual({ commit: tip, branch: "main", tag: null });
    expect(await pick("HEAD")).toEqual({ commit: tip, branch: "main", tag: null });
    expect(await pick("refs/heads/main")).toEqual({ commit: tip, branch: "main", tag: null });
    expect(await pick("v1.4.2")).toEqual({ commit: other, branch: null, tag: "v1.4.2" });
    expect(await pick("bbbbbbb", other)).toEqual({ commit: other, branch: null, tag: null });
  });

  it("is refused where it means two things, with how to say which", async () => {
    expect(await pick("twice")).toMatchObject({
      problem: "--ref twice is more than one thing: refs/heads/twice, refs/tags/twice",
      remedy: "say which: --ref refs/heads/twice",
    });
    expect(await pick("deadbeef", other)).toHaveProperty(
      "problem",
      expect.stringContaining("more than one thing"),
    );
    expect(await pick("refs/tags/twice")).toEqual({ commit: other, branch: null, tag: "twice" });
  });

  it("is by its whole name what has that name, whatever else is called so", async () => {
    expect(await pick("refs/heads/main")).toEqual({ commit: tip, branch: "main", tag: null });
    expect(await pick("refs/heads/gone")).toHaveProperty("problem");
    expect(await pick(other, other)).toEqual({ commit: other, branch: null, tag: null });
  });

  it("is refused where it leads to no commit, or nowhere, with what is near", async () => {
    expect(await pick("tree")).toHaveProperty("problem", "the tag tree leads to no commit");
    expect(await pick("v1.4.3")).toEqual({
      problem: "there is no branch, tag or commit v1.4.3",
      remedy: "did you mean v1.4.2?",
    });
    expect(await pick("zzzzzz")).toHaveProperty("remedy", expect.stringMatching(/^it has main, twice/));
    expect(await pickRef(null, parseRefs(""), async () => null)).toHaveProperty(
      "problem",
      "the repository has no commit yet",
    );
  });
});
