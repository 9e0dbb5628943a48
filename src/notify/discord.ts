import type { HttpAnswer } from "../clients/readers.ts";
import { parseObject } from "../core/json.ts";
import {
  type Alert,
  type Channel,
  circumstances,
  furtherReasons,
  runLink,
  shortMessage,
  status,
} from "./alert.ts";
import { escapedLine, fittingLines, withoutMentions } from "./text.ts";

// Discord's limits: content 2,000; an embed's title 256, description 4,096, field 1,024, everything in it 6,000.
const message = 1800;
const description = 3000;
const line = 300;

const colours = { BLOCKED: 0xe8a33d, CRITICAL: 0xd7263d };

export const discord: Channel = {
  type: "discord",
  request: (alert, { url }) => ({
    url: waiting(url),
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify({
      content: content(alert),
      embeds: [embed(alert)],
      allowed_mentions: { parse: [] },
    }),
  }),
  accepted: (answer) => status(answer, reason(answer)),
  retryAfterMs,
};

export function retryAfterMs({ body }: HttpAnswer): number | undefined {
  const seconds = parseObject(body)?.["retry_after"];
  return typeof seconds === "number" && seconds >= 0 ? Math.ceil(seconds * 1000) : undefined;
}

function content(alert: Alert): string {
  return [
    ":rotating_light: Release Sentinel Alert",
    `**Severity:** ${alert.severity}`,
    `**Message:** ${markdown(shortMessage(alert), message)}`,
  ].join("\n");
}

function embed(alert: Alert): object {
  const link = runLink(alert);
  const reasons = furtherReasons(alert).map((one) => `• ${markdown(one, line)}`);
  return {
    title: `Release ${alert.severity}`,
    color: colours[alert.severity],
    fields: circumstances(alert).map(([name, value]) => ({
      name,
      value: markdown(value, line),
      inline: true,
    })),
    footer: { text: `release-sentinel ${alert.toolVersion}` },
    ...(reasons.length > 0 ? { description: fittingLines(reasons, description) } : {}),
    ...(link ? { url: link } : {}),
  };
}

/** Asks Discord to answer only when the message is there. A URL that is none is left for the sender to refuse. */
export function waiting(text: string): string {
  const url = URL.parse(text);
  url?.searchParams.set("wait", "true");
  return url?.href ?? text;
}

/** Backslashes before markup; `_` only where it is markup: variables' names stay readable. */
export function markdown(words: string, maxLength: number): string {
  return escapedLine(words, maxLength, (value) =>
    withoutMentions(value)
      .replace(/[\\*`~|<>[\]]/g, "\\$&")
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\_"),
  );
}

/** Discord's own words for what is wrong, if they are words: another server's could repeat the URL. */
export function reason({ body }: HttpAnswer): string | undefined {
  const words = parseObject(body)?.["message"];
  return typeof words === "string" ? /^[A-Za-z][A-Za-z ]{2,60}\.?$/.exec(words)?.[0] : undefined;
}
