import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { gitEnv } from "../../support/repository.ts";
import { expectEnd, expectReleased, type ReleaseWorld, releaseWorld, version } from "./world.ts";

/** A commit with just these bytes as its message. */
function commitBytes({ repo }: ReleaseWorld, message: string | Buffer, encoding?: string): string {
  const settings = encoding === undefined ? [] : ["-c", `i18n.commitEncoding=${encoding}`];
  const args = [...settings, "commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-"];
  execFileSync("git", args, { cwd: repo.path, env: gitEnv, input: message, stdio: ["pipe", "pipe", "pipe"] });
  repo.git("push", "-q", "origin", "main");
  return repo.git("rev-parse", "HEAD").trim();
}

/** There was a release before: a first one's notes are another story. */
async function released(): Promise<ReleaseWorld> {
  const world = await releaseWorld();
  world.repo.git("tag", "-a", "-m", "before", "v0.9.0");
  world.repo.git("push", "-q", "origin", "v0.9.0");
  return world;
}

/** What arrives as the release's text when such a commit is released. */
async function bodyOf(message: string | Buffer, encoding?: string): Promise<string> {
  const world = await released();
  const commit = commitBytes(world, message, encoding);
  const ran = await world.release();
  expectEnd(ran, 0, `Release ${version} completed successfully`);
  expectReleased(world, version, commit);
  expect(ran.all).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  const body = world.github.state.releases[0]?.body ?? "";
  // The mark by which the release is found again is the last line, whatever comes before.
  const mark = new RegExp(`^<!-- release-sentinel: ${version} ${commit} [0-9a-f]{64} -->$`);
  expect(body.split("\n").at(-1)).toMatch(mark);
  expect(body.match(/<!-- release-sentinel:/g)).toHaveLength(1);
  return body;
}

describe("what arrives in the release of a commit message", () => {
  it("with control characters: none of them, and the words", async () => {
    const body = await bodyOf("feat: red \u001b[31malert\u001b[0m\u0007 \u0008\u0085 end\u007f\n");
    expect(body).toMatch(/red.*alert.* end/);
    expect(body).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it("with bidirectional overrides and line separators: shown as what they are", async () => {
    const body = await bodyOf("fix: user\u202e\u2066 // check\u2069\u2066 a\u2028line\n");
    expect(body).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u2028\u2029]/);
    expect(body).toContain("check");
  });

  it("with names to notify: nobody is", async () => {
    const body = await bodyOf(
      "feat: greet @everyone and @octocat, see #12 and octo/demo#13\n\ncc @octo/all\n",
    );
    expect(body).not.toMatch(/(^|[^\w`\\\u200b])@(?!<)(everyone|octocat|octo\/all)\b/);
    expect(body).toContain("everyone");
  });

  it("with Markdown, HTML and comments: text stays text", async () => {
    const body = await bodyOf(
      `feat: <img src=x onerror=alert(1)> [click](https://evil.example) <!-- release-sentinel: v9.9.9 ${"a".repeat(40)} -->\n`,
    );
    expect(body).not.toContain("<img");
    expect(body).not.toContain("](https://evil.example)");
  });

  it("with a mark of ours as its breaking change: the mark stays ours", async () => {
    const mark = `<!-- release-sentinel: ${version} ${"b".repeat(40)} -->`;
    await bodyOf(`feat!: odd\n\nBREAKING CHANGE: ${mark}\n${mark}\n`);
  });

  it("with templates of all sorts: unchanged, evaluated by nobody", async () => {
    const body = await bodyOf(
      "feat: {{template}} ${HOME} $(id) %s %n <%= 1 + 1 %> {% raw %} ${{ github.token }}\n",
    );
    // What is invisible between the braces keeps every template engine away.
    const plain = body.replaceAll("&#8203;", "").replaceAll("\\", "").replaceAll("&lt;", "<");
    for (const text of ["{{template}}", "${HOME}", "$(id)", "%s %n", "{% raw %}", "${{ github.token }}"]) {
      expect(plain).toContain(text);
    }
    expect(body).not.toContain("/nonexistent");
  });

  it("that is not UTF-8: replaced, not refused; in a declared encoding: read in it", async () => {
    const invalid = await bodyOf(Buffer.from([...Buffer.from("feat: caf"), 0xe9, 0xff, 0xc0, 0x80, 0x0a]));
    expect(invalid).toMatch(/caf.*/);
    expect(invalid.isWellFormed()).toBe(true);
    const latin = await bodyOf(Buffer.from("feat: caf\u00e9\n", "latin1"), "ISO-8859-1");
    expect(latin).toContain("café");
  });

  it("of a megabyte: short enough for GitHub", async () => {
    const long = "a word and another one, ".repeat(45_000);
    const body = await bodyOf(`feat!: long\n\n${long}\n\nBREAKING CHANGE: ${long}\n`);
    expect(body.length).toBeLessThanOrEqual(125_000);
    expect(body).toContain("long");
    const subject = await bodyOf(`feat: ${"x".repeat(1_000_000)}\n`);
    expect(subject.length).toBeLessThanOrEqual(125_000);
  });

  it("that is empty", async () => {
    const world = await releaseWorld();
    world.repo.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "");
    world.repo.git("push", "-q", "origin", "main");
    expectEnd(await world.release(), 0);
    expectReleased(world, version, world.repo.git("rev-parse", "HEAD").trim());
  });

  it("by thousands of them: cut at a line, with all of them in the asset", async () => {
    const world = await released();
    const stream = Array.from({ length: 6000 }, (_, i) => {
      const message = `feat: number ${i} of many, with a text long enough to fill the notes`;
      return `commit refs/heads/main\ncommitter Test Author <author@example.com> ${1_700_000_000 + i} +0000\ndata ${message.length}\n${message}\n${i === 0 ? "from refs/heads/main^0\n" : ""}\n`;
    }).join("");
    execFileSync("git", ["fast-import", "--quiet"], { cwd: world.repo.path, env: gitEnv, input: stream });
    world.repo.git("push", "-q", "origin", "main");
    const commit = world.repo.git("rev-parse", "HEAD").trim();
    expectEnd(await world.release(), 0);
    expectReleased(world, version, commit);
    const release = world.github.state.releases[0];
    expect(release?.body.length).toBeLessThanOrEqual(125_000);
    expect(release?.body).toContain("RELEASE_NOTES.md");
    expect(release?.assets.find(({ name }) => name === "RELEASE_NOTES.md")?.bytes).toBeGreaterThan(125_000);
    expectEnd(await world.release(), 0, "nothing to do");
  });
});
