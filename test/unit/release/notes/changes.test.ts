import { describe, expect, it } from "vitest";
import { renderNotes } from "../../../../src/release/notes/index.ts";
import { history, listsOf, markdownOf, nextOf, notesOf } from "./histories.ts";

const lists = async (cwd: string, request = {}) => listsOf(await notesOf(cwd, request));

describe("groups", () => {
  it("begin with what breaks and what is about security, whatever its type", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.by("dev-a", "docs: words");
    repo.by("dev-a", "chore!: drop the old way");
    repo.by("dev-a", "fix(api): check lengths\n\nCVE-2024-12345");
    repo.by("dev-a", "perf: quicker");
    repo.by("dev-a", "fix: mend it");
    repo.by("dev-a", "feat(ui): a button");
    repo.by("dev-a", "feat(api): a call");
    repo.by("dev-a", "feat(ui): a field");
    repo.by("dev-a", "feat: by itself\n\nBREAKING CHANGE: it is not by itself any more");
    repo.by("dev-a", "security: close the door");
    repo.by("dev-a", "build(deps): bump left-side from 1.2.3 to 1.3.0");
    repo.by("dev-a", "something else");
    repo.by("dev-a", "chore(release): 1.1.0");
    const found = await lists(repo.path);
    expect(found).toEqual({
      "Breaking changes": ["by itself", "drop the old way"],
      Security: ["close the door", "api: check lengths"],
      Features: ["ui: a field", "ui: a button", "api: a call"],
      Fixes: ["mend it"],
      Performance: ["quicker"],
      Documentation: ["words"],
      Dependencies: ["bump left-side from 1.2.3 to 1.3.0"],
      "Other changes": ["something else"],
    });
    expect(Object.keys(found).slice(0, 3)).toEqual(["Breaking changes", "Security", "Features"]);
  });

  it("are one list without a heading where nobody writes conventional commits", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    for (const subject of ["Add a button", "net: retry", "tests: run them", "Mend it"])
      repo.by("dev-a", subject);
    expect(await lists(repo.path)).toEqual({
      "": ["Mend it", "tests: run them", "net: retry", "Add a button"],
    });
  });

  it("tell of a dependency once, from the first version to the last", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.by("dependabot[bot]", "Bump left-side from 1.2.3 to 1.2.4\n\nBREAKING CHANGE: in its own changelog");
    repo.by("dev-a", "Add a button");
    repo.by("dependabot[bot]", "Bump left-side from 1.2.4 to 1.3.0");
    repo.by("renovate[bot]", "Update dependency right-side to v2");
    const notes = await notesOf(repo.path);
    expect(listsOf(notes)).toEqual({
      Changes: ["Add a button"],
      Dependencies: ["Update dependency right-side to v2", "Bump left-side from 1.2.3 to 1.3.0"],
    });
    expect(notes.contributors.map(({ name }) => name)).toEqual(["dev-a"]);
  });
});

describe("reverts", () => {
  it("cancel out inside the range, and a revert of a revert lets the first one stand", async () => {
    const repo = history();
    repo.by("dev-a", "feat: old");
    repo.tag("v1.0.0");
    repo.by("dev-a", "feat: stays");
    const gone = repo.by("dev-a", "feat: goes");
    repo.git("revert", "--no-edit", gone);
    const back = repo.by("dev-a", "feat: comes back");
    repo.git("revert", "--no-edit", back);
    const revert = repo.git("rev-parse", "HEAD").trim();
    repo.by("dev-a", `Reapply "feat: comes back"\n\nThis reverts commit ${revert}.`);
    expect(await lists(repo.path)).toEqual({ Features: ["comes back", "stays"] });
  });

  it("of what was released before are told", async () => {
    const repo = history();
    const old = repo.by("dev-a", "feat: old");
    repo.tag("v1.0.0");
    repo.by("dev-a", "feat: new");
    repo.git("revert", "--no-edit", old);
    expect(await lists(repo.path)).toEqual({ Features: ["new"], Reverts: ['Revert "feat: old"'] });
  });

  it("by number, by subject or by a short hash are understood", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.by("dev-a", "feat: one (#1)");
    repo.by("dev-a", 'Revert "feat: one (#1)" (#2)\n\nReverts owner/name#1');
    repo.by("dev-a", "feat: two");
    repo.by("dev-a", "revert: feat: two");
    const three = repo.by("dev-a", "feat: three");
    repo.by("dev-a", `revert: three\n\nRefs: ${three.slice(0, 9)}`);
    repo.by("dev-a", "feat: four");
    expect(await lists(repo.path)).toEqual({ Features: ["four"] });
  });

  it("do not count for the next version", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    const breaking = repo.by("dev-a", "feat!: other");
    repo.git("revert", "--no-edit", breaking);
    expect(await nextOf(repo.path)).toMatchObject({ next: null, level: null, previous: "v1.0.0" });
    repo.by("dev-a", "fix: x");
    expect(await nextOf(repo.path)).toMatchObject({ next: "v1.0.1", level: "patch" });
  });
});

describe("merges", () => {
  const pull = (number: number, title: string) =>
    `Merge pull request #${number} from dev-b/topic\n\n${title}`;

  it("speak for their commits, unless those say more", async () => {
    const repo = history();
    repo.git("remote", "add", "origin", "git@github.com:owner/name.git");
    repo.tag("v1.0.0");
    repo.merge(pull(1, "Add a button"), "dev-b", ["wip", "Mend the test"]);
    repo.merge(pull(2, "feat: a field"), "dev-b", ["feat: a field", "test: the field"]);
    repo.merge(pull(3, "Two things"), "dev-b", ["fix: one", "fix: two"]);
    const notes = await notesOf(repo.path);
    expect(listsOf(notes)).toEqual({
      Features: ["a field"],
      Fixes: ["two", "one"],
      "Other changes": ["Add a button"],
    });
    const numbers = notes.groups.flatMap(({ changes }) => changes.map(({ pullRequest }) => pullRequest));
    expect(numbers).toEqual([2, 3, 3, 1]);
    expect(JSON.parse(renderNotes(notes, "json"))).toMatchObject({
      groups: [
        { changes: [{ pullRequest: { text: "#2", url: "https://github.com/owner/name/pull/2" } }] },
        {},
        {},
      ],
    });
  });

  it("lift what breaks and what is about security out of their commits", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.merge(pull(1, "Tidy up"), "dev-b", [
      "Drop it\n\nBREAKING CHANGE: it is gone",
      "Close it\n\nCVE-2024-12345",
    ]);
    const notes = await notesOf(repo.path);
    expect(listsOf(notes)).toEqual({ "Breaking changes": ["Tidy up"] });
    expect(notes.groups[0]?.changes[0]).toMatchObject({
      breakingNotes: ["it is gone"],
      security: true,
      advisories: ["CVE-2024-12345"],
    });
  });

  it("that were reverted as a whole are gone with all that came with them", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.by("dev-a", "feat: stays");
    repo.merge(pull(1, "Two things"), "dev-b", ["fix: one", "fix: two"]);
    repo.git("revert", "-m", "1", "--no-edit", "HEAD");
    expect(await lists(repo.path)).toEqual({ Features: ["stays"] });
  });

  it("of a branch with pull requests of its own tell of those", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.git("checkout", "-q", "-b", "develop");
    repo.merge(pull(1, "Add a button"), "dev-b", ["wip"]);
    repo.merge(pull(2, "Add a field"), "dev-b", ["wip"]);
    repo.git("checkout", "-q", "main");
    repo.git(
      "merge",
      "-q",
      "--no-ff",
      "-m",
      "Merge pull request #3 from owner/develop\n\nDevelop",
      "develop",
    );
    expect(await lists(repo.path)).toEqual({ "": ["Add a field", "Add a button"] });
  });

  it("that only keep branches in step say nothing, and hide nothing", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.git("checkout", "-q", "-b", "topic");
    repo.by("dev-b", "Begin");
    repo.git("checkout", "-q", "main");
    repo.by("dev-a", "Meanwhile");
    repo.git("checkout", "-q", "topic");
    repo.git("merge", "-q", "--no-edit", "main");
    repo.by("dev-b", "End");
    repo.git("checkout", "-q", "main");
    repo.git("merge", "-q", "--no-ff", "-m", "Merge branch 'topic'", "topic");
    expect((await lists(repo.path))[""]?.toSorted()).toEqual(["Begin", "End", "Meanwhile"]);
  });
});

describe("a change that is there twice is told once", () => {
  it("picked with a note, picked without one, and squashed as well as merged", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.git("checkout", "-q", "-b", "topic");
    const one = repo.by("dev-b", "fix: one", { one: "1" });
    const two = repo.by("dev-b", "fix: two", { two: "2" });
    repo.git("checkout", "-q", "main");
    repo.by("dev-a", "feat: a button");
    repo.git("cherry-pick", "-x", one);
    repo.git("cherry-pick", two);
    repo.by("dev-b", "feat: a field (#7)");
    repo.git("merge", "-q", "--no-ff", "-m", "Merge branch 'topic'", "topic");
    repo.merge("Merge pull request #7 from dev-b/topic\n\nfeat: a field", "dev-b", ["feat: a field"]);
    const found = await lists(repo.path);
    expect(found["Fixes"]?.toSorted()).toEqual(["one", "two"]);
    expect(found["Features"]).toEqual(["a field", "a button"]);
  });

  it("but picked again after it was taken back, it counts", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    const one = repo.by("dev-b", "fix: one", { one: "1" });
    repo.git("revert", "--no-edit", one);
    repo.git("cherry-pick", "-x", one);
    expect(await lists(repo.path)).toEqual({ Fixes: ["one"] });
  });
});

describe("people", () => {
  it("are named, never by an address; bots are not; who is new is said", async () => {
    const repo = history();
    repo.by("dev-a", "feat: first");
    repo.tag("v1.0.0");
    repo.by("dev-a new-address@example.com", "feat: one");
    repo.by(
      "dev-b 12345+dev-b-login@users.noreply.github.com",
      "feat: two\n\nCo-authored-by: dev-c <c@example.com>\nCo-authored-by: helper[bot] <bot@example.com>",
    );
    repo.by("dev-d@example.com d@example.com", "feat: three");
    const markdown = await markdownOf(repo.path, { firstTimers: true });
    expect(markdown).toContain(
      "Thanks to dev-a, dev-b (@&#8203;dev-b-login), dev-c and dev-d. First contribution by dev-b (@&#8203;dev-b-login) and dev-d.",
    );
    expect(markdown).not.toContain("example.com");
  });

  it("need no thanks when there is one, who is known", async () => {
    const repo = history();
    repo.by("dev-a", "feat: first");
    repo.tag("v1.0.0");
    repo.by("dev-a", "feat: second");
    expect(await markdownOf(repo.path, { firstTimers: true })).not.toMatch(/Thanks|contribution/);
  });
});
