import { runLink } from "../alert.ts";
import { webhookHeaders } from "../generic.ts";
import { oneLine } from "../text.ts";
import { type BroadcastChannel, byStatus } from "./channel.ts";
import { fillTemplate, urlInText } from "./template.ts";

const line = 1000;
const mostLines = 200;

/** CloudEvents 1.0 in structured JSON, with the headers of Standard Webhooks: its id is the same at every attempt and in every run. */
export const genericBroadcast: BroadcastChannel = {
  type: "generic",
  label: "webhook",
  dropsCopies: true,
  request(message, { url, secret, id, at, templates }) {
    const { tag, rehearsal, subject, title, toolVersion } = message;
    const body = JSON.stringify({
      specversion: "1.0",
      id,
      source: "release-sentinel",
      type: rehearsal ? "release-sentinel.rehearsal.v1" : "release-sentinel.broadcast.v1",
      subject: tag,
      time: at.toISOString(),
      datacontenttype: "application/json",
      data: {
        ...{ tag, rehearsal, title: oneLine(title, line), ...subject },
        messages: message.parts.map(({ kind, title: its, facts, sections }) => {
          const template = templates[kind];
          return {
            kind,
            title: its,
            facts: Object.fromEntries(facts.map(([label, value]) => [label, oneLine(value, line)])),
            sections: sections.map((one) => ({ title: one.title, lines: shortened(one.lines) })),
            ...(template
              ? {
                  text: fillTemplate(
                    template,
                    message.fields,
                    (words) => oneLine(words, line),
                    urlInText,
                  ).toWellFormed(),
                }
              : {}),
          };
        }),
        links: message.links.flatMap(({ label, url: to }) => {
          const safe = runLink({ runUrl: to });
          return safe ? [{ label, url: safe }] : [];
        }),
        toolVersion,
      },
    });
    return { url, headers: webhookHeaders({ id, at, body }, secret), body };
  },
  answered: (answer) => {
    const found = byStatus(answer, undefined, {
      401: "the receiver does not accept the signature: set the same key on both sides",
      403: "the receiver does not accept the signature: set the same key on both sides",
      404: "see that the variable holds the receiver's URL",
      410: "the receiver wants nothing more: take the channel out of ritual.broadcast.channels",
    });
    return found;
  },
};

function shortened(lines: readonly string[]): string[] {
  const kept = lines.slice(0, mostLines).map((words) => oneLine(words, line));
  const more = lines.length - kept.length;
  return more > 0 ? [...kept, `… and ${more} more`] : kept;
}
