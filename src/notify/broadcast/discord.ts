import { parseObject } from "../../core/json.ts";
import { runLink } from "../alert.ts";
import { markdown, reason, retryAfterMs, waiting } from "../discord.ts";
import { fittingLines, oneLine, withoutMentions } from "../text.ts";
import { type BroadcastChannel, byStatus } from "./channel.ts";
import type { BroadcastMessage, MessagePart } from "./message.ts";
import { fillTemplate, type Template, urlInText } from "./template.ts";

// Discord's limits: content 2,000; a title 256, a description 4,096, 25 fields of 1,024; all embeds together 6,000.
const content = 1900;
const title = 200;
const description = 4096;
const value = 300;
const line = 300;
const inAll = 5800;

const colours = { announcement: 0x3b82c4, notes: 0x3fa45b, rehearsal: 0x8a8f98 };

const remedies: Readonly<Record<string, string>> = {
  401: "the webhook's URL is not whole: copy it again from Discord",
  403: "the webhook may not post: make a new one in Discord",
  404: "the webhook was deleted: make a new one in Discord, and set the variable to its URL",
};

export const discordBroadcast: BroadcastChannel = {
  type: "discord",
  label: "Discord",
  dropsCopies: false,
  request: (message, { url, templates }) => ({
    url: waiting(url),
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify({
      content: head(message),
      embeds: message.parts.map((part, i) =>
        embed(message, part, templates[part.kind], i === message.parts.length - 1),
      ),
      allowed_mentions: { parse: [] },
    }),
  }),
  answered(answer) {
    const found = byStatus(answer, reason(answer), remedies);
    if (found.state !== "sent") return found;
    const id = parseObject(answer.body)?.["id"];
    return {
      state: "sent",
      detail: typeof id === "string" && /^\d{1,30}$/.test(id) ? `message ${id}` : "accepted",
    };
  },
  retryAfterMs,
};

function head(message: BroadcastMessage): string {
  const lines = [
    `**${markdown(message.title, 300)}**`,
    ...(message.banner === null ? [] : [`*${markdown(message.banner, 300)}*`]),
    ...message.links.flatMap(({ label, url }) => {
      const safe = runLink({ runUrl: url });
      // In angle brackets it is no preview.
      return safe && safe.length < 400 ? [`${label}: <${safe}>`] : [];
    }),
  ];
  return fittingLines(lines, content);
}

function embed(
  message: BroadcastMessage,
  part: MessagePart,
  template: Template | undefined,
  isLast: boolean,
): object {
  const footer = isLast ? { footer: { text: oneLine(`release-sentinel ${message.toolVersion}`, 100) } } : {};
  const shown = {
    title: oneLine(`${message.rehearsal ? "Rehearsal: " : ""}${part.title}`, title),
    color: message.rehearsal ? colours.rehearsal : colours[part.kind],
  };
  const share = Math.floor(inAll / message.parts.length) - 400;
  if (template)
    return {
      ...shown,
      description: fittingLines(filled(template, message), Math.min(description, share)),
      ...footer,
    };
  const fields = part.facts
    .slice(0, 8)
    .map(([name, words]) => ({ name, value: markdown(words, value), inline: words.length < 40 }));
  const used = fields.reduce((sum, one) => sum + one.name.length + one.value.length, 0);
  const lines = part.sections.flatMap(({ title: one, lines: all }) => [
    `**${one}**`,
    ...all.map((words) => `• ${markdown(words, line)}`),
  ]);
  const rest = Math.min(description, share - used);
  // Of facts alone there are never so many that nothing is left.
  return {
    ...shown,
    ...(fields.length > 0 ? { fields } : {}),
    ...(lines.length > 0 ? { description: fittingLines(lines, rest) } : {}),
    ...footer,
  };
}

/** The user's own markup stays; mentions do nothing there, and are taken out for those who copy it. */
function filled(template: Template, { fields }: BroadcastMessage): string[] {
  const written = fillTemplate(template, fields, (words) => markdown(words, line), urlInText).toWellFormed();
  return withoutMentions(written)
    .split("\n")
    .flatMap((one) => one.match(/.{1,500}/gsu) ?? [""]);
}
