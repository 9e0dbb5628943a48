import { expect, test } from "vitest";
import type { Verdict } from "../../../../src/core/verdict.ts";
import { render } from "../../../../src/gate/report/index.ts";
import { feed, withProgram } from "./tools.ts";
import {
  blocked,
  excused,
  finding,
  hostile,
  hostilePieces,
  many,
  options,
  safe,
  tolerated,
  verdict,
  verdicts,
  warned,
} from "./verdicts.ts";

const markdown = (of: Verdict) => render("markdown", of, options);

test("the headline and the stable sentence come first", () => {
  expect(markdown(blocked)).toMatch(
    /^## ⛔ BLOCKED: `v1\.4\.2` for `production` \(release\)\n\n`Release BLOCKED \(policy\): Invalid environment: production; Git [^`]*`\n\n/,
  );
  expect(markdown(safe)).toMatch(
    /^## ✅ SAFE: `v1\.4\.2` for `prod` \(release\)\n\n`Release validation PASSED`\n\n/,
  );
});

test("what matters stands in a table, with what to do next", () => {
  expect(markdown(blocked)).toContain(
    "\n| | Check | What was found |\n| --- | --- | --- |\n" +
      "| ❌ fail | `env.allowed` | `Invalid environment: production`<br>→ `use one of dev, stage, prod: --env prod` |\n",
  );
  expect(markdown(safe)).toContain("| ℹ️ notice | `git.history` | `Shallow clone: deepened to 412 commits` |");
});

test("what passed is folded away", () => {
  expect(markdown(many)).toContain(
    "<details><summary>44 ok</summary>\n\n- ✅ `repo.file-1` `File 1 is as it should be`\n",
  );
  expect(markdown(safe)).toContain("<details><summary>5 ok, 1 skipped</summary>");
});

test("a safe release that may not go on says so", () => {
  expect(markdown(warned)).toContain(
    "\n> ⚠️ **Not releasable:** `safe, but not releasable without --allow-warnings`\n",
  );
  expect(markdown(tolerated)).toContain("left out `git.tag, host.memory`");
});

test("what somebody let pass stands out", () => {
  expect(markdown(excused)).toContain("| 🟡 break-glass | `http.payments` |");
  expect(markdown(excused)).toContain(
    "<br>**`opened by break-glass: rollback of a broken release, the payments team is informed`**",
  );
});

test("a comment is never longer than GitHub takes, and says what it leaves out", () => {
  const failed = Array.from({ length: 5000 }, (_, i) =>
    finding({ check: "repo.secrets", status: "fail", message: `${i} ${"x".repeat(300)}` }),
  );
  for (const of of [verdict("BLOCKED", failed), hostile]) expect(markdown(of).length).toBeLessThan(65_536);
  expect(markdown(verdict("BLOCKED", failed))).toMatch(
    /\n… and \d{4} more, for which there is no room here\.\n/,
  );
});

test("pipes and backticks stay inside their cell", () => {
  const of = verdict("BLOCKED", [finding({ check: "git.branch", status: "fail", message: "a|b `c` ``d``" })]);
  expect(markdown(of)).toContain("| ❌ fail | `git.branch` | ``` a\\|b `c` ``d`` ``` |\n");
});

withProgram("cmark-gfm", () => {
  const html = (of: Verdict) =>
    feed("cmark-gfm", ["--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"], markdown(of))
      .output;

  test.each(Object.keys(verdicts) as (keyof typeof verdicts)[])(
    "makes no markup of text from outside: %s",
    (name) => {
      const tags = new Set(
        [...html(verdicts[name]).matchAll(/<\/?([a-z0-9]+)[^>]*>/g)].map(([tag]) => tag.replace(/^<\//, "<")),
      );
      const own = [
        "h2",
        "p",
        "code",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "strong",
        "details",
        "summary",
        "ul",
        "li",
        "sub",
        "blockquote",
        "br",
        "br /",
      ];
      expect([...tags].filter((tag) => !own.includes(tag.slice(1, -1)))).toEqual([]);
    },
  );

  test("finds every mention, link and reference inside code only", () => {
    const outside = html(hostile).replace(/<code>[^<]*<\/code>/g, "");
    expect(outside).not.toMatch(/@|https?:|www\.|#\d|evil|forged|owned|alert/);
  });

  test("shows each piece of hostile text as it is", () => {
    const decoded = (text: string) =>
      text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
    for (const piece of hostilePieces.filter((text) => /^[\x20-\x7e]{1,90}$/.test(text))) {
      const codes = [
        ...html(
          verdict("BLOCKED", [finding({ check: "git.branch", status: "fail", message: piece })]),
        ).matchAll(/<code>([^<]*)<\/code>/g),
      ];
      expect(codes.map(([, text = ""]) => decoded(text).trim())).toContain(piece.trim());
    }
  });

  test("draws one row for each finding that matters", () => {
    expect(html(blocked).split("<tr>").length - 1).toBe(1 + 4);
  });
});
