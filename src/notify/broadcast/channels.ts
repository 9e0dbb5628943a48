import { createHash } from "node:crypto";
import { parseUrl } from "../../clients/http/url.ts";
import type { EnvReader } from "../../clients/readers.ts";
import { targetOf } from "../channels.ts";
import type { BroadcastChannel, Templates } from "./channel.ts";
import { discordBroadcast } from "./discord.ts";
import { genericBroadcast } from "./generic.ts";
import type { BroadcastFacts } from "./message.ts";
import { type BroadcastChannelSettings, type MessageKind, messageKinds } from "./settings.ts";
import { slackBroadcast } from "./slack.ts";

/** A channel of this release, or the reason why it cannot be sent to. */
export interface ReadyBroadcast {
  readonly channel: BroadcastChannel;
  /** The variable that names its URL: what people call it. */
  readonly name: string;
  readonly target: { readonly url: string; readonly secret?: string } | { readonly trouble: string };
  readonly kinds: readonly MessageKind[];
  /** Files of templates, from the top of the work tree. */
  readonly templates: NonNullable<BroadcastChannelSettings["templates"]>;
}

/** The same with its templates read. */
export interface PreparedBroadcast extends Omit<ReadyBroadcast, "templates"> {
  readonly templates: Templates;
}

const channels = { slack: slackBroadcast, discord: discordBroadcast, generic: genericBroadcast };

/** Without any configuration: the first variable of each row that is set. */
const fromEnvironment = [
  { type: "slack", names: ["SLACK_WEBHOOK_URL", "RS_ALERT_WEBHOOK"] },
  { type: "discord", names: ["DISCORD_WEBHOOK_URL", "RS_DISCORD_WEBHOOK"] },
] as const;

/** The variables that name a channel when the configuration names none. */
export const defaultChannels: readonly string[] = fromEnvironment.map(({ names }) => names[0]);

/** The channels that a release is told to. Reading their secrets never fails: the trouble is kept. */
export function broadcastChannels(
  settings: readonly BroadcastChannelSettings[] | undefined,
  environment: string | null,
  env: EnvReader,
): readonly ReadyBroadcast[] {
  if (settings === undefined) {
    return fromEnvironment.flatMap(({ type, names }): ReadyBroadcast[] => {
      for (const name of names) {
        const target = sound(targetOf(name, undefined, env), name);
        if (target) return [{ channel: channels[type], name, target, kinds: messageKinds, templates: {} }];
      }
      return [];
    });
  }
  return settings
    .filter((channel) => isToldOf(channel, environment))
    .map(({ type, urlFrom, secretFrom, messages = messageKinds, templates = {} }) => ({
      channel: channels[type],
      name: urlFrom,
      target: sound(targetOf(urlFrom, secretFrom, env), urlFrom) ?? { trouble: `${urlFrom} is not set` },
      kinds: messages,
      templates,
    }));
}

/** A target that nothing can be sent to is known before anything is done. */
function sound(
  target: ReadyBroadcast["target"] | undefined,
  name: string,
): ReadyBroadcast["target"] | undefined {
  if (target === undefined || "trouble" in target) return target;
  try {
    parseUrl(target.url);
    return target;
  } catch {
    return { trouble: `${name} is no URL: it takes the whole of it, with https:// and without quotes` };
  }
}

/** Whether a channel is told of releases to an environment. */
export function isToldOf(
  { environments }: Pick<BroadcastChannelSettings, "environments">,
  environment: string | null,
): boolean {
  return environments === undefined || (environment !== null && environments.includes(environment));
}

/** A channel that nobody has named: what a message would look like is shown with it. */
export const sampleChannel: ReadyBroadcast = {
  channel: slackBroadcast,
  name: "SLACK_WEBHOOK_URL",
  target: { trouble: "SLACK_WEBHOOK_URL is not set" },
  kinds: messageKinds,
  templates: {},
};

/** What a mark about a channel is about. */
export function broadcastKey({ channel, name }: Pick<ReadyBroadcast, "channel" | "name">): string {
  return `broadcast/${channel.type}-${name}`;
}

/** The same for one release and one channel, on every machine: receivers drop what they have by it. */
export function deliveryId({ tag, commit }: Pick<BroadcastFacts, "tag" | "commit">, name: string): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([tag, commit, name]))
    .digest("hex");
  return `release-sentinel-${hash.slice(0, 32)}`;
}
