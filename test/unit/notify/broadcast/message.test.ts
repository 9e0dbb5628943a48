import { describe, expect, it } from "vitest";
import { discordBroadcast } from "../../../../src/notify/broadcast/discord.ts";
import { genericBroadcast } from "../../../../src/notify/broadcast/generic.ts";
import { messageOf, unsaid } from "../../../../src/notify/broadcast/message.ts";
import { slackBroadcast } from "../../../../src/notify/broadcast/slack.ts";
import { parseTemplate } from "../../../../src/notify/broadcast/template.ts";
import type { DiscordPayload, SlackPayload } from "../receivers.ts";
import { changes, facts } from "./facts.ts";

const delivery = {
  url: "https://hooks.example/x",
  id: "release-sentinel-1",
  at: new Date(1_795_000_000_000),
  templates: {},
};
const both = ["announcement", "notes"] as const;

describe("a change announcement", () => {
  const [part] = messageOf(facts, { owner: "Team Checkout", onCall: "Ada", flags: ["new-cart: off"] }, [
    "announcement",
  ]).parts;

  it("says impact, risk and rollback, owner and on-call, migrations and flags", () => {
    expect(part?.facts).toEqual([
      ["Impact", "1 breaking change, 2 features, 1 fix; 12 commits by 3 contributors"],
      ["Risk", "look closer: it breaks something, it migrates data, infrastructure (3 files)"],
      ["Rollback", "back to v1.2.2: release-sentinel rollback --env prod"],
      ["Owner", "Team Checkout"],
      ["On call", "Ada"],
      ["Environment", "prod"],
      ["Commit", "4b825dc642cb"],
    ]);
    expect(part?.sections.map(({ title }) => title)).toEqual(["Breaking changes", "Migrations", "Flags"]);
  });

  it("takes the project's own words where there are some", () => {
    const own = messageOf(facts, { impact: "none", risk: "low", rollback: "flip the flag" }, ["announcement"])
      .parts[0]?.facts;
    expect(own?.slice(0, 3)).toEqual([
      ["Impact", "none"],
      ["Risk", "low"],
      ["Rollback", "flip the flag"],
    ]);
  });

  it("calls nothing safe that was not seen", () => {
    const blind = messageOf({ ...facts, changes: null }, {}, ["announcement"]).parts[0];
    expect(blind?.facts.map(([label]) => label)).toEqual(["Rollback", "Environment", "Commit"]);
    expect(unsaid({ owner: "x" })).toEqual(["onCall"]);
  });
});

describe("post-release notes", () => {
  it("say features and fixes, flag defaults, migrations executed, SLO status and incidents", () => {
    const [part] = messageOf(
      { ...facts, incidents: ["rolled back once"] },
      { flagDefaults: ["new-cart: on"] },
      ["notes"],
    ).parts;
    expect(part?.sections.map(({ title }) => title)).toEqual([
      "Features",
      "Fixes",
      "Flag defaults changed",
      "Migrations executed",
      "SLO status",
      "Incidents",
      "Delivery",
    ]);
  });
});

describe("a message", () => {
  it("shows for Slack a header, the facts, the lists and the links, and a text that says the same", () => {
    const { text, blocks } = JSON.parse(
      slackBroadcast.request(messageOf(facts, {}, both), delivery).body,
    ) as SlackPayload;
    expect(blocks.map(({ type }) => type).slice(0, 3)).toEqual(["header", "divider", "header"]);
    expect(blocks.at(-1)?.type).toBe("context");
    expect(text.split("\n").slice(0, 3)).toEqual([
      "*Release v1.2.3 of octo/demo*",
      "*Change announcement*",
      expect.stringContaining("*Impact:*"),
    ]);
    const links = "<https://grafana.example/dashboard/snapshot/x?a=1&amp;b=2|Snapshot>";
    expect(text).toContain(links);
    expect(JSON.stringify(blocks)).toContain(links);
    expect(JSON.stringify(blocks)).toContain("• api: pages are counted");
  });

  it("shows for Discord an embed for each part, without previews of its links", () => {
    const { content, embeds } = JSON.parse(
      discordBroadcast.request(messageOf(facts, {}, both), delivery).body,
    ) as DiscordPayload;
    expect(embeds.map(({ title }) => title)).toEqual(["Change announcement", "Post-release notes"]);
    expect(content).toContain("Release: <https://github.example/octo/demo/releases/tag/v1.2.3>");
    expect(embeds[1]?.description).toContain("**Features**\n• api: pages are counted");
  });

  it("is an event for a webhook of one's own, signed, with the id it is given", () => {
    const secret = ["sign", "with", "this"].join("-");
    const { headers, body } = genericBroadcast.request(messageOf(facts, {}, both), { ...delivery, secret });
    expect(headers["webhook-id"]).toBe("release-sentinel-1");
    expect(headers["webhook-signature"]).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    const { type, subject, data } = JSON.parse(body);
    expect([type, subject, data.tag, data.messages.length]).toEqual([
      "release-sentinel.broadcast.v1",
      "v1.2.3",
      "v1.2.3",
      2,
    ]);
  });

  it("of a rehearsal says so first, everywhere", () => {
    const message = messageOf({ ...facts, tag: "v1.2.3-test", rehearsal: true }, {}, both);
    const [slack, discord, generic] = [slackBroadcast, discordBroadcast, genericBroadcast].map((channel) =>
      JSON.parse(channel.request(message, delivery).body),
    );
    expect(slack.text).toMatch(
      /^\*Rehearsal of release v1\.2\.3-test of octo\/demo\*\n_This is a rehearsal: nothing final was published\._/,
    );
    expect(slack.blocks[1].text.text).toContain("This is a rehearsal");
    expect(discord.content).toMatch(/^\*\*Rehearsal of release/);
    expect(discord.embeds[0].title).toBe("Rehearsal: Change announcement");
    expect([generic.type, generic.data.rehearsal]).toEqual(["release-sentinel.rehearsal.v1", true]);
  });
});

describe("a template", () => {
  it("is the user's text with the fields filled in, each channel in its own way", () => {
    const template = parseTemplate(
      "*{{tag}}* is out: <{{releaseUrl}}|see it>\n{{features}}\nRisk: {{risk}}",
      "notes.md",
    );
    const message = messageOf(
      { ...facts, changes: { ...changes, features: ["a <b> & *c*", "d"] } },
      { risk: "low & slow" },
      ["notes"],
    );
    const templates = { notes: template };
    const slack = JSON.parse(
      slackBroadcast.request(message, { ...delivery, templates }).body,
    ) as SlackPayload;
    const section = slack.blocks.find(({ text }) => text?.text.includes("is out"))?.text;
    expect(section).toEqual({
      type: "mrkdwn",
      text: "*v1.2.3* is out: <https://github.example/octo/demo/releases/tag/v1.2.3|see it>\n• a &lt;b&gt; &amp; ∗c∗\n• d\nRisk: low &amp; slow",
    });
    const discord = JSON.parse(
      discordBroadcast.request(message, { ...delivery, templates }).body,
    ) as DiscordPayload;
    expect(discord.embeds[0]?.description).toContain("• a \\<b\\> & \\*c\\*");
    const generic = JSON.parse(genericBroadcast.request(message, { ...delivery, templates }).body);
    expect(generic.data.messages[0].text).toContain("• a <b> & *c*\n• d");
  });

  it("cannot call anybody, not even put together from text and fields", () => {
    const template = parseTemplate("<!channel> @here <{{impact}}> <@{{owner}}>", "t.md");
    const message = messageOf(facts, { impact: "!everyone", owner: "U1" }, ["announcement"]);
    const templates = { announcement: template };
    const { body } = slackBroadcast.request(message, { ...delivery, templates });
    expect(body).not.toMatch(/<[!@]|@here/);
  });

  it.each([
    ["Hello {{tagg}}", "t.md:1:7: there is no field {{tagg}}, did you mean {{tag}}?"],
    ["a\n  {{ }}", "t.md:2:3: there is no field {{}}"],
    ["a\n\nb {{tag", "t.md:3:3: {{ is not closed on its line"],
    ["{{tag\n}}", "t.md:1:1: {{ is not closed on its line"],
    ["{{constructor}}", "t.md:1:1: there is no field {{constructor}}"],
    ["  \n", "t.md:1:1: the template is empty"],
    ["x".repeat(20_001), "t.md:1:20001: the template is longer than 20000 characters"],
  ])("that cannot be used is refused by place: %j", (text, words) => {
    expect(() => parseTemplate(text, "t.md")).toThrow(words);
  });
});
