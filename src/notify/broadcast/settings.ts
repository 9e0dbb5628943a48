import type { ZodType } from "zod";
import type { Zod } from "../../core/check.ts";

export const messageKinds = ["announcement", "notes"] as const;
/** `announcement`: a change announcement · `notes`: post-release notes. */
export type MessageKind = (typeof messageKinds)[number];

/** The configuration's `ritual.broadcast:`. Texts are shown as they are. */
export interface BroadcastSettings {
  readonly channels?: readonly BroadcastChannelSettings[];
  readonly impact?: string;
  readonly risk?: string;
  readonly rollback?: string;
  readonly owner?: string;
  readonly onCall?: string;
  /** Flags that this change is about: one line each. */
  readonly flags?: readonly string[];
  /** Flags whose default this release changes: one line each. */
  readonly flagDefaults?: readonly string[];
}

export interface BroadcastChannelSettings {
  readonly type: "slack" | "discord" | "generic";
  /** The variable that holds the URL; a channel's name everywhere. */
  readonly urlFrom: string;
  readonly secretFrom?: string;
  /** Default: both, in one message. */
  readonly messages?: readonly MessageKind[];
  /** Files of templates, from the top of the work tree. */
  readonly templates?: Readonly<Partial<Record<MessageKind, string>>>;
  readonly environments?: readonly string[];
}

/** The shape of `ritual.broadcast:`. */
export function broadcastSchema(z: Zod): ZodType {
  const text = z.string().min(1).max(1000);
  const lines = z.array(text);
  const variable = z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a variable's name (the URL itself is a secret)");
  const template = z.string().min(1).optional();
  const channel = z
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
      messages: z
        .array(z.enum(messageKinds))
        .min(1)
        .optional()
        .describe("What is told: a change announcement, post-release notes. Default: both, in one message."),
      templates: z
        .strictObject({
          announcement: template.describe("File of a template for the change announcement."),
          notes: template.describe("File of a template for the post-release notes."),
        })
        .optional()
        .describe("Texts of your own with {{fields}}, from the top of the work tree."),
      environments: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe("Only releases to these environments."),
    })
    .refine(({ type, secretFrom }) => type === "generic" || secretFrom === undefined, {
      path: ["secretFrom"],
      message: "only generic webhooks are signed",
    });
  return z.strictObject({
    channels: z
      .array(channel)
      .refine(
        (all) => new Set(all.map(({ urlFrom }) => urlFrom)).size === all.length,
        "name one variable twice",
      )
      .optional()
      .describe("Who is told. Default: SLACK_WEBHOOK_URL and DISCORD_WEBHOOK_URL, where they are set."),
    impact: text.optional().describe("Whom the change touches, and how. Default: from the changelog."),
    risk: text.optional().describe("How risky it is. Default: from the changelog."),
    rollback: text.optional().describe("How to go back. Default: the release before."),
    owner: text.optional().describe("Who answers for the change."),
    onCall: text.optional().describe("Who is on call for it."),
    flags: lines.optional().describe("Feature flags that belong to the change, one line each."),
    flagDefaults: lines.optional().describe("Flags whose default the release changes, one line each."),
  });
}
