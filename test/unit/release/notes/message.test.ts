import { describe, expect, it } from "vitest";
import { readMessage } from "../../../../src/release/notes/message.ts";
import { isNoise } from "../../../../src/release/notes/noise.ts";
import fc from "../../../support/property.ts";

const read = (message: string, parents = 1) => readMessage(message, parents);

describe("a conventional subject", () => {
  it.each([
    ["feat: add it", { type: "feat", scope: null, breaking: false, description: "add it" }],
    ["fix(core)!: stop", { type: "fix", scope: "core", breaking: true, description: "stop" }],
    ["Feat (API): add", { type: "feat", scope: "API", breaking: false, description: "add" }],
    ["bugfix: x", { type: "fix", scope: null, breaking: false, description: "x" }],
    ["feat!(api): x", { type: "feat", scope: "api", breaking: true, description: "x" }],
    [":bug: fix: x", { type: "fix", scope: null, breaking: false, description: "x" }],
    ["🐛 fix(ui): x", { type: "fix", scope: "ui", breaking: false, description: "x" }],
    ["frobnicate!: x", { type: "frobnicate", scope: null, breaking: true, description: "x" }],
  ])("%s", (subject, expected) => {
    expect(read(subject).conventional).toEqual(expected);
  });

  it.each(["net: retry", "fix it", "feat:", "feat(: x", "http://example.com", "constructor: x", "toString!"])(
    "is not: %s",
    (subject) => {
      expect(read(subject).conventional).toBeNull();
    },
  );

  it("is a whole paragraph, but neither a list nor a footer that follows at once", () => {
    expect(read("feat: one\ntwo\n\nbody").subject).toBe("feat: one two");
    expect(read("feat: one\n* two\n* three").subject).toBe("feat: one");
    expect(read("feat: one\nBREAKING CHANGE: two").rest.breakingNotes).toEqual(["two"]);
    expect(read("\n\n  feat: one  \n").subject).toBe("feat: one");
  });
});

describe("what a message tells besides", () => {
  it("what breaks, to the end of its paragraph", () => {
    const message =
      "feat: x\n\nbody\n\nBREAKING CHANGE: the old one\nis gone\nReviewed-by: dev-a\n\nBREAKING-CHANGE: and this";
    expect(read(message).rest.breakingNotes).toEqual(["the old one is gone", "and this"]);
    expect(read("feat: x\n\nBREAKING CHANGE:\n\nit moved\n").rest.breakingNotes).toEqual(["it moved"]);
    expect(read("x (#1)\n\n* feat(api)!: drop y\n* fix: z").rest.breakingNotes).toEqual(["drop y"]);
    expect(read("docs: what BREAKING CHANGE: means").rest.breakingNotes).toEqual([]);
  });

  it("what it closes, here and elsewhere, once each", () => {
    const { closes } = read(
      "fix: x, closes #3\n\nFixes #12, #13 and #3\nResolves: other/project#7\nsee #99",
    ).rest;
    expect(closes).toEqual(["3", "12", "13", "other/project#7"]);
    expect(read("fix: prefixes #4 and suffix #5").rest.closes).toEqual([]);
  });

  it("advisories, in one spelling", () => {
    const { advisories } = read("fix: cve-2024-12345\n\nCVE-2024-12345, GHSA-2222-3333-cccc").rest;
    expect(advisories).toEqual(["CVE-2024-12345", "GHSA-2222-3333-cccc"]);
  });

  it("co-authors, and where it was picked from", () => {
    const hash = "a".repeat(40);
    const { rest } = read(
      `fix: x\n\nCo-authored-by: dev-b <b@example.com>\nco-Authored-By:dev-c <c@example.com>\n(cherry picked from commit ${hash})`,
    );
    expect(rest.coAuthors).toEqual([
      { name: "dev-b", email: "b@example.com" },
      { name: "dev-c", email: "c@example.com" },
    ]);
    expect(rest.pickedFrom).toEqual([hash]);
  });

  it("the pull request that it was squashed from: the last number", () => {
    expect(read("fix: x (#1) (#22)").pullRequest).toBe(22);
    expect(read("fix: x (!45)")).toMatchObject({ pullRequest: 45, mark: "!" });
    expect(read("fix: x (#22) more").pullRequest).toBeNull();
  });
});

describe("a merge", () => {
  it.each([
    [
      "Merge pull request #12 from dev-a/topic\n\nfeat: the title\n\nmore",
      { title: "feat: the title", number: 12 },
    ],
    ["Merge pull request 'The title' (#12) from topic into main", { title: "The title", number: 12 }],
    [
      "Merge branch 'topic' into 'main'\n\nThe title\n\nSee merge request group/sub/project!45",
      { title: "The title", number: 45 },
    ],
    ["Merged in topic (pull request #12)\n\nThe title", { title: "The title", number: 12 }],
    [
      "Pull request #12: The title\n\nMerge in PROJECT/name from topic to main",
      { title: "The title", number: 12 },
    ],
    ["Merged PR 12: The title", { title: "The title", number: 12 }],
    ["Merge branch 'topic'", { title: null, number: null }],
    ["Merge remote-tracking branch 'origin/main' into topic", { title: null, number: null }],
    ["Merge pull request #12 from dev-a/topic", { title: null, number: 12 }],
    ["The search, at last", { title: "The search, at last", number: null }],
  ])("%j", (message, expected) => {
    expect(read(message, 2).merge).toEqual(expected);
  });

  it("is not what only begins like one", () => {
    expect(read("Merge the two caches").merge).toBeNull();
  });
});

describe("a revert", () => {
  const hash = "0123456789abcdef0123456789abcdef01234567";
  it.each([
    [
      `Revert "feat: x (#12)"\n\nThis reverts commit ${hash}.`,
      { hashes: [hash], subject: "feat: x (#12)", pullRequest: null },
    ],
    [
      `revert: feat: x\n\nRefs: 676104e, a215868`,
      { hashes: ["676104e", "a215868"], subject: "feat: x", pullRequest: null },
    ],
    [`Revert "x" (#13)\n\nReverts owner/name#12`, { hashes: [], subject: "x", pullRequest: 12 }],
    [
      `Reapply "x"\n\nThis reverts commit ${hash}.`,
      { hashes: [hash], subject: 'Revert "x"', pullRequest: null },
    ],
    [
      `Back out the cache\n\nThis reverts commit 0123456.`,
      { hashes: ["0123456"], subject: null, pullRequest: null },
    ],
  ])("%j", (message, expected) => {
    expect(read(message).revert).toEqual(expected);
  });

  it("is not what mentions one, or reverts by hand and does more", () => {
    expect(read(`fix: x\n\nThis reverts commit ${hash} in part.`).revert).toBeNull();
    expect(read("Revert to the old colours").revert).toBeNull();
    expect(read("feat: an undo button").revert).toBeNull();
  });
});

describe("noise", () => {
  it.each([
    "chore(release): 1.4.2",
    "Release v1.4.2",
    "v1.4.2",
    "pkg@1.4.2",
    "Bump version to 1.4.2",
    "bump version from 1.4.1 to 1.4.2",
    "Prepare 1.4.2",
    "Prepare release 1.4.2-rc.1",
    "Version Packages",
    "chore: release",
    "fixup! feat: x",
    "wip",
    "develop",
    "Merge develop into main",
  ])("is: %s", (subject) => {
    expect(isNoise(subject)).toBe(true);
  });

  it.each([
    "Python 3.12",
    "Bump left-side from 1.2.3 to 1.2.4",
    "Release the lock before waiting",
    "feat: version 2",
    "Merge the caches",
    "main loop is quicker",
  ])("is not: %s", (subject) => {
    expect(isNoise(subject)).toBe(false);
  });
});

it("reads whatever there is, quickly, and on one line", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.integer({ min: 0, max: 3 }),
      (message, parents) => {
        const { subject, rest, merge } = read(message, parents);
        for (const text of [
          subject,
          merge?.title ?? "",
          ...rest.breakingNotes,
          ...rest.coAuthors.map(({ name }) => name),
        ])
          expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
      },
    ),
  );
});

it.each([
  ["one long word", "a".repeat(20_000)],
  ["many closing words", "fixes ".repeat(4000)],
  ["many parentheses", `feat(${"(".repeat(20_000)}`],
  ["many brackets", "fix: x ".padEnd(20_000, "(#1) ")],
  ["white space", `feat: x${" \t".repeat(10_000)}(#`],
  ["a body of numbers", `x\n\n${"#1 ".repeat(7000)}`],
  ["a body of colons", `x\n\n${"BREAKING CHANGE:\n".repeat(1500)}`],
])("takes a message of %s in its stride", (_name, message) => {
  // Were anything quadratic, a hundred of these would outlast the test's own limit.
  for (let i = 0; i < 100; i++) read(message);
});
