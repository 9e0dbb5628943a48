import type { EnvReader } from "../clients/readers.ts";
import type { Zod } from "../core/check.ts";
import type { Channel, Severity } from "./alert.ts";
import { discord } from "./discord.ts";
import { generic } from "./generic.ts";
import { slack } from "./slack.ts";

/** A channel as a configuration names it: URLs and keys are secrets, so only their variables' names are there. */
export interface ChannelConfig {
  readonly type: Channel["type"];
  readonly urlFrom: string;
  readonly secretFrom?: string;
  readonly environments?: readonly string[];
  readonly severity?: readonly Severity[];
}

/** A channel that can be sent to, or the reason why it cannot. */
export interface ReadyChannel {
  readonly channel: Channel;
  /** The variable that names its URL: what a log may call it. */
  readonly name: string;
  readonly target: { readonly url: string; readonly secret?: string } | { readonly trouble: string };
  /** Only for these environments; absent: for all. */
  readonly environments?: readonly string[];
  /** Only for these severities; absent: for both. */
  readonly severity?: readonly Severity[];
}

const channels: Readonly<Record<Channel["type"], Channel>> = { slack, discord, generic };

/** Without any configuration: the first variable of each row that is set. */
const fromEnvironment = [
  { type: "slack", names: ["RS_ALERT_WEBHOOK", "SLACK_WEBHOOK_URL"] },
  { type: "discord", names: ["RS_DISCORD_WEBHOOK", "DISCORD_WEBHOOK_URL"] },
] as const;

export function alertsSchema(z: Zod) {
  const variable = z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a variable's name (the URL itself is a secret)");
  return z
    .array(
      z
        .strictObject({
          type: z
            .enum(["slack", "discord", "generic"])
            .describe(
              "slack (and compatible), discord, or generic: CloudEvents JSON with Standard Webhooks headers.",
            ),
          urlFrom: variable.describe(
            "Variable that holds the webhook's URL; NAME_FILE with a mounted file counts as NAME.",
          ),
          secretFrom: variable.optional().describe("generic only: variable that holds the key to sign with."),
          environments: z
            .array(z.string().min(1))
            .min(1)
            .optional()
            .describe("Only alerts of these environments."),
          severity: z
            .array(z.enum(["BLOCKED", "CRITICAL"]))
            .min(1)
            .optional()
            .describe("Only alerts of this severity."),
        })
        .refine(({ type, secretFrom }) => type === "generic" || secretFrom === undefined, {
          path: ["secretFrom"],
          message: "only generic webhooks are signed",
        }),
    )
    .describe("Where alerts go, besides RS_ALERT_WEBHOOK and RS_DISCORD_WEBHOOK.");
}

/** The channels that the environment and the configuration name. Reading their secrets never fails: the trouble is kept for the log. */
export function channelsFrom(config: readonly ChannelConfig[], env: EnvReader): readonly ReadyChannel[] {
  // A variable that the configuration names has that entry's limits, not a second channel without any.
  const named = new Set(config.map(({ urlFrom }) => urlFrom));
  const found = fromEnvironment.flatMap(({ type, names }): ReadyChannel[] => {
    for (const name of names) {
      const target = named.has(name) ? undefined : targetOf(name, undefined, env);
      if (target) return [{ channel: channels[type], name, target }];
    }
    return [];
  });
  const configured = config.map(
    ({ type, urlFrom, secretFrom, environments, severity }): ReadyChannel => ({
      channel: channels[type],
      name: urlFrom,
      target: targetOf(urlFrom, secretFrom, env) ?? { trouble: `${urlFrom} is not set` },
      ...(environments ? { environments } : {}),
      ...(severity ? { severity } : {}),
    }),
  );
  return [...found, ...configured];
}

/** Undefined when the URL's variable is not set. */
export function targetOf(
  urlFrom: string,
  secretFrom: string | undefined,
  env: EnvReader,
): ReadyChannel["target"] | undefined {
  try {
    const url = env.secret(urlFrom)?.trim();
    if (!url) return undefined;
    if (secretFrom === undefined) return { url };
    const secret = env.secret(secretFrom)?.trim();
    // Receivers that verify signatures must not be taught to take unsigned alerts.
    return secret ? { url, secret } : { trouble: `${secretFrom} is not set` };
  } catch (error) {
    return { trouble: error instanceof Error ? error.message : `${urlFrom} cannot be read` };
  }
}
