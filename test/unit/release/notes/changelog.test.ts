import { describe, expect, it } from "vitest";
import { insertSection } from "../../../../src/release/notes/changelog.ts";
import type { Notes } from "../../../../src/release/notes/model.ts";
import { parseVersionTag } from "../../../../src/release/version.ts";

const change = {
  hash: "0123456789abcdef",
  short: "0123456",
  kind: "feature",
  type: "feat",
  scope: null,
  title: "feat: add it",
  text: "add it",
  breaking: false,
  breakingNotes: [],
  security: false,
  advisories: [],
  pullRequest: null,
  closes: [],
} as const;

function notes(version: string): Notes {
  return {
    schema: "release-sentinel/notes/v1",
    version,
    title: `Changes in ${version}`,
    date: "2026-11-21",
    style: "grouped",
    previous: null,
    from: null,
    commit: "0123456789abcdef",
    branch: "main",
    compareUrl: null,
    forge: null,
    initial: false,
    groups: [{ kind: "feature", title: "Features", changes: [change] }],
    commits: [],
    contributors: [],
    summary: {
      commits: 1,
      byType: {},
      breaking: [],
      security: [],
      risky: [],
      contributors: 1,
      previous: null,
    },
    warnings: [],
  };
}

function insert(existing: string | Buffer | null, version = "v1.4.2", mask = (text: string) => text) {
  const tag = parseVersionTag(version);
  if (!tag) throw new Error(version);
  const { content, line } = insertSection(
    existing === null ? null : Buffer.from(existing),
    notes(version),
    tag,
    mask,
  );
  return { text: content?.toString("utf8") ?? null, line, content };
}

const section = "## [1.4.2] - 2026-11-21\n\n### Features\n\n- add it (0123456)\n";
const kept = `# Changelog\n\nAll notable changes.\n\n## [Unreleased]\n\n- soon\n\n## [1.5.0] - 2026-11-01\n\n- five\n\n## [1.4.1] - 2026-10-01\n\n- four\n\n[1.5.0]: https://example.com/1.5.0\n`;

describe("a version's section", () => {
  it("begins a changelog where there is none, or an empty one", () => {
    const { text } = insert(null);
    expect(text).toBe(`# Changelog\n\nNotable changes of every release.\n\n${section}`);
    expect(insert(" \n").text).toBe(text);
  });

  it("stands before the first lower version", () => {
    const { text, line } = insert(kept);
    expect(text).toBe(kept.replace("## [1.4.1]", `${section}\n## [1.4.1]`));
    expect(text?.split("\n")[line - 1]).toBe("## [1.4.2] - 2026-11-21");
  });

  it("stands after what is not released yet, when it is the highest", () => {
    expect(insert(kept, "v2.0.0").text).toBe(
      kept.replace("## [1.5.0]", `${section.replace("1.4.2", "2.0.0")}\n## [1.5.0]`),
    );
  });

  it("stands last when it is the lowest, before the links", () => {
    expect(insert(kept, "v1.0.0").text).toBe(
      kept.replace("\n[1.5.0]: ", `\n${section.replace("1.4.2", "1.0.0")}\n[1.5.0]: `),
    );
    expect(insert("# Changelog\n\n## [1.5.0]\n\n- five", "v1.0.0").text).toBe(
      `# Changelog\n\n## [1.5.0]\n\n- five\n\n${section.replace("1.4.2", "1.0.0")}`,
    );
  });

  it("stands after an introduction that nothing follows", () => {
    expect(insert("# Changelog\n\nWords.\n").text).toBe(`# Changelog\n\nWords.\n\n${section}`);
    expect(insert("# Changelog\n\n## [Unreleased]\n\n- soon\n").text).toBe(
      `# Changelog\n\n## [Unreleased]\n\n- soon\n\n${section}`,
    );
  });

  it("is inserted once, however it is written there", () => {
    const { text } = insert(kept);
    expect(insert(text)).toMatchObject({ text: null, line: 13 });
    for (const heading of [
      "## v1.4.2",
      "## [v1.4.2](https://example.com) (2026-11-21)",
      "## Changes in v1.4.2",
      "## 1.4.2:",
    ])
      expect(insert(`# Changelog\n\n${heading}\n`)).toMatchObject({ text: null, line: 3 });
  });

  it("is found again where its name had to be escaped", () => {
    const { text } = insert(null, "@scope/pkg@1.4.2-rc.1");
    expect(text).toContain("## [@&#8203;scope/pkg@&#8203;1.4.2-rc.1] - ");
    expect(insert(text, "@scope/pkg@1.4.2-rc.1").text).toBeNull();
  });

  it("is not found in a code block, nor in another package's heading", () => {
    expect(insert("# Changelog\n\n```md\n## [1.4.2]\n```\n\n## [1.4.1]\n").text).toContain(section);
    expect(insert("# Changelog\n\n## pkg@1.4.2\n").text).toContain("1.4.2] - 2026-11-21");
  });

  it("is written like its neighbours", () => {
    expect(insert("# Changelog\n\n## v1.4.1 - 2026-10-01\n").text).toContain("\n## v1.4.2 - 2026-11-21\n");
    expect(insert("# Changelog\n\n## Changes in v1.4.1\n").text).toContain(
      "\n## Changes in v1.4.2 - 2026-11-21\n",
    );
    expect(insert("# Changelog\n\n## 1.4.1\n").text).toContain("\n## 1.4.2 - 2026-11-21\n");
    expect(insert("# Changelog\n\n## pkg@1.4.1\n", "pkg@1.4.2").text).toContain(
      "\n## pkg@1.4.2 - 2026-11-21\n",
    );
  });

  it("keeps line ends, the byte order mark, and bytes that are no text", () => {
    const windows = `\ufeff${kept}`.replaceAll("\n", "\r\n");
    const { text } = insert(windows);
    expect(text?.startsWith("\ufeff# Changelog\r\n")).toBe(true);
    expect(text?.replaceAll("\r\n", "")).not.toContain("\n");
    const odd = Buffer.concat([
      Buffer.from("# Changelog\n\n"),
      Buffer.from([0xff, 0xe9, 0x0a, 0x0a]),
      Buffer.from("## [1.4.1]\n"),
    ]);
    const { content } = insert(odd);
    expect(content?.subarray(0, 17).equals(odd.subarray(0, 17))).toBe(true);
  });

  it("is masked, and nothing else is", () => {
    const { text } = insert(`# Changelog\n\nadd it\n\n## [1.4.1]\n`, "v1.4.2", (said) =>
      said.replaceAll("add it", "***"),
    );
    expect(text).toContain("- *** (0123456)");
    expect(text).toContain("\n\nadd it\n\n");
  });
});
