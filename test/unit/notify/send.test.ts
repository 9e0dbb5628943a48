import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEnv } from "../../../src/clients/env.ts";
import { createHttp } from "../../../src/clients/http.ts";
import { Aborted } from "../../../src/core/check.ts";
import type { SentinelEvent } from "../../../src/core/event.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { Alert } from "../../../src/notify/alert.ts";
import { type ChannelConfig, channelsFrom } from "../../../src/notify/channels.ts";
import { type AlertLimits, sendAlerts } from "../../../src/notify/send.ts";
import { closedPort, type Handler, server } from "../../support/server.ts";
import {
  alert,
  type DiscordPayload,
  expectDiscordToTake,
  expectSlackToTake,
  type SlackPayload,
} from "./receivers.ts";

interface Sending {
  readonly env: Record<string, string>;
  readonly config?: readonly ChannelConfig[];
  readonly changes?: Partial<Alert>;
  readonly limits?: Partial<AlertLimits>;
  readonly signal?: AbortSignal;
}

/** What the log says of it: `info Alert sent successfully`. */
async function sent({ env, config = [], changes = {}, limits = {}, signal }: Sending): Promise<string[]> {
  const secrets = new Secrets();
  const reader = createEnv(env, secrets);
  const http = createHttp({ env: reader, secrets });
  onTestFinished(() => http.close());
  const events: SentinelEvent[] = [];
  await sendAlerts(
    { ...alert, ...changes },
    channelsFrom(config, reader),
    http,
    signal ?? new AbortController().signal,
    (event) => events.push(event),
    // Whoever is not to hang is never too slow for these.
    { attemptMs: 50_000, overallMs: 50_000, pauseMs: 5, ...limits },
  );
  return events.map((event) => {
    if (event.type !== "notice") throw new Error(`unexpected event: ${event.type}`);
    expect(event.from).toBe("release-sentinel.alert");
    return `${event.level} ${event.message}`;
  });
}

/** Answers each request with the next of these, and the last one for ever. */
const answers =
  (...all: [status: number, body?: string, headers?: Record<string, string>][]): Handler =>
  (_request, response, n) => {
    const [status, body = "", headers = {}] = all[Math.min(n, all.length) - 1] ?? [200];
    response.writeHead(status, headers).end(body);
  };

const path = "/services/T000/B000/x7f3kq";
const sentOne = ["info Alert sent successfully"];

describe("sending alerts", () => {
  it("says so when there is nowhere to send them", async () => {
    expect(await sent({ env: {} })).toEqual(["info No webhook configured, skipping alert"]);
  });

  it("reaches a Slack-compatible receiver", async () => {
    const { url, received } = await server(answers([200, "ok"]));
    expect(await sent({ env: { RS_ALERT_WEBHOOK: `${url}${path}` } })).toEqual(sentOne);
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: "POST", path });
    expect(received[0]?.headers["content-type"]).toBe("application/json; charset=utf-8");
    const payload = JSON.parse(received[0]?.body ?? "") as SlackPayload;
    expectSlackToTake(payload);
    expect(payload.text).toMatch(
      /^:rotating_light: Release Sentinel Alert\n\*Severity:\* BLOCKED\n\*Message:\* Release BLOCKED/,
    );
  });

  it("reaches Discord", async () => {
    const { url, received } = await server(answers([200, "{}"]));
    expect(await sent({ env: { RS_DISCORD_WEBHOOK: `${url}/api/webhooks/1/x` } })).toEqual(sentOne);
    expect(received[0]?.path).toBe("/api/webhooks/1/x?wait=true");
    expectDiscordToTake(JSON.parse(received[0]?.body ?? "") as DiscordPayload);
  });

  it("reaches a generic receiver, signed, with the same id at the second attempt", async () => {
    const { url, received } = await server(answers([503], [202]));
    const key = ["sign", "with", "this"].join("-");
    const config: ChannelConfig[] = [{ type: "generic", urlFrom: "HOOK", secretFrom: "HOOK_KEY" }];
    expect(await sent({ env: { HOOK: url, HOOK_KEY: key }, config })).toEqual(sentOne);
    const ids = received.map(({ headers, body }) => [
      headers["webhook-id"],
      (JSON.parse(body) as { id: string }).id,
    ]);
    expect(ids[0]?.[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids.flat()).size).toBe(1);
    expect(received[1]?.headers["webhook-signature"]).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
  });

  it("takes any 2xx for yes", async () => {
    const { url } = await server(answers([201, "<p>hello</p>"]));
    expect(await sent({ env: { SLACK_WEBHOOK_URL: url } })).toEqual(sentOne);
  });

  it("goes to all channels at once, each with its own outcome", async () => {
    const slack = await server(answers([200, "ok"]));
    const discord = await server(answers([404, '{"message":"Unknown Webhook"}']));
    const said = await sent({ env: { RS_ALERT_WEBHOOK: slack.url, RS_DISCORD_WEBHOOK: discord.url } });
    expect(said.toSorted()).toEqual([
      "error Failed to send alert: RS_DISCORD_WEBHOOK: answered 404 (Unknown Webhook)",
      "info Alert sent successfully (RS_ALERT_WEBHOOK)",
    ]);
  });

  it("goes only to channels for this environment and severity", async () => {
    const { url, received } = await server(200);
    const config: ChannelConfig[] = [
      { type: "slack", urlFrom: "HOOK", environments: ["prod"] },
      { type: "slack", urlFrom: "PAGER", severity: ["CRITICAL"] },
    ];
    const env = { HOOK: `${url}/hook`, PAGER: `${url}/pager` };
    await sent({ env, config });
    expect(received.map((one) => one.path)).toEqual(["/hook"]);
    await sent({ env, config, changes: { environment: "dev", severity: "CRITICAL" } });
    expect(received.map((one) => one.path)).toEqual(["/hook", "/pager"]);
    expect(await sent({ env, config, changes: { environment: "dev" } })).toEqual([
      "info No webhook configured, skipping alert",
    ]);
  });
});

describe("a receiver in trouble", () => {
  it.each([429, 500, 503])("that answers %i is asked once more", async (status) => {
    const { url, received } = await server(answers([status], [200, "ok"]));
    expect(await sent({ env: { RS_ALERT_WEBHOOK: url } })).toEqual(sentOne);
    expect(received).toHaveLength(2);
  });

  it("that answers 500 twice is given up", async () => {
    const { url, received } = await server(answers([500]));
    expect(await sent({ env: { RS_ALERT_WEBHOOK: url } })).toEqual([
      "error Failed to send alert: answered 500",
    ]);
    expect(received).toHaveLength(2);
  });

  it.each([400, 403, 404, 410])("that answers %i is not asked again", async (status) => {
    const { url, received } = await server(answers([status]));
    expect(await sent({ env: { RS_ALERT_WEBHOOK: url } })).toEqual([
      `error Failed to send alert: answered ${status}`,
    ]);
    expect(received).toHaveLength(1);
  });

  it("that redirects is not followed", async () => {
    const { url, received } = await server(answers([302, "", { location: "/elsewhere" }]));
    expect(await sent({ env: { RS_ALERT_WEBHOOK: url } })).toEqual([
      "error Failed to send alert: answered 302",
    ]);
    expect(received).toHaveLength(1);
  });

  it("is waited for as long as it asks, when there is time", async () => {
    const slack = await server(answers([429, "", { "retry-after": "0" }], [200, "ok"]));
    expect(await sent({ env: { RS_ALERT_WEBHOOK: slack.url }, limits: { pauseMs: 60_000 } })).toEqual(
      sentOne,
    );
    const discord = await server(answers([429, '{"retry_after":0.01}', { "retry-after": "60" }], [204]));
    expect(await sent({ env: { RS_DISCORD_WEBHOOK: discord.url } })).toEqual(sentOne);
    expect([slack.received.length, discord.received.length]).toEqual([2, 2]);
  });

  it("is not waited for longer than there is time", async () => {
    const { url, received } = await server(answers([429, "", { "retry-after": "60" }]));
    expect(await sent({ env: { RS_ALERT_WEBHOOK: url } })).toEqual([
      "error Failed to send alert: answered 429, asks to wait 1 min",
    ]);
    expect(received).toHaveLength(1);
  });

  it("that hangs is let go, and not asked again", async () => {
    const { url, received } = await server(() => {});
    expect(await sent({ env: { RS_ALERT_WEBHOOK: url }, limits: { attemptMs: 50 } })).toEqual([
      "error Failed to send alert: no answer within 50 ms",
    ]);
    expect(received.length).toBeLessThanOrEqual(1);
  });

  it("that hangs the second time is let go when all time is up", async () => {
    // The time is up as soon as it hangs, and never before.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { url } = await server((_request, response, n) => {
      if (n === 1) response.writeHead(500, { "retry-after": "0" }).end();
      else vi.advanceTimersByTime(60_000);
    });
    const limits = { attemptMs: 90_000, overallMs: 60_000 };
    expect(await sent({ env: { RS_ALERT_WEBHOOK: url }, limits })).toEqual([
      "error Failed to send alert: no answer within 1 min",
    ]);
  });

  it("that is not there is a failure", async () => {
    const env = { RS_ALERT_WEBHOOK: `http://127.0.0.1:${await closedPort()}${path}` };
    expect(await sent({ env })).toEqual(["error Failed to send alert: connection refused"]);
  });

  it.each([
    [`nonsense${path}`, "malformed URL"],
    [`ftp://hooks.example${path}`, "only http and https are supported"],
    [`https://hooks.example:99999${path}`, "malformed URL"],
  ])("whose URL is unusable is a failure, without the URL", async (url, cause) => {
    for (const name of ["RS_ALERT_WEBHOOK", "RS_DISCORD_WEBHOOK"]) {
      expect(await sent({ env: { [name]: url } })).toEqual([`error Failed to send alert: ${cause}`]);
    }
  });

  it("that repeats the URL in its answer does not get it into the log", async () => {
    const { url } = await server(answers([404, `Cannot POST ${path}`]));
    for (const name of ["RS_ALERT_WEBHOOK", "RS_DISCORD_WEBHOOK"]) {
      expect((await sent({ env: { [name]: `${url}${path}` } })).join()).not.toContain("x7f3kq");
    }
  });

  it("is left alone when the run was interrupted", async () => {
    const { url, received } = await server(200);
    const signal = AbortSignal.abort(new Aborted("interrupt", "interrupted by SIGINT"));
    expect(await sent({ env: { RS_ALERT_WEBHOOK: url }, signal })).toEqual([
      "error Failed to send alert: interrupted by SIGINT",
    ]);
    expect(received).toEqual([]);
  });

  it("never makes sending throw", async () => {
    const http = { post: () => Promise.reject(new Error(`boom ${path}`)) };
    const channels = channelsFrom(
      [],
      createEnv({ RS_ALERT_WEBHOOK: `https://hooks.example${path}` }, new Secrets()),
    );
    const events: SentinelEvent[] = [];
    await sendAlerts(alert, channels, http, new AbortController().signal, (event) => events.push(event));
    expect(events).toMatchObject([{ message: "Failed to send alert: unexpected failure" }]);
  });
});
