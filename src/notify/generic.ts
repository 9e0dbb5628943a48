import { type Alert, type Channel, runLink, status } from "./alert.ts";
import { oneLine } from "./text.ts";

const line = 1000;
const field = 300;
const mostReasons = 100;

/**
 * CloudEvents 1.0 in structured JSON, with the headers of Standard Webhooks.
 * With a secret, `webhook-signature` is `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`.
 */
export const generic: Channel = {
  type: "generic",
  request: (alert, { url, secret, id, at }) => {
    const body = JSON.stringify({
      specversion: "1.0",
      id,
      source: "release-sentinel",
      type: "release-sentinel.alert.v1",
      subject: [alert.environment, alert.version].filter(Boolean).join("/"),
      time: at.toISOString(),
      datacontenttype: "application/json",
      data: data(alert),
    });
    return { url, headers: webhookHeaders({ id, at, body }, secret), body };
  },
  accepted: (answer) => status(answer),
};

function data(alert: Alert): object {
  const { severity, environment, version, commit, actor, toolVersion } = alert;
  const reasons = alert.reasons.slice(0, mostReasons).map((reason) => oneLine(reason, line));
  const more = alert.reasons.length - reasons.length;
  return {
    severity,
    message: oneLine(alert.message, 10 * line),
    reasons: more > 0 ? [...reasons, `… and ${more} more`] : reasons,
    environment: oneLine(environment, field),
    version: version && oneLine(version, field),
    commit: commit && oneLine(commit, field),
    actor: actor && oneLine(actor, field),
    runUrl: runLink(alert) ?? null,
    toolVersion,
  };
}

/** The headers of Standard Webhooks, signed where there is a key. */
export function webhookHeaders(
  { id, at, body }: { id: string; at: Date; body: string },
  secret: string | undefined,
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signed =
    secret === undefined ? {} : { "webhook-signature": sign(secret, `${id}.${timestamp}.${body}`) };
  return {
    "Content-Type": "application/cloudevents+json; charset=utf-8",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    ...signed,
  };
}

/** Standard Webhooks writes its keys as `whsec_` and base64; any other secret is taken as it is. */
function sign(secret: string, content: string): string {
  const encoded = /^whsec_(.+)$/s.exec(secret)?.[1];
  const key = encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, "base64");
  const { createHmac } = process.getBuiltinModule("node:crypto");
  return `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
}
