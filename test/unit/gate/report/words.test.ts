import { describe, expect, test } from "vitest";
import {
  accounted,
  excuses,
  statusWord,
  tally,
  title,
  verdictSentence,
  weight,
  withheld,
} from "../../../../src/gate/report/words.ts";
import {
  blocked,
  critical,
  excused,
  finding,
  nothing,
  safe,
  tolerated,
  verdict,
  warned,
} from "./verdicts.ts";

describe("the stable sentence", () => {
  test("says that a release passed", () => {
    expect(verdictSentence(safe)).toBe("Release validation PASSED");
    expect(verdictSentence(warned)).toBe("Release validation PASSED");
  });

  test("names every reason of a block", () => {
    expect(verdictSentence(blocked)).toBe(
      "Release BLOCKED (policy): Invalid environment: production; Git working tree is dirty; " +
        "Missing required env var: RS_REQUIRED_PROCESS; Releases blocked from branch: feature/test",
    );
  });

  test("names everything unhealthy", () => {
    expect(verdictSentence(nothing)).toBe(
      "Release BLOCKED (CRITICAL): system or dependency unhealthy: nothing was checked",
    );
    expect(verdictSentence(critical)).toMatch(
      /^Release BLOCKED \(CRITICAL\): system or dependency unhealthy: Memory CRITICAL: 90\.2%; API /,
    );
  });

  test("stays on one line whatever the reasons hold", () => {
    expect(verdictSentence({ verdict: "BLOCKED", reasons: ["a\nb\u001b[2J"] })).toBe(
      "Release BLOCKED (policy): a\\nb\\x1b[2J",
    );
  });
});

describe("how much a finding weighs", () => {
  test("what could not be found out is an error, unless the policy let the verdict be safe", () => {
    const unknown = finding({ check: "http.api", status: "unknown", message: "no answer" });
    expect(weight(unknown, { verdict: "CRITICAL" })).toBe("error");
    expect(weight(unknown, { verdict: "SAFE" })).toBe("warning");
  });

  test("what somebody let pass is neither error nor success", () => {
    const words = excused.findings.filter((item) => weight(item, excused) === "excused").map(statusWord);
    expect(words).toEqual(["waived", "shadow", "break-glass"]);
  });
});

test("an excuse says who, why and until when", () => {
  expect(excused.findings.flatMap(excuses)).toEqual([
    "waived by platform-team until 2026-12-01: signing keys are being replaced (OPS-311)",
    "shadow mode, would be fail, tried out by platform-team until 2026-12-31: trying it out",
    "opened by break-glass: rollback of a broken release, the payments team is informed",
  ]);
});

test("a title names the subject where there is one", () => {
  expect(warned.findings.map(title)).toContain("host.disk (/var/lib/docker)");
  expect(warned.findings.map(title)).toContain("git.clean");
});

describe("a safe release that may not go on", () => {
  test("needs --allow-warnings when something warned", () => {
    expect(withheld(warned)).toBe("safe, but not releasable without --allow-warnings");
  });

  test("is not helped by --allow-warnings when checks were left out", () => {
    expect(withheld(tolerated)).toBe(
      "safe as far as it was looked at, but not releasable: checks were left out",
    );
  });

  test("is not helped by --allow-warnings when it was asked about another time", () => {
    const past = verdict("SAFE", safe.findings, { releasable: false, at: "2026-12-24T17:00:00.000Z" });
    expect(withheld(past)).toBe(
      "safe as of 2026-12-24T17:00:00.000Z, but not releasable: that is another time than now",
    );
  });

  test("is not spoken of when it may go on, or is not safe at all", () => {
    expect([safe, blocked, critical].map(withheld)).toEqual([undefined, undefined, undefined]);
  });
});

describe("the findings accounted for", () => {
  test("are the findings themselves where one of them explains the verdict", () => {
    expect(accounted(blocked)).toBe(blocked.findings);
    expect(accounted(safe)).toBe(safe.findings);
  });

  test("have one more where none does", () => {
    const skipped = verdict(
      "CRITICAL",
      [finding({ check: "git.tag", status: "skipped", message: "not asked" })],
      { reasons: ["nothing was checked"] },
    );
    expect(accounted(skipped).map(({ check, status, message }) => [check, status, message])).toEqual([
      ["git.tag", "skipped", "not asked"],
      ["verdict", "unknown", "nothing was checked"],
    ]);
  });
});

test("a tally counts the best first and says when there was nothing", () => {
  expect(tally(critical.findings)).toBe("3 ok, 1 warn, 1 unknown, 2 fail");
  expect(tally([])).toBe("nothing checked");
});
