import { describe, expect, it } from "vitest";
import type { Templates } from "../../../../src/notify/broadcast/channel.ts";
import { discordBroadcast } from "../../../../src/notify/broadcast/discord.ts";
import { genericBroadcast } from "../../../../src/notify/broadcast/generic.ts";
import { type BroadcastFacts, fieldNames, messageOf } from "../../../../src/notify/broadcast/message.ts";
import { type BroadcastSettings, messageKinds } from "../../../../src/notify/broadcast/settings.ts";
import { slackBroadcast } from "../../../../src/notify/broadcast/slack.ts";
import { parseTemplate } from "../../../../src/notify/broadcast/template.ts";
import fc from "../../../support/property.ts";
import {
  type DiscordPayload,
  expectDiscordToTake,
  expectSlackToTake,
  hostile,
  many,
  type SlackPayload,
  slackMarkup,
} from "../receivers.ts";
import { facts } from "./facts.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.constantFrom(
    hostile,
    "<!channel>",
    "@everyone",
    "x".repeat(50_000),
    "&".repeat(9000),
    "🚀".repeat(4000),
    "",
    " ",
    "\ud83d",
  ),
);
const lines = fc.oneof(
  fc.array(text, { maxLength: 12 }),
  fc.constant(many.slice(0, 60)),
  fc.constant(["<@U1>", "@here"]),
);
const some = fc.record({
  tag: text,
  rehearsal: fc.boolean(),
  repository: fc.option(text),
  environment: fc.option(text),
  previous: fc.option(text),
  slo: lines,
  incidents: lines,
  metrics: lines,
  migrationsExecuted: lines,
  release: fc.option(
    fc.oneof(
      text,
      fc.webUrl(),
      fc.constant("javascript:alert(1)"),
      fc.constant(`https://x.example/${"y".repeat(1900)}`),
    ),
  ),
});
const settings: fc.Arbitrary<BroadcastSettings> = fc.record({
  impact: text,
  risk: text,
  rollback: text,
  owner: text,
  onCall: text,
  flags: lines,
  flagDefaults: lines,
});
const changes = fc.option(
  fc.record({
    commits: fc.nat(),
    contributors: fc.nat(),
    features: lines,
    fixes: lines,
    breaking: lines,
    security: lines,
    migrations: lines,
    risky: lines,
  }),
);
const kinds = fc.subarray([...messageKinds], { minLength: 1 });
const written = fc
  .array(
    fc.oneof(
      text.map((one) => one.replaceAll("{{", "")),
      fc.constantFrom(...fieldNames).map((name) => `{{${name}}}`),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((pieces) => `Release ${pieces.join("\n").replaceAll("{{{", "{{")}`.slice(0, 19_000))
  .filter((one) => {
    try {
      return parseTemplate(one, "t").length > 0;
    } catch {
      return false;
    }
  });
const templates: fc.Arbitrary<Templates> = fc.record(
  {
    announcement: written.map((one) => parseTemplate(one, "t")),
    notes: written.map((one) => parseTemplate(one, "t")),
  },
  { requiredKeys: [] },
);

const anything = fc.record({ some, settings, changes, kinds, templates });

function every(check: (body: string) => void, channel: typeof slackBroadcast): void {
  fc.assert(
    fc.property(
      anything,
      ({ some: { release, ...more }, settings: said, changes: changed, kinds: wanted, templates: given }) => {
        const all: BroadcastFacts = { ...facts, ...more, changes: changed, urls: { ...facts.urls, release } };
        const delivery = { url: "https://hooks.example/x", id: "1", at: new Date(0), templates: given };
        check(channel.request(messageOf(all, said, wanted), delivery).body);
      },
    ),
    { numRuns: 150 },
  );
}

describe("whatever a release is called and made of", () => {
  it("Slack takes its message, and it mentions nobody", () => {
    every((body) => {
      const payload = JSON.parse(body) as SlackPayload;
      expectSlackToTake(payload);
      expect(slackMarkup(payload)).not.toMatch(/<[!@#]/);
      expect(body).not.toMatch(/@everyone|@here|@channel/);
      expect(body.isWellFormed()).toBe(true);
    }, slackBroadcast);
  });

  it("Discord takes its message, and it mentions nobody", () => {
    every((body) => {
      expectDiscordToTake(JSON.parse(body) as DiscordPayload);
      expect(body).not.toMatch(/@everyone|@here/);
    }, discordBroadcast);
  });

  it("a webhook of one's own gets JSON of a bearable size", () => {
    every((body) => {
      expect(JSON.parse(body)).toMatchObject({ specversion: "1.0", id: "1" });
      expect(body.length).toBeLessThan(20 * 1024 * 1024);
    }, genericBroadcast);
  });
});
