import { expect, it } from "vitest";
import type { HttpAnswer } from "../../../../src/clients/readers.ts";
import { discordBroadcast } from "../../../../src/notify/broadcast/discord.ts";
import { genericBroadcast } from "../../../../src/notify/broadcast/generic.ts";
import { slackBroadcast } from "../../../../src/notify/broadcast/slack.ts";

const html = { "content-type": "text/html; charset=utf-8" };
const all = [slackBroadcast, discordBroadcast, genericBroadcast];

it.each([
  [html, "<!doctype html><p>log in"],
  [html, " <!-- an error --><title>Sign in</title>"],
  [{}, "<html><body>"],
])("a page is no yes, whoever answers with it: %j %s", (headers, body) => {
  const answer = { status: 200, headers, body } as unknown as HttpAnswer;
  expect(all.map((channel) => channel.answered(answer).state)).toEqual(["lost", "lost", "lost"]);
});

it.each([
  [slackBroadcast, html, "ok"],
  [discordBroadcast, { "content-type": "application/json" }, '{"id":"123"}'],
  [genericBroadcast, { "content-type": "application/xml" }, "<ok/>"],
  [genericBroadcast, html, ""],
])("what is no page is a yes: %#", (channel, headers, body) => {
  expect(channel.answered({ status: 200, headers, body } as unknown as HttpAnswer).state).toBe("sent");
});
