import { describe, expect, it } from "vitest";
import { createClients } from "../../../src/app/clients.ts";
import { type WatchWorld, watchBy } from "../../../src/app/watch.ts";
import { type WatchPlace, watchLook } from "../../../src/app/watch-look.ts";
import { SentinelError } from "../../../src/core/errors.ts";
import type { SentinelEvent } from "../../../src/core/event.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { LedgerEvent } from "../../../src/ledger/entry.ts";
import type { WatchSettings } from "../../../src/watch/settings.ts";
import { repository } from "../../support/repository.ts";

/** Counts of each minute before and after a moment, as a program answers them. */
function program(deployedAt: number, before: number, after: number, exit = 0): WatchSettings {
  const text = `
    const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const counts = [];
    for (let at = Date.parse(asked.from); at < Date.parse(asked.to); at += 60000)
      counts.push({ start: new Date(at).toISOString(), total: 600, bad: at < ${deployedAt} ? ${before} : ${after} });
    console.log(JSON.stringify(counts.length ? { counts } : { noData: "nothing yet" }));
    process.exit(${exit});`;
  return { exec: { run: [process.execPath, "-e", text] }, signals: { latency: false, burn: false } };
}

function world(settings: WatchSettings, place: Partial<WatchPlace> = {}) {
  const { path } = repository();
  const secrets = new Secrets();
  const clients = createClients(path, { PATH: process.env["PATH"] }, secrets);
  const told: string[] = [];
  const noted: LedgerEvent[] = [];
  const around = {
    cwd: path,
    clients,
    secrets,
    emit: (event: SentinelEvent) => void (event.type === "notice" && told.push(event.message)),
    signal: new AbortController().signal,
    book: { note: async (event: LedgerEvent) => void noted.push(event) },
  } as unknown as WatchWorld;
  const look = watchLook(around, settings, { environment: "prod", version: "v1.4.2", ...place });
  return { look, told, noted, around };
}

const { signal } = new AbortController();
const minuteMs = 60_000;
const halfAnHourAgo = Math.floor(Date.now() / minuteMs) * minuteMs - 30 * minuteMs;

describe("the watch as a look after a deploy", () => {
  it("is well when all was well, tells how it went, and leaves what it was decided by", async () => {
    const { look, told, noted } = world(program(halfAnHourAgo, 1, 1));
    const looked = await look.look(new Date(halfAnHourAgo), signal);
    expect(looked).toMatchObject({ state: "ok" });
    expect(looked.message).toContain("PASSED");
    expect(told.join("\n")).toContain("Watching prod:");
    expect(noted.at(-1)).toMatchObject({
      kind: "watch",
      command: "apply",
      version: "v1.4.2",
      data: { outcome: "promote" },
    });
  });

  it("fails when the deploy broke something", async () => {
    const { look } = world(program(halfAnHourAgo, 1, 90));
    expect(await look.look(new Date(halfAnHourAgo), signal)).toMatchObject({ state: "failed" });
  });

  it("does not know when it was so before, or when numbers cannot be had", async () => {
    const before = world(program(halfAnHourAgo, 90, 90)).look;
    expect(await before.look(new Date(halfAnHourAgo), signal)).toMatchObject({ state: "unknown" });
    const away = world(program(halfAnHourAgo, 1, 1, 3)).look;
    expect(await away.look(new Date(halfAnHourAgo), signal)).toMatchObject({ state: "unknown" });
  });

  it("proves before the deploy that all is well, and stops one into a fire", async () => {
    const future = Date.now() + 3_600_000;
    const fine = await world(program(future, 1, 1)).look.prove?.(signal);
    expect(fine?.filter(({ state }) => state !== "ok")).toEqual([]);
    const burning = await world(program(future, 90, 90)).look.prove?.(signal);
    expect(burning?.find(({ state }) => state === "conflict")?.message).toMatch(
      /^before the deploy already, service\/errors/,
    );
    const away = await world(program(future, 1, 1, 3)).look.prove?.(signal);
    expect(away?.some(({ state }) => state === "unknown")).toBe(true);
    const missing = await world({ exec: { run: ["no-such-program"] } }).look.prove?.(signal);
    expect(missing?.some(({ state }) => state === "conflict")).toBe(true);
  });

  it("ends with the signal", async () => {
    const { look } = world(program(Date.now(), 1, 1));
    const stop = new AbortController();
    const looking = look.look(new Date(), stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 300);
    await expect(looking).rejects.toThrow("enough");
  });

  it("asks what a flag names, then the settings, then the environment's URL", async () => {
    const asked = async (settings: WatchSettings, place: Partial<WatchPlace>) =>
      (await world({ source: "prober", ...settings }, place).look.prove?.(signal))?.[0]?.message;
    const [flag, own, usual] = ["no-flag", "no-settings", "no-variable"];
    const settings = { prober: { url: own } };
    expect(await asked(settings, { serviceUrl: flag, serviceUrlFlag: flag })).toContain("no-flag");
    expect(await asked(settings, { serviceUrl: usual })).toContain("no-settings");
    expect(await asked({}, { serviceUrl: usual })).toContain("no-variable");
  });

  it("a watch of its own does not ask the prober about the past", async () => {
    const { around } = world({ exec: { run: ["x"] } });
    const settings: WatchSettings = { source: "prober", prober: { url: "http://127.0.0.1:1/" } };
    const request = { environment: "prod", version: null, command: "watch", resume: () => null };
    const listener = { seen() {}, alarm: async () => {} };
    await expect(
      watchBy(around, settings, { ...request, since: halfAnHourAgo }, listener),
    ).rejects.toMatchObject({
      code: "flag-invalid",
      message: expect.stringContaining("nothing of the past"),
    });
  });

  it("refuses settings that contradict each other at once", () => {
    expect(() => world({ source: "prometheus" })).toThrow(SentinelError);
    expect(() => world({ ...program(0, 0, 0), canary: {} })).toThrow(SentinelError);
  });
});
