import { describe, expect, it } from "vitest";
import type { HttpAnswer } from "../../../src/clients/readers.ts";
import type { Alert } from "../../../src/notify/alert.ts";
import { discord } from "../../../src/notify/discord.ts";
import { alert, type DiscordPayload, expectDiscordToTake, hostile, many } from "./receivers.ts";

function request(changes: Partial<Alert> = {}, url = "https://discord.example/api/webhooks/1/x") {
  return discord.request({ ...alert, ...changes }, { url, id: "1", at: new Date(0) });
}

function payload(changes: Partial<Alert> = {}): DiscordPayload {
  return JSON.parse(request(changes).body) as DiscordPayload;
}

function answer(status: number, body: unknown): HttpAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, body: text, headers: {}, bodyCut: false, url: "", redirects: 0, tookMs: 1 };
}

describe("an alert for Discord", () => {
  it("says what, and everything around it", () => {
    const { content, embeds } = payload();
    expectDiscordToTake(payload());
    expect(content.split("\n")).toEqual([
      ":rotating_light: Release Sentinel Alert",
      "**Severity:** BLOCKED",
      "**Message:** Release BLOCKED (policy): Git working tree is dirty",
    ]);
    expect(embeds[0]?.url).toBe(alert.runUrl);
    expect(embeds[0]?.fields.map(({ name, value }) => [name, value])).toEqual([
      ["Environment", "prod"],
      ["Version", "v1.4.2"],
      ["Commit", alert.commit],
      ["Actor", "octocat"],
    ]);
  });

  it("waits until the message is there", () => {
    expect(request().url).toBe("https://discord.example/api/webhooks/1/x?wait=true");
    expect(request({}, "https://discord.example/1?thread_id=7&wait=false").url).toBe(
      "https://discord.example/1?thread_id=7&wait=true",
    );
    expect(request({}, "nonsense").url).toBe("nonsense");
  });

  it("keeps the names of variables readable, and escapes markup", () => {
    const { content } = payload({ message: "Missing RS_REQUIRED_PROCESS _x_ **y** [a](b) <@1> __z__ \\" });
    expect(content).toContain(
      "Missing RS_REQUIRED_PROCESS \\_x\\_ \\*\\*y\\*\\* \\[a\\](b) \\<@\u200b1\\> \\_\\_z\\_\\_ \\\\",
    );
  });

  it("can neither be forged nor made to call anybody", () => {
    const big = payload({
      message: hostile,
      reasons: [`${hostile} 1`],
      environment: hostile,
      version: hostile,
      actor: hostile,
    });
    expectDiscordToTake(big);
    expect(big.content.split("\n").filter((line) => line.startsWith("**Severity:**"))).toEqual([
      "**Severity:** BLOCKED",
    ]);
    expect(JSON.stringify(big)).not.toMatch(/@everyone|@here|(?<!\\\\)`/);
    expect(big.content).not.toMatch(/(?<!\\)<|[\u0000\u001b\u202e]/);
  });

  it("stays within Discord's limits, and says what was left out", () => {
    const worst = "*".repeat(9000);
    const big = payload({
      message: many.join("; "),
      reasons: [worst, ...many],
      environment: worst,
      version: worst,
      commit: worst,
      actor: worst,
    });
    expectDiscordToTake(big);
    expect(big.embeds[0]?.description).toMatch(/\n… and \d+ more$/);
  });
});

describe("Discord's answer", () => {
  it.each([
    [200, {}, undefined],
    [204, "", undefined],
    [404, { message: "Unknown Webhook", code: 10_015 }, "answered 404 (Unknown Webhook)"],
    [404, { message: "no /api/webhooks/1/x here" }, "answered 404"],
    [400, "null", "answered 400"],
    [502, "<html>", "answered 502"],
  ])("%i %j means %s", (status, body, cause) => {
    expect(discord.accepted(answer(status, body))).toBe(cause);
  });

  it("may ask for patience, in float seconds", () => {
    expect(
      discord.retryAfterMs?.(answer(429, { message: "You are being rate limited.", retry_after: 0.2501 })),
    ).toBe(251);
    for (const body of [{}, { retry_after: "1" }, { retry_after: -1 }, "slow down", "[]"]) {
      expect(discord.retryAfterMs?.(answer(429, body))).toBeUndefined();
    }
  });
});
