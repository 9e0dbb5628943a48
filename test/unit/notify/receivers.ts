import { expect } from "vitest";
import type { Alert } from "../../../src/notify/alert.ts";

export const alert: Alert = {
  severity: "BLOCKED",
  message: "Release BLOCKED (policy): Git working tree is dirty",
  reasons: ["Git working tree is dirty"],
  environment: "prod",
  version: "v1.4.2",
  commit: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  actor: "octocat",
  runUrl: "https://ci.example/runs/7?a=b&c=d",
  toolVersion: "0.1.0",
};

/** Everything at once that people or programs have ever put into a branch name, a commit message or a server's answer. */
export const hostile =
  "<!channel> <@U012AB3CD> <https://evil.example|SAFE> *Severity:* SAFE\n*Severity:* SAFE\r\n**Severity:** SAFE " +
  "`code` ```block``` @everyone @here [click](https://evil.example) ~~x~~ ||y|| __z__ # head > quote & \u001b[31m \u202e \u0000";

export const many: readonly string[] = Array.from(
  { length: 500 },
  (_, i) => `Reason ${i}: ${"<&>*".repeat(20)}`,
);

interface Text {
  readonly type: "plain_text" | "mrkdwn";
  readonly text: string;
}

export interface SlackPayload {
  readonly text: string;
  readonly blocks: readonly {
    type: string;
    text?: Text;
    fields?: readonly Text[];
    elements?: readonly Text[];
  }[];
}

/** Slack's documented limits: a payload beyond them is answered with `invalid_blocks`. */
export function expectSlackToTake(payload: SlackPayload): void {
  expect(payload.text.length).toBeLessThanOrEqual(40_000);
  expect(payload.blocks.length).toBeLessThanOrEqual(50);
  for (const { type, text, fields = [], elements = [] } of payload.blocks) {
    const most = { header: 150, section: 3000, context: 0, divider: 0 }[type];
    expect(most, type).toBeDefined();
    if (type === "section" || type === "header")
      expect(text !== undefined || fields.length > 0, "a section has text or fields").toBe(true);
    if (type === "header") expect(text?.type).toBe("plain_text");
    if (text) expect(text.text.length).toBeLessThanOrEqual(most ?? 0);
    expect(fields.length).toBeLessThanOrEqual(10);
    expect(elements.length).toBeLessThanOrEqual(10);
    for (const one of [...fields, ...elements]) expect(one.text.length).toBeLessThanOrEqual(2000);
    for (const one of [...(text ? [text] : []), ...fields, ...elements])
      expect(one.text.length).toBeGreaterThan(0);
  }
}

/** What Slack reads markup in: nobody may be called there. */
export function slackMarkup({ text, blocks }: SlackPayload): string {
  const marked = blocks.flatMap(({ text: one }) => (one?.type === "mrkdwn" ? [one.text] : []));
  return [text, ...marked].join("\n");
}

export interface DiscordPayload {
  readonly content: string;
  readonly allowed_mentions: { parse: readonly string[] };
  readonly embeds: readonly {
    title: string;
    description?: string;
    url?: string;
    fields: readonly { name: string; value: string }[];
    footer: { text: string };
  }[];
}

/** Discord's documented limits: a payload beyond them is answered with 400. */
export function expectDiscordToTake({ content, allowed_mentions, embeds }: DiscordPayload): void {
  expect(content.length).toBeLessThanOrEqual(2000);
  expect(allowed_mentions).toEqual({ parse: [] });
  expect(embeds.length).toBeLessThanOrEqual(10);
  let all = 0;
  for (const { title, description = "", fields = [], footer = { text: "" } } of embeds) {
    expect(title.length).toBeLessThanOrEqual(256);
    expect(description.length).toBeLessThanOrEqual(4096);
    expect(fields.length).toBeLessThanOrEqual(25);
    expect(footer.text.length).toBeLessThanOrEqual(2048);
    all += title.length + description.length + footer.text.length;
    for (const { name, value } of fields) {
      expect(name.length).toBeLessThanOrEqual(256);
      expect(value.length).toBeGreaterThan(0);
      expect(value.length).toBeLessThanOrEqual(1024);
      all += name.length + value.length;
    }
  }
  expect(all).toBeLessThanOrEqual(6000);
}
