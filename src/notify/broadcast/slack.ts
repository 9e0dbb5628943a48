import type { HeaderBlock, KnownBlock, SectionBlock } from "@slack/types";
import { parseObject } from "../../core/json.ts";
import { runLink } from "../alert.ts";
import { mrkdwn, plain } from "../slack.ts";
import { escapedLine, fittingLines, oneLine, withoutMentions } from "../text.ts";
import { type Answered, type BroadcastChannel, byStatus, type Templates } from "./channel.ts";
import type { BroadcastMessage, MessagePart } from "./message.ts";
import { fillTemplate, type Template, urlInText } from "./template.ts";

// Slack's limits: 50 blocks, 150 characters a header, 3,000 a section, 10 fields of 2,000 a section.
const blocksAtMost = 50;
const header = 150;
const section = 3000;
const field = 500;
const line = 400;
const fieldsAtMost = 10;
/** Of the text that stands for the blocks in notifications, and is all that compatible receivers show. */
const fallback = 3500;

const remedies: Readonly<Record<string, string>> = {
  no_service: "the webhook was removed: make a new one in Slack, and set the variable to its URL",
  no_team: "the workspace of the webhook is gone: make a new one",
  invalid_token: "the webhook's URL is not whole, or was revoked: copy it again from Slack",
  action_prohibited: "an administrator forbids this webhook to post: ask them",
  channel_not_found: "the webhook's channel is gone: make a new webhook",
  channel_is_archived: "unarchive the channel, or make a webhook for another one",
  posting_to_general_channel_denied:
    "only administrators may post to #general: make a webhook for another channel",
  403: "the webhook was revoked, or may not post: make a new one",
  404: "the webhook was removed: make a new one in Slack, and set the variable to its URL",
  410: "unarchive the channel, or make a webhook for another one",
};

/** Slack's incoming webhooks, and what takes the same (Mattermost, Rocket.Chat …): those read `text`, Slack shows the blocks. */
export const slackBroadcast: BroadcastChannel = {
  type: "slack",
  label: "Slack",
  dropsCopies: false,
  request: (message, { url, templates }) => ({
    url,
    headers: { "Content-Type": "application/json; charset=utf-8" },
    body: JSON.stringify({
      text: text(message, templates),
      blocks: blocks(message, templates),
      unfurl_links: false,
      unfurl_media: false,
    }),
  }),
  answered(answer): Answered {
    const body = answer.body.trim();
    // Errors are one word. Anything else could repeat the URL.
    const found = byStatus(answer, /^[a-z_]{3,40}$/.exec(body)?.[0], remedies);
    if (found.state !== "sent") return found;
    // Those that take the same answer with JSON; some of them say no in it.
    const { ok, success } = parseObject(body) ?? {};
    if (ok === false || success === false)
      return { state: "refused", why: `answered ${answer.status}, and that it was not taken` };
    // Those that take the same have other words for it, or none.
    return { ...found, detail: body === "ok" ? "ok" : `answered ${answer.status}` };
  },
};

function text(message: BroadcastMessage, templates: Templates): string {
  const lines = [
    `*${mrkdwn(message.title, line)}*`,
    ...(message.banner === null ? [] : [`_${mrkdwn(message.banner, line)}_`]),
    ...message.parts.flatMap((part) => {
      const template = templates[part.kind];
      return template ? filled(template, message).split("\n") : partLines(part);
    }),
    ...links(message),
  ];
  return fittingLines(
    lines.map((one) => (one.length > section ? `${one.slice(0, line)}…`.toWellFormed() : one)),
    fallback,
  );
}

function partLines({ title, facts, sections }: MessagePart): string[] {
  return [
    `*${title}*`,
    ...facts.map(([label, value]) => `*${label}:* ${mrkdwn(value, line)}`),
    ...sections.flatMap((one) => [
      `*${one.title}*`,
      ...one.lines.slice(0, 10).map((words) => `• ${mrkdwn(words, line)}`),
    ]),
  ];
}

function blocks(message: BroadcastMessage, templates: Templates): readonly KnownBlock[] {
  const head: KnownBlock[] = [
    heading(message.title),
    ...(message.banner === null ? [] : [{ type: "section" as const, text: plain(message.banner) }]),
  ];
  const all = links(message);
  const tail: KnownBlock[] = [
    ...(all.length > 0 ? [marked(all.join(" · "))] : []),
    { type: "context", elements: [plain(`release-sentinel ${message.toolVersion}`)] },
  ];
  const body = message.parts.flatMap((part): KnownBlock[] => {
    const template = templates[part.kind];
    const shown = template ? pages(filled(template, message)).map(marked) : partBlocks(part);
    return [{ type: "divider" }, ...shown];
  });
  return [...head, ...body.slice(0, blocksAtMost - head.length - tail.length), ...tail];
}

function partBlocks({ title, facts, sections }: MessagePart): KnownBlock[] {
  const fields = facts.map(([label, value]) => plain(withoutMentions(`${label}: ${oneLine(value, field)}`)));
  const grouped = Array.from({ length: Math.ceil(fields.length / fieldsAtMost) }, (_, i) => ({
    type: "section" as const,
    fields: fields.slice(i * fieldsAtMost, (i + 1) * fieldsAtMost),
  }));
  const lists = sections.map(({ title: one, lines }) =>
    marked(
      `*${one}*\n${fittingLines(
        lines.map((words) => `• ${mrkdwn(words, line)}`),
        section - one.length - 3,
      )}`,
    ),
  );
  return [heading(title), ...grouped, ...lists];
}

function heading(words: string): HeaderBlock {
  return { type: "header", text: plain(escapedLine(words, header, withoutMentions)) };
}

function marked(words: string): SectionBlock {
  return { type: "section", text: { type: "mrkdwn", text: words } };
}

function links({ links: all }: BroadcastMessage): string[] {
  return all.flatMap(({ label, url }) => {
    const safe = runLink({ runUrl: url });
    return safe && safe.length < 500 ? [`<${safe.replaceAll("&", "&amp;")}|${label}>`] : [];
  });
}

/** The user's own markup stays, but nothing of it calls anybody. */
function filled(template: Template, { fields }: BroadcastMessage): string {
  const written = fillTemplate(
    template,
    fields,
    (value) => mrkdwn(value, line),
    (url) => urlInText(url).replaceAll("&", "&amp;"),
  );
  return withoutMentions(written.toWellFormed().replace(/<(?=[!@#])/g, "&lt;"));
}

/** In pieces that a section holds, cut between lines where that can be. */
function pages(words: string): string[] {
  const found: string[] = [];
  let page = "";
  for (const one of words.split("\n").flatMap((each) => each.match(/.{1,1450}/gsu) ?? [""])) {
    if (page.length + one.length + 1 > section) {
      found.push(page);
      page = "";
    }
    page += page === "" ? one : `\n${one}`;
  }
  return [...found, page].filter((each) => each.trim() !== "");
}
