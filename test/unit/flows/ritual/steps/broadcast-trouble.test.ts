import { describe, expect, it, vi } from "vitest";
import { StepFailure } from "../../../../../src/core/step.ts";
import { discordServer, slackServer } from "../../../../support/chat.ts";
import { closedPort, server } from "../../../../support/server.ts";
import { failureOf, machine, never, slackKey } from "./broadcast-world.ts";

describe("a receiver in trouble", () => {
  it("that asks to wait is told when it wants to be, and once", async () => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    slack.fault = (n) => (n === 1 ? { status: 429, headers: { "retry-after": "0.05" } } : undefined);
    discord.fault = (n) => (n === 1 ? { status: 429, body: '{"retry_after": 0.02}' } : undefined);
    const { step, context } = machine({ SLACK_WEBHOOK_URL: slack.url, DISCORD_WEBHOOK_URL: discord.url });
    await step.run(context, never);
    expect([slack.messages.length, discord.messages.length]).toEqual([1, 1]);
  });

  it.each([
    ["Retry-After: 0", { headers: { "retry-after": "0" } }],
    ["a Retry-After that is over", { headers: { "retry-after": "Thu, 01 Jan 2026 00:00:00 GMT" } }],
    ["Discord's retry_after: 0", { body: '{"retry_after": 0}' }],
  ])("that asks for no pause at all (%s) is not asked again at once", async (_how, answer) => {
    const discord = await discordServer();
    let asked = 0;
    discord.fault = () => {
      asked += 1;
      return { status: 429, ...answer };
    };
    const limits = { attemptMs: 60_000, overallMs: 900, backoffMs: [] };
    const { step, context } = machine({ DISCORD_WEBHOOK_URL: discord.url }, {}, { limits });
    expect((await failureOf(step.run(context, never))).message).toBe(
      "not everybody was told: DISCORD_WEBHOOK_URL answered 429 (too many messages)",
    );
    expect(asked).toBe(1);
  });

  it.each(["hooks.example.com/services/x", '"https://hooks.example.com/x"', "ftp://hooks.example.com/x"])(
    "whose URL is none (%s) is known before anything is done",
    async (url) => {
      const { step, context } = machine({ SLACK_WEBHOOK_URL: url });
      const seen = await step.observe(context, never);
      expect(seen).toMatchObject({
        state: "conflict",
        message: expect.stringContaining("SLACK_WEBHOOK_URL is no URL: it takes the whole of it"),
        remedy: "release-sentinel ritual secrets",
      });
      expect(seen.message).not.toContain("hooks.example.com");
    },
  );

  it("that asks to wait for longer than there is time is named, and told by the next run", async () => {
    const slack = await slackServer();
    slack.fault = (n) => (n === 1 ? { status: 429, headers: { "retry-after": "3600" } } : undefined);
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: slack.url });
    const { message } = await failureOf(step.run(context, never));
    expect(message).toBe(
      "not everybody was told: SLACK_WEBHOOK_URL answered 429 (too many messages), and asks to wait 60 min",
    );
    expect(await kinds()).toEqual([`claim ${slackKey}`, `failed ${slackKey}`]);
    await step.run(context, never);
    expect(slack.messages).toHaveLength(1);
  });

  it.each([
    [403, "invalid_token", "answered 403 (invalid_token)", "copy it again from Slack"],
    [404, "no_service", "answered 404 (no_service)", "make a new one in Slack"],
    [410, "channel_is_archived", "answered 410 (channel_is_archived)", "unarchive the channel"],
    [400, "invalid_blocks", "answered 400 (invalid_blocks)", undefined],
  ])("keeps the others from nothing: Slack answers %i %s", async (status, body, words, remedy) => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    slack.fault = () => ({ status, body });
    const { step, context, kinds } = machine({
      SLACK_WEBHOOK_URL: slack.url,
      DISCORD_WEBHOOK_URL: discord.url,
    });
    const failure = await failureOf(step.run(context, never));
    expect(failure.message).toBe(
      `not everybody was told: SLACK_WEBHOOK_URL ${words}; told DISCORD_WEBHOOK_URL`,
    );
    if (remedy !== undefined) expect(failure.remedy).toContain(remedy);
    expect(await kinds()).toContain(`failed ${slackKey}`);
    expect(await step.observe(context, never)).toMatchObject({
      state: "needed",
      message: "SLACK_WEBHOOK_URL will be told",
    });
  });

  it("says that Discord's webhook is gone", async () => {
    const discord = await discordServer();
    discord.fault = () => ({ status: 404, body: '{"message": "Unknown Webhook", "code": 10015}' });
    const { step, context } = machine({ DISCORD_WEBHOOK_URL: discord.url });
    const failure = await failureOf(step.run(context, never));
    expect(failure.message).toContain("DISCORD_WEBHOOK_URL answered 404 (Unknown Webhook)");
    expect(failure.remedy).toContain("the webhook was deleted: make a new one in Discord");
  });

  it("that nobody listens at has got nothing, and is tried again by the next run", async () => {
    const url = `http://127.0.0.1:${await closedPort()}/x`;
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: url });
    expect((await failureOf(step.run(context, never))).message).toContain(
      "SLACK_WEBHOOK_URL connection refused",
    );
    expect(await kinds()).toEqual([`claim ${slackKey}`, `failed ${slackKey}`]);
  });
});

describe("a receiver that says", () => {
  const page = "<!DOCTYPE html>\n<html>log in</html>";
  it.each([
    ["Slack", "with a page", 200, page, "so that it may have been sent"],
    ["Discord", "with a page", 200, page, "so that it may have been sent"],
    ["Slack", "no in JSON", 200, '{"success":false}', "answered 200, and that it was not taken"],
    ["Slack", "what an object is born with", 400, "constructor", "answered 400 (constructor)"],
  ])("%s: something else than yes, %s", async (who, _how, status, body, words) => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    const told = { Slack: slack, Discord: discord }[who as "Slack"];
    told.fault = () => ({ status, body });
    const { step, context, kinds } = machine({ [`${who.toUpperCase()}_WEBHOOK_URL`]: told.url });
    const failure = await failureOf(step.run(context, never));
    expect(failure.message).toContain(words);
    expect(typeof (failure.remedy ?? "")).toBe("string");
    expect((await kinds()).some((kind) => kind.startsWith("sent"))).toBe(false);
  });

  it("yes has been told, although that cannot be kept here", async () => {
    const slack = await slackServer();
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: slack.url });
    const emit = vi.fn();
    const folder = {
      ...context.folder,
      write: () => {
        throw new StepFailure("no space left");
      },
    };
    await step.run({ ...context, folder, emit }, never);
    expect(emit).toHaveBeenCalledWith(
      expect.objectContaining({
        message: "broadcast: what SLACK_WEBHOOK_URL was told is not kept: no space left",
      }),
    );
    expect(await kinds()).toContain(`sent ${slackKey}`);
  });

  it("yes without Slack's word for it is written down as what it was", async () => {
    const slack = await slackServer();
    slack.fault = () => ({ status: 200, body: "" });
    const { step, context, marks } = machine({ SLACK_WEBHOOK_URL: slack.url });
    await step.run(context, never);
    expect((await marks.read(never)).at(-1)).toMatchObject({ kind: "sent", detail: "answered 200" });
  });

  it("yes has got what is kept", async () => {
    const { url, received } = await server(202);
    const channels = [{ type: "generic", urlFrom: "HOOK" }] as const;
    let clock = Date.parse("2026-11-21T10:00:00Z");
    const now = () => (clock += 1000);
    const { step, context } = machine({ HOOK: url }, { channels }, { now });
    await step.run(context, never);
    const kept = JSON.parse(context.folder.read("broadcast/HOOK.json")?.toString() ?? "") as {
      body: unknown;
    };
    expect(kept.body).toEqual(JSON.parse(received[0]?.body ?? ""));
  });
});
