import { describe, expect, it } from "vitest";
import * as z from "zod";
import { broadcastSchema } from "../../../../src/notify/broadcast/settings.ts";
import { archiveSchema } from "../../../../src/ritual/archive/settings.ts";

const archive = archiveSchema(z, (value) => /^\d+(s|min)$/.test(String(value)));
const broadcast = broadcastSchema(z);
const at = (schema: typeof archive, value: unknown) =>
  schema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("the settings of an archive", () => {
  it("may say where it goes, what is in it, and how long it stays", () => {
    const stores = [
      { folder: "/srv/releases" },
      { github: true },
      { http: { url: "https://store.example.com/releases", tokenFrom: "STORE_TOKEN" } },
      { exec: { run: ["./shelf"], env: ["KEY"], timeout: "5min" } },
    ];
    const keep = { releases: 3, age: "365d", rehearsals: { age: "2w" } };
    expect(at(archive, { include: ["sbom.json"], stores, keep })).toEqual([]);
    expect(at(archive, {})).toEqual([]);
  });

  it.each([
    { keep: { age: "a year" } },
    { keep: { releases: 0 } },
    { stores: [{ http: { url: "ftp://x" } }] },
    { stores: [{ http: { url: `https://${["u", "p"].join(":")}@store.example.com` } }] },
    { stores: [{ http: { url: "https://store.example.com/?key=1" } }] },
    { stores: [{ http: { url: "https://store.example.com", tokenFrom: "not a name" } }] },
    { stores: [{ github: false }] },
    { stores: [{ folder: "a", github: true }] },
    { stores: [{ exec: { run: [] } }] },
    { stores: [{ exec: { run: ["x"], timeout: "soon" } }] },
    { keeps: {} },
  ])("are refused: %j", (value) => {
    expect(at(archive, value)).not.toEqual([]);
  });
});

describe("the settings of a broadcast", () => {
  it("may name channels with their messages and templates, and what only people know", () => {
    const channels = [
      {
        type: "slack",
        urlFrom: "HOOK",
        messages: ["notes"],
        templates: { notes: "notes.md" },
        environments: ["prod"],
      },
      { type: "generic", urlFrom: "PORTAL", secretFrom: "KEY" },
    ];
    expect(
      at(broadcast, {
        channels,
        impact: "none",
        owner: "Ada",
        onCall: "Bob",
        flags: ["x: on"],
        flagDefaults: [],
      }),
    ).toEqual([]);
  });

  it.each([
    [
      { channels: [{ type: "slack", urlFrom: "https://hooks.example.com/x" }] },
      "is not a variable's name (the URL itself is a secret)",
    ],
    [{ channels: [{ type: "slack", urlFrom: "A", secretFrom: "B" }] }, "only generic webhooks are signed"],
    [
      {
        channels: [
          { type: "slack", urlFrom: "A" },
          { type: "discord", urlFrom: "A" },
        ],
      },
      "name one variable twice",
    ],
    [{ channels: [{ type: "slack", urlFrom: "A", messages: [] }] }, "messages"],
    [{ channels: [{ type: "pager", urlFrom: "A" }] }, "type"],
    [{ impact: "" }, "impact"],
  ])("are refused: %j", (value, words) => {
    expect(at(broadcast, value).join()).toContain(words);
  });
});
