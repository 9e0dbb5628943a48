import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../../../src/core/verdict.ts";
import { columns } from "../../../../src/gate/report/columns.ts";
import { render } from "../../../../src/gate/report/index.ts";
import {
  blocked,
  critical,
  excused,
  finding,
  hostile,
  many,
  options,
  safe,
  tolerated,
  verdict,
  verdicts,
  warned,
} from "./verdicts.ts";

const pretty = (of: Verdict, width = 80, color = false) => render("pretty", of, { ...options, width, color });

test("what failed comes last, with what to do next, and the verdict after it", () => {
  expect(pretty(blocked)).toBe(`
 v1.4.2 → production
 for release · commit 3f2a9c1d4b5e · branch feature/test
 policy built-in default · release-sentinel 0.1.0

 ✔ git.repository  Inside a Git repository
 – git.signed      git.tag did not pass

 ✖ env.allowed     Invalid environment: production
                   → use one of dev, stage, prod: --env prod
 ✖ git.clean       Git working tree is dirty
                      M src/index.ts
                     ?? notes.txt
                     ?? test/fixtures/a folder/with spaces.txt
                   → git stash --include-untracked
 ✖ env.variables   Missing required env var: RS_REQUIRED_PROCESS
                   → export RS_REQUIRED_PROCESS=nginx
 ✖ git.branch      Releases blocked from branch: feature/test
                   → git switch main

 ──────────────────────────────────────────────────────────────────────────────
 6 findings: 1 ok, 1 skipped, 4 fail · took 96 ms
 ✖ BLOCKED  Release BLOCKED (policy): Invalid environment: production; Git
   working tree is dirty; Missing required env var: RS_REQUIRED_PROCESS;
   Releases blocked from branch: feature/test
`);
});

test("the groups come from the least to the most important", () => {
  const mixed = verdict("BLOCKED", [
    ...blocked.findings,
    ...excused.findings,
    ...warned.findings,
    ...safe.findings,
  ]);
  const marks = pretty(mixed, 120)
    .split("\n")
    .flatMap((line) => /^ ([✔–ℹ▲!✖]) (?!BLOCKED)/.exec(line)?.[1] ?? []);
  const order = [..."✔–ℹ▲!✖"];
  const groups = marks.map((mark) => (mark === "–" ? 0 : order.indexOf(mark)));
  expect(groups).toEqual([...groups].sort((a, b) => a - b));
});

describe("widths", () => {
  test.each([60, 80, 120])("at %i columns nothing but a command to copy is wider", (width) => {
    for (const of of Object.values(verdicts)) {
      const lines = pretty(of, width).split("\n");
      expect(lines.filter((line) => columns(line) > width && !line.includes("→"))).toEqual([]);
    }
  });

  test("a command stands on one line, nearer to the edge when it is long", () => {
    const command = "release-sentinel check --only process.required --verbose";
    expect(pretty(critical, 80)).toContain(`\n                     → ${command}\n`);
    expect(pretty(critical, 60)).toContain(`\n   → ${command}\n`);
  });

  test("how long a slow check took stands at the edge, or after the message where there is no room", () => {
    expect(pretty(critical, 120)).toMatch(/returned 503 {2,}3\.4 s ×3\n/);
    expect(pretty(safe, 60)).toContain("deepened to 412 commits\n                   ·\u00a0812\u00a0ms\n");
  });
});

test("many passed checks are named, not listed", () => {
  expect(pretty(many)).toMatch(/\n ✔ 44 ok: repo\.file-1, repo\.file-2, /);
  expect(pretty(many).split("\n").length).toBeLessThan(65);
});

test("what somebody let pass is loud without colour, too", () => {
  expect(pretty(excused)).toContain(" ▲ git.signed      WAIVED Commit 3f2a9c1d4b5e is not signed\n");
  expect(pretty(excused)).toContain(" ▲ http.payments   BREAK-GLASS API CRITICAL: ");
  expect(pretty(excused)).toContain(" ▲ git.pushed      SHADOW Commit 3f2a9c1d4b5e is not on origin\n");
});

test("a safe release that may not go on says so above the verdict", () => {
  expect(pretty(warned)).toMatch(
    /\n ! safe, but not releasable without --allow-warnings\n ✔ SAFE {2}Release validation PASSED\n$/,
  );
  expect(pretty(tolerated)).toContain("\n left out: git.tag, host.memory\n");
  expect(pretty(tolerated)).toContain(" ! http.api        UNKNOWN no answer within 30 s\n");
});

describe("colour", () => {
  test("changes nothing but colour", () => {
    for (const of of Object.values(verdicts))
      expect(stripVTControlCharacters(pretty(of, 80, true))).toBe(pretty(of, 80));
  });

  test("does not depend on the environment", () => {
    const forced = process.env["NO_COLOR"];
    process.env["NO_COLOR"] = "1";
    try {
      expect(pretty(blocked, 80, true)).toContain("\u001b[31m✖ BLOCKED\u001b[39m");
      expect(pretty(blocked)).not.toContain("\u001b");
    } finally {
      if (forced === undefined) Reflect.deleteProperty(process.env, "NO_COLOR");
      else process.env["NO_COLOR"] = forced;
    }
  });

  test("is the only thing a terminal is told, whatever the text holds", () => {
    expect(pretty(hostile, 80, true).replaceAll(/\u001b\[\d+m/g, "")).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/,
    );
  });
});

test("more details than one wants to read are counted", () => {
  const details = Array.from({ length: 40 }, (_, i) => `?? file-${i}.txt`);
  const shown = pretty(
    verdict("BLOCKED", [finding({ check: "git.clean", status: "fail", message: "dirty", details })]),
  );
  expect(shown).toContain("?? file-9.txt\n");
  expect(shown).not.toContain("file-10.txt");
  expect(shown).toContain("… and 30 more\n");
});
