import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { watchPage } from "../../../src/flows/watch/page.ts";
import { type WatchSeen, watch } from "../../../src/flows/watch/watch.ts";
import type { WatchSettings } from "../../../src/watch/settings.ts";
import { browserPath, openBrowser, plotsHaveFollowed } from "../../support/real/browser.ts";
import { tempFolder } from "../../support/temp.ts";
import { begun, type Minute, scriptedSource, steppingClock, watched } from "../../support/watch.ts";

/** The page of a canary that fails, of signals that are well, in breach and missing; with markup wherever text comes from outside. */
async function page(settings: WatchSettings): Promise<string> {
  const clock = steppingClock(begun);
  const wave = (n: number, of: number) => Math.round(of * (1 + Math.sin(n / 3) / 3));
  const minute = (
    { kind, service, arm }: { kind: string; service: string; arm: string },
    n: number,
  ): Minute => {
    if (service === "search" && n > 4) return null;
    if (kind === "saturation") return { level: Math.min(1, 0.55 + n / 60) };
    const total = wave(n, arm === "baseline" ? 4000 : 900);
    if (kind === "latency") return { total, bad: wave(n + 2, total * 0.012) };
    return { total, bad: Math.round(total * (arm === "canary" && n > 3 ? 0.011 : 0.003)) };
  };
  const source = scriptedSource(minute, clock);
  let last: WatchSeen | undefined;
  const { run } = watched(settings, source, clock, { seen: (seen) => void (last = seen) });
  const outcome = await watch(run);
  const markup = `<img src=x onerror="document.title='broken in'"><script>document.title='broken in'</script>`;
  const hostile = {
    ...outcome,
    reasons: [...outcome.reasons, { message: markup, remedy: `see </script>${markup}` }],
    readings: outcome.readings.map((reading) => ({ ...reading, message: `${reading.message} ${markup}` })),
  };
  const series = last?.series.map((one) => ({
    ...one,
    query: { ...one.query, id: `${one.query.id} ${markup}` },
  }));
  return watchPage(
    hostile,
    last && { ...last, series: [...last.series, ...(series ?? []).slice(0, 1)] },
    "0.0.0-test",
  );
}

const settings: WatchSettings = {
  services: { shop: {}, search: { signals: { saturation: false } } },
  labels: { job: "shop" },
  signals: { saturation: { query: "max(cpu)" } },
  canary: { baseline: { labels: { track: "stable" } }, canary: { labels: { track: "canary" } } },
};

describe.skipIf(browserPath.skip)("the report of a watch, in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  async function open(html: string, width: number, colorScheme: "light" | "dark") {
    const file = join(tempFolder(), "watch.html");
    writeFileSync(file, html);
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const tab = await context.newPage();
    const wrong: string[] = [];
    tab.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
    });
    tab.on("pageerror", (error) => wrong.push(String(error)));
    tab.on("request", (request) => {
      if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) wrong.push(request.url());
    });
    await tab.goto(pathToFileURL(file).href);
    await tab.waitForSelector(".uplot canvas");
    return { tab, wrong, close: () => context.close() };
  }

  const shots = process.env["RS_TEST_SCREENSHOTS"];
  const sizes = [380, 1280].flatMap((width) =>
    (["light", "dark"] as const).map((scheme) => [width, scheme] as const),
  );

  it.each(sizes)(
    "opens without an error, a request or a sideways scroll: %i px, %s",
    async (width, scheme) => {
      const { tab, wrong, close } = await open(await page(settings), width, scheme);
      const sizesOf = (view: Page) =>
        view.evaluate<[number, number, number]>(
          "[document.documentElement.scrollWidth, document.documentElement.clientWidth, document.querySelectorAll('.uplot canvas').length]",
        );
      if (shots) {
        mkdirSync(shots, { recursive: true });
        await tab.screenshot({ path: join(shots, `watch-${width}-${scheme}.png`), fullPage: true });
      }
      const [needed, there, canvases] = await sizesOf(tab);
      expect(needed).toBeLessThanOrEqual(there);
      // Two services with errors and latency, one with saturation, a plot more for the markup, and the evidence.
      expect(canvases).toBeGreaterThanOrEqual(8);
      expect(await tab.title()).toContain("Watch of prod");
      await tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      expect((await sizesOf(tab))[0]).toBeLessThanOrEqual(there);
      await tab.setViewportSize({ width: 500, height: 700 });
      await tab.emulateMedia({ colorScheme: scheme === "dark" ? "light" : "dark" });
      // In one of the next frames.
      await expect.poll(() => tab.evaluate(plotsHaveFollowed)).toBe(true);
      expect((await sizesOf(tab))[0]).toBeLessThanOrEqual(500);
      expect(wrong).toEqual([]);
      await close();
    },
  );

  it("shows every reading and reason as text, whatever stands in it", async () => {
    const { tab, close } = await open(await page(settings), 1280, "light");
    expect(await tab.locator("img").count()).toBe(0);
    expect(await tab.locator("h1").innerText()).toContain("Watch of prod FAILED");
    expect(await tab.locator("li").last().innerText()).toContain("<script>document.title");
    await close();
  });
});
