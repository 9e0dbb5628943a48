import type { HttpAnswer } from "../../clients/readers.ts";
import type { BroadcastMessage } from "./message.ts";
import type { BroadcastChannelSettings, MessageKind } from "./settings.ts";
import type { Template } from "./template.ts";

export type Templates = Readonly<Partial<Record<MessageKind, Template>>>;

/** What a channel needs besides the message. */
export interface Delivery {
  readonly url: string;
  /** Key to sign with. */
  readonly secret?: string;
  /** The same for one release and one channel, whoever sends it and however often. */
  readonly id: string;
  readonly at: Date;
  readonly templates: Templates;
}

export interface ChannelRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an answer means. `lost`: it may have been delivered all the same. */
export type Answered =
  | { readonly state: "sent"; readonly detail: string }
  | { readonly state: "refused" | "lost"; readonly why: string; readonly remedy?: string };

/** One sort of receiver. Builds requests and reads answers; does not send. */
export interface BroadcastChannel {
  readonly type: BroadcastChannelSettings["type"];
  /** For people. */
  readonly label: string;
  /** A receiver that drops a second copy by its id: what may have been sent is simply sent again. */
  readonly dropsCopies: boolean;
  request(message: BroadcastMessage, delivery: Delivery): ChannelRequest;
  answered(answer: HttpAnswer): Answered;
  /** Milliseconds that the receiver asks us to wait, where it says so elsewhere than in Retry-After. */
  retryAfterMs?(answer: HttpAnswer): number | undefined;
}

/** No receiver of messages answers with one. Slack's own `ok` says that it is HTML, too. */
function isPage({ headers, body }: HttpAnswer): boolean {
  if (/^\s*<(!doctype\s+html|html|head|body)\b/i.test(body)) return true;
  return /^\s*</.test(body) && /^text\/html\b/i.test(headers["content-type"] ?? "");
}

/** What every receiver means by a status, with one word of its own if it gave one. */
export function byStatus(
  answer: HttpAnswer,
  word: string | undefined,
  remedies: Readonly<Record<string, string>>,
): Answered {
  const { status } = answer;
  const why = `answered ${status}${word ? ` (${word})` : ""}`;
  if (status >= 200 && status < 300) {
    if (!isPage(answer)) return { state: "sent", detail: why };
    const remedy = "see whether a proxy, or a page to log in, answers instead of the receiver";
    return { state: "lost", why: `answered ${status} with a page`, remedy };
  }
  const known = [word ?? "", String(status)].find((one) => Object.hasOwn(remedies, one));
  const remedy = known === undefined ? undefined : remedies[known];
  // What a server meant to do when it failed, nobody knows.
  const state = status >= 500 ? "lost" : "refused";
  return { state, why, ...(remedy === undefined ? {} : { remedy }) };
}
