import { describe, expect, it } from "vitest";
import type { HttpAnswer } from "../../../src/clients/readers.ts";
import type { Alert } from "../../../src/notify/alert.ts";
import { slack } from "../../../src/notify/slack.ts";
import { alert, expectSlackToTake, hostile, many, type SlackPayload } from "./receivers.ts";

function payload(changes: Partial<Alert> = {}): SlackPayload {
  const delivery = { url: "https://hooks.example/x", id: "1", at: new Date(0) };
  return JSON.parse(slack.request({ ...alert, ...changes }, delivery).body) as SlackPayload;
}

function answer(status: number, body: string): HttpAnswer {
  return { status, body, headers: {}, bodyCut: false, url: "", redirects: 0, tookMs: 1 };
}

describe("an alert for Slack", () => {
  it("has the promised text", () => {
    expect(payload().text.split("\n")).toEqual([
      ":rotating_light: Release Sentinel Alert",
      "*Severity:* BLOCKED",
      "*Message:* Release BLOCKED (policy): Git working tree is dirty",
      "*Environment:* prod",
      "*Version:* v1.4.2",
      "*Commit:* 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
      "*Actor:* octocat",
      "*Run:* https://ci.example/runs/7?a=b&amp;c=d",
    ]);
  });

  it("has blocks that say the same", () => {
    const { blocks } = payload();
    expectSlackToTake(payload());
    const words = JSON.stringify(blocks);
    for (const value of [
      alert.severity,
      alert.message,
      alert.environment,
      alert.version,
      alert.commit,
      alert.actor,
    ]) {
      expect(words).toContain(value);
    }
    expect(words).toContain("<https://ci.example/runs/7?a=b&amp;c=d|CI run>");
  });

  it("names the reasons that the message does not", () => {
    const { text, blocks } = payload({
      severity: "CRITICAL",
      message: "Release BLOCKED (CRITICAL): system or dependency unhealthy",
      reasons: ["Disk CRITICAL: 90.2%", "Memory CRITICAL: 91.0%"],
    });
    expect(text).toMatch(/\n• Disk CRITICAL: 90\.2%\n• Memory CRITICAL: 91\.0%$/);
    expect(JSON.stringify(blocks)).toContain("• Disk CRITICAL: 90.2%\\n• Memory CRITICAL: 91.0%");
  });

  it("leaves out what is not known", () => {
    const bare = payload({ version: null, commit: null, actor: null, runUrl: null });
    expect(bare.text.split("\n")).toHaveLength(4);
    expect(JSON.stringify(bare)).not.toContain("null");
    expectSlackToTake(bare);
  });

  it("keeps the names of variables to the letter", () => {
    const message = "Release BLOCKED (policy): Missing required env var: RS_REQUIRED_PROCESS";
    expect(payload({ message }).text).toContain(`*Message:* ${message}\n`);
  });

  it("can neither be forged nor made to call anybody", () => {
    const { text, blocks } = payload({
      message: `Release BLOCKED (policy): ${hostile}`,
      reasons: [hostile, `${hostile}!`],
      environment: hostile,
      version: hostile,
      actor: hostile,
    });
    const lines = text.split("\n");
    expect(lines.filter((line) => line.includes("*Severity:*"))).toEqual(["*Severity:* BLOCKED"]);
    expect(text).not.toMatch(/<|`|@everyone|@here|\]\(|\u001b|\u202e|\u0000/);
    expect(text).toContain("&lt;!channel&gt;");
    const markup = blocks.flatMap(({ text: one }) => (one?.type === "mrkdwn" ? [one.text] : []));
    expect(markup).toEqual(["<https://ci.example/runs/7?a=b&amp;c=d|CI run>"]);
    const shown = blocks.flatMap(({ text: one, fields = [] }) => [...(one ? [one] : []), ...fields]);
    expect(shown.map((one) => one.text).join("")).not.toMatch(/[\u0000\u001b\u202e]/);
  });

  it.each([
    ["javascript:alert(1)", undefined],
    ["not a url", undefined],
    [`https://ci.example/${"x".repeat(3000)}`, undefined],
    ["https://[::1]:8080/job/my_app/7", "https://[::1]:8080/job/my_app/7"],
    ["https://ci.example/a|b>c*d*", "https://ci.example/a%7Cb%3Ec%2Ad%2A"],
    [`https://ada:${["pw", "1"].join("")}@ci.example/`, "https://ci.example/"],
  ])("links a run only where that is safe: %s", (runUrl, link) => {
    const run = payload({ runUrl })
      .text.split("\n")
      .find((line) => line.startsWith("*Run:*"));
    expect(run).toBe(link === undefined ? undefined : `*Run:* ${link}`);
  });

  it("stays within Slack's limits, and says what was left out", () => {
    const big = payload({
      message: `Release BLOCKED (policy): ${many.join("; ")}`,
      reasons: ["🚀".repeat(2000), ...many],
      actor: "&".repeat(9000),
    });
    expectSlackToTake(big);
    expect(big.text).toMatch(/\n• (🚀){235}… \(4000 characters\)\n• Reason 9: /u);
    expect(big.text).toMatch(/\n… and \d+ more$/);
    expect(JSON.stringify(big.blocks)).toMatch(/… and \d+ more/);
  });
});

describe("Slack's answer", () => {
  it.each([
    [200, "ok", undefined],
    [200, "<html>welcome</html>", undefined],
    [204, "", undefined],
    [403, "invalid_token", "answered 403 (invalid_token)"],
    [404, "no_service\n", "answered 404 (no_service)"],
    [404, "Cannot POST /services/T000/B000/XXXX", "answered 404"],
    [302, "", "answered 302"],
    [500, "", "answered 500"],
  ])("%i %j means %s", (status, body, cause) => {
    expect(slack.accepted(answer(status, body))).toBe(cause);
  });
});
