import { describe, expect, test } from "vitest";
import { type Format, formats, render } from "../../../../src/gate/report/index.ts";
import { excused, finding, hostile, options, safe, verdict, verdicts } from "./verdicts.ts";

const unsafe =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;

test("the formats are the promised ones", () => {
  expect(formats).toEqual(["pretty", "text", "json", "junit", "tap", "markdown", "sarif", "prometheus"]);
});

describe.each(formats)("%s", (format: Format) => {
  test.each(Object.keys(verdicts) as (keyof typeof verdicts)[])(
    "of a verdict that is %s ends with a line break",
    (name) => {
      expect(render(format, verdicts[name], options)).toMatch(/\n$/);
    },
  );

  test("holds nothing that a terminal would obey, and only well-formed text", () => {
    const report = render(format, hostile, options);
    expect(unsafe.exec(report)).toBeNull();
    expect(report.isWellFormed()).toBe(true);
  });

  test("is the same for the same verdict", () => {
    expect(render(format, hostile, options)).toBe(render(format, hostile, options));
  });

  test("writes twenty thousand findings without delay", () => {
    const findings = Array.from({ length: 20_000 }, (_, i) =>
      finding({
        check: `repo.file-${i % 500}`,
        subject: `src/file-${i}.ts`,
        status: (["ok", "warn", "fail", "skipped", "notice"] as const)[i % 5] ?? "ok",
        message: `File ${i} has something to say about itself`,
        remedy: `git rm --cached src/file-${i}.ts`,
      }),
    );
    const big = verdict("BLOCKED", findings);
    const before = process.cpuUsage();
    expect(render(format, big, options).length).toBeGreaterThan(1000);
    // A report that compared findings with each other would need minutes. What others take of the machine does not count.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(10_000);
  });
});

test.each(["pretty", "text", "json", "junit", "markdown", "sarif"] as const)(
  "%s says as of when it was judged, if that was asked",
  (format) => {
    const at = "2026-12-24T17:00:00.000Z";
    const past = verdict("SAFE", safe.findings, { releasable: false, at });
    expect(render(format, past, { ...options, width: 200 })).toContain(at);
    expect(render(format, safe, options)).not.toMatch(/as of|"at"/);
  },
);

test.each(formats)("%s says who let a finding pass, why and until when", (format) => {
  const report = render(format, excused, { ...options, width: 200 }).replace(/\s+/g, " ");
  for (const piece of [
    "platform-team",
    "signing keys are being replaced",
    "OPS-311",
    "2026-12-01",
    "2026-12-31",
    "trying it out",
    "rollback of a broken release",
  ]) {
    expect(report).toContain(piece);
  }
});
