import type { HttpAnswer } from "../clients/readers.ts";
import { oneLine } from "./text.ts";

export type Severity = "BLOCKED" | "CRITICAL";

/** What is told to people when a release does not go on. Fields are allow-listed: nothing else ever leaves. */
export interface Alert {
  readonly severity: Severity;
  /** The reason in one line: `Release BLOCKED (policy): Git working tree is dirty`. */
  readonly message: string;
  /** Every reason, one sentence each. */
  readonly reasons: readonly string[];
  readonly environment: string;
  readonly version: string | null;
  /** Full object name. */
  readonly commit: string | null;
  /** Who started it. */
  readonly actor: string | null;
  /** The CI run, http or https. */
  readonly runUrl: string | null;
  /** Of release-sentinel itself. */
  readonly toolVersion: string;
}

/** What a channel needs besides the alert. */
interface Delivery {
  readonly url: string;
  /** Key to sign with. */
  readonly secret?: string;
  /** The same at every attempt, so that a receiver can drop the second copy. */
  readonly id: string;
  readonly at: Date;
}

interface AlertRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One sort of receiver. Builds requests and reads answers; does not send. */
export interface Channel {
  readonly type: "slack" | "discord" | "generic";
  request(alert: Alert, delivery: Delivery): AlertRequest;
  /** Undefined when the alert has arrived, else why not. */
  accepted(answer: HttpAnswer): string | undefined;
  /** Milliseconds that the receiver asks us to wait, where it says so elsewhere than in Retry-After. */
  retryAfterMs?(answer: HttpAnswer): number | undefined;
}

/** The circumstances in the order in which people read them; what is not known is left out. */
export function circumstances(alert: Alert): readonly (readonly [label: string, value: string])[] {
  const all = [
    ["Environment", alert.environment],
    ["Version", alert.version],
    ["Commit", alert.commit],
    ["Actor", alert.actor],
  ] as const;
  return all.flatMap(([label, value]) => (value ? [[label, value] as const] : []));
}

/** The message in one line that every channel can hold, whatever its markup makes of it. */
export function shortMessage({ message }: Alert): string {
  return oneLine(message, 900);
}

/** The reasons that the short message does not give already. */
export function furtherReasons(alert: Alert): readonly string[] {
  const message = shortMessage(alert);
  return alert.reasons.filter((reason) => !message.includes(reason));
}

/** The link to the CI run, safe in any markup; undefined when it is no http(s) URL. */
export function runLink({ runUrl }: Pick<Alert, "runUrl">): string | undefined {
  const url = runUrl === null ? null : URL.parse(runUrl);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.href.length > 2000)
    return undefined;
  url.username = "";
  url.password = "";
  return url.href.replace(/[*|`<>]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Whether a status says that the alert has arrived, or a few words that say it has not. */
export function status({ status: code }: HttpAnswer, word?: string): string | undefined {
  if (code >= 200 && code < 300) return undefined;
  return `answered ${code}${word ? ` (${word})` : ""}`;
}
