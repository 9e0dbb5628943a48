import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createEnv } from "../../../src/clients/env.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { alertsSchema, type ChannelConfig, channelsFrom } from "../../../src/notify/channels.ts";
import { tempFolder } from "../../support/temp.ts";

function channels(env: Record<string, string>, config: readonly ChannelConfig[] = []) {
  const secrets = new Secrets();
  const found = channelsFrom(config, createEnv(env, secrets));
  return {
    secrets,
    found: found.map(({ channel, name, target }) => [channel.type, name, target]),
    all: found,
  };
}

const [one, two] = ["https://hooks.example/one", "https://hooks.example/two"];

describe("the channels for alerts", () => {
  it("are none where none is named", () => {
    expect(channels({ RS_ALERT_WEBHOOK: "", PATH: "/bin" }).found).toEqual([]);
  });

  it.each([
    [{ RS_ALERT_WEBHOOK: one }, ["slack", "RS_ALERT_WEBHOOK", { url: one }]],
    [{ SLACK_WEBHOOK_URL: one }, ["slack", "SLACK_WEBHOOK_URL", { url: one }]],
    [{ RS_ALERT_WEBHOOK: one, SLACK_WEBHOOK_URL: two }, ["slack", "RS_ALERT_WEBHOOK", { url: one }]],
    [{ RS_DISCORD_WEBHOOK: one, DISCORD_WEBHOOK_URL: two }, ["discord", "RS_DISCORD_WEBHOOK", { url: one }]],
    [{ DISCORD_WEBHOOK_URL: `${two}\n` }, ["discord", "DISCORD_WEBHOOK_URL", { url: two }]],
  ])("come from %j", (env, channel) => {
    expect(channels(env as Record<string, string>).found).toEqual([channel]);
  });

  it("may be of both sorts, and their URLs are secrets", () => {
    const { found, secrets } = channels({ RS_ALERT_WEBHOOK: one, DISCORD_WEBHOOK_URL: two });
    expect(found.map(([type]) => type)).toEqual(["slack", "discord"]);
    expect(secrets.mask(`${one} ${two}`)).toBe("*** ***");
  });

  it("may come from mounted files; one that cannot be read is said, not thrown", () => {
    const file = join(tempFolder(), "webhook");
    writeFileSync(file, `${one}\n`);
    expect(channels({ RS_ALERT_WEBHOOK_FILE: file }).found).toEqual([
      ["slack", "RS_ALERT_WEBHOOK", { url: one }],
    ]);
    expect(channels({ RS_ALERT_WEBHOOK_FILE: `${file}.gone` }).found).toEqual([
      [
        "slack",
        "RS_ALERT_WEBHOOK",
        { trouble: expect.stringContaining("RS_ALERT_WEBHOOK_FILE: cannot read") },
      ],
    ]);
  });

  it("may be configured, with limits and a key", () => {
    const config: ChannelConfig[] = [
      {
        type: "generic",
        urlFrom: "PAGER_URL",
        secretFrom: "PAGER_KEY",
        environments: ["prod"],
        severity: ["CRITICAL"],
      },
    ];
    const key = ["pager", "key"].join("-");
    const { found, all, secrets } = channels({ PAGER_URL: one, PAGER_KEY: key }, config);
    expect(found).toEqual([["generic", "PAGER_URL", { url: one, secret: key }]]);
    expect(all[0]).toMatchObject({ environments: ["prod"], severity: ["CRITICAL"] });
    expect(secrets.mask(`${one} ${key}`)).toBe("*** ***");
  });

  it("say which variable is missing: an alert is neither dropped silently nor sent unsigned", () => {
    const config: ChannelConfig[] = [{ type: "generic", urlFrom: "PAGER_URL", secretFrom: "PAGER_KEY" }];
    expect(channels({}, config).found).toEqual([
      ["generic", "PAGER_URL", { trouble: "PAGER_URL is not set" }],
    ]);
    expect(channels({ PAGER_URL: one }, config).found).toEqual([
      ["generic", "PAGER_URL", { trouble: "PAGER_KEY is not set" }],
    ]);
  });

  it("are not doubled when the configuration names a variable that counts anyway", () => {
    const config: ChannelConfig[] = [{ type: "slack", urlFrom: "RS_ALERT_WEBHOOK", severity: ["CRITICAL"] }];
    const { all } = channels({ RS_ALERT_WEBHOOK: one }, config);
    expect(all.map(({ name, severity }) => [name, severity])).toEqual([["RS_ALERT_WEBHOOK", ["CRITICAL"]]]);
  });
});

describe("the configuration of alerts", () => {
  const complaints = (value: unknown) =>
    (alertsSchema(z).safeParse(value).error?.issues ?? []).map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );

  it("names variables", () => {
    expect(complaints([{ type: "slack", urlFrom: "TEAM_HOOK" }])).toEqual([]);
    expect(
      complaints([
        { type: "generic", urlFrom: "A", secretFrom: "B", environments: ["prod"], severity: ["BLOCKED"] },
      ]),
    ).toEqual([]);
  });

  it.each([
    [
      { type: "slack", urlFrom: one },
      /^0\.urlFrom: is not a variable's name \(the URL itself is a secret\)$/,
    ],
    [{ type: "slack", url: one, urlFrom: "A" }, /^0: Unrecognized key/],
    [{ type: "smoke", urlFrom: "A" }, /^0\.type: /],
    [{ type: "slack", urlFrom: "A", secretFrom: "B" }, /^0\.secretFrom: only generic webhooks are signed$/],
    [{ type: "slack", urlFrom: "A", severity: [] }, /^0\.severity: /],
  ])("refuses %j", (entry, message) => {
    expect(complaints([entry])).toEqual([expect.stringMatching(message)]);
  });
});
