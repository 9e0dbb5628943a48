import {
  type Alert,
  type Channel,
  circumstances,
  furtherReasons,
  runLink,
  shortMessage,
  status,
} from "./alert.ts";
import { escapedLine, fittingLines, oneLine, withoutMentions } from "./text.ts";

// Slack's limits: 50 blocks, 3,000 characters a section, 150 a header, 2,000 a field.
const section = 3000;
const line = 500;

/** Slack's incoming webhooks, and what takes the same (Mattermost, Rocket.Chat …): those read `text`, Slack shows the blocks. */
export const slack: Channel = {
  type: "slack",
  request: (alert, { url }) => ({
    url,
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify({
      text: text(alert),
      blocks: blocks(alert),
      unfurl_links: false,
      unfurl_media: false,
    }),
  }),
  // Errors are one word: `invalid_token`. Anything else could repeat the URL.
  accepted: (answer) => status(answer, /^[a-z_]{3,40}$/.exec(answer.body.trim())?.[0]),
};

function text(alert: Alert): string {
  const link = runLink(alert);
  const reasons = furtherReasons(alert).map((reason) => `• ${mrkdwn(reason, line)}`);
  return [
    ":rotating_light: Release Sentinel Alert",
    `*Severity:* ${alert.severity}`,
    `*Message:* ${mrkdwn(shortMessage(alert), section)}`,
    ...circumstances(alert).map(([label, value]) => `*${label}:* ${mrkdwn(value, line)}`),
    ...(link ? [`*Run:* ${link.replaceAll("&", "&amp;")}`] : []),
    ...(reasons.length > 0 ? [fittingLines(reasons, section)] : []),
  ].join("\n");
}

function blocks(alert: Alert): object[] {
  const link = runLink(alert);
  const reasons = furtherReasons(alert).map((reason) => `• ${oneLine(reason, line)}`);
  const fields = circumstances(alert).map(([label, value]) => plain(`${label}: ${oneLine(value, line)}`));
  const footer = [plain(`release-sentinel ${alert.toolVersion}`)];
  return [
    {
      type: "header",
      text: { ...plain(`:rotating_light: Release Sentinel: ${alert.severity}`), emoji: true },
    },
    { type: "section", text: plain(shortMessage(alert)) },
    { type: "section", fields },
    ...(reasons.length > 0 ? [{ type: "section", text: plain(fittingLines(reasons, section)) }] : []),
    ...(link
      ? [{ type: "section", text: { type: "mrkdwn", text: `<${link.replaceAll("&", "&amp;")}|CI run>` } }]
      : []),
    { type: "context", elements: footer },
  ];
}

export function plain(words: string): { type: "plain_text"; text: string; emoji: boolean } {
  return { type: "plain_text", text: words, emoji: false };
}

/**
 * Escapes what Slack says to escape. `*` and the backtick have no escape: look-alikes take their place.
 * `](` would be a link in Mattermost's Markdown.
 */
export function mrkdwn(words: string, maxLength: number): string {
  return escapedLine(words, maxLength, (value) =>
    withoutMentions(value)
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll("*", "∗")
      .replaceAll("`", "ˋ")
      .replaceAll("](", "] ("),
  );
}
