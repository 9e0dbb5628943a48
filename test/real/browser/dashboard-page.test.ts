import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGrafana } from "../../support/grafana.ts";
import { dashboard, panel, shopAnswer, shopDashboard, wave } from "../../support/grafana-dashboards.ts";
import { browserPath, openBrowser, plotsHaveFollowed } from "../../support/real/browser.ts";
import { tempFolder } from "../../support/temp.ts";
import { dashboardSteps, never } from "../../unit/ritual/dashboard/world.ts";

const markup = `<img src=x onerror="document.title='broken in'"></script><script>document.title='broken in'</script>`;

/** The page that the steps make of a dashboard. */
async function pageOf(json: Record<string, unknown>, more: Partial<Parameters<typeof startGrafana>[0]> = {}) {
  const grafana = await startGrafana({ dashboards: { shop: json }, answer: shopAnswer, ...more });
  const { snapshot, context, text } = dashboardSteps(grafana.url, { settings: { broken: "warn" } });
  await snapshot.run(context, never);
  return text("dashboard/index.html");
}

/** All that the shop has, and what hurts: markup, many series, gauges, nothing. */
function everything() {
  const shop = shopDashboard() as { panels: Record<string, unknown>[] };
  return {
    ...shop,
    panels: [
      ...shop.panels,
      {
        id: 30,
        type: "row",
        title: `Odd ones ${markup}`,
        collapsed: false,
        gridPos: { x: 0, y: 2000, w: 24, h: 1 },
      },
      ...[
        panel(31, `A title of ${markup}`, ["up"], { description: markup }),
        panel(32, "Broken", ["broken"]),
        panel(33, "Nothing came", ["empty"]),
        panel(34, "Gauges", ["memory"], {
          type: "bargauge",
          fieldConfig: { defaults: { unit: "bytes" }, overrides: [] },
        }),
        panel(35, "Forty series", ["many"]),
        panel(36, "Alerts", [], { type: "alertlist" }),
      ].map((one, i) => ({ ...one, gridPos: { x: 0, y: 3000 + i, w: 12, h: 8 } })),
    ],
  };
}

const answer: typeof shopAnswer = (query) =>
  query["expr"] === "many"
    ? wave(
        String(query["refId"]),
        Array.from({ length: 40 }, (_, i) => `pod-${i} ${i === 0 ? markup : ""}`),
      )
    : shopAnswer(query);

describe.skipIf(browserPath.skip)("the page of a dashboard, in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  async function open(html: string, width: number, colorScheme: "light" | "dark", javaScriptEnabled = true) {
    const file = join(tempFolder(), "index.html");
    writeFileSync(file, html);
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      javaScriptEnabled,
    });
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
    return { tab, wrong, close: () => context.close() };
  }

  const widths = (tab: Page) =>
    tab.evaluate<[number, number]>(
      "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
    );
  /** Every plot comes into view once. */
  const scrollThrough = async (tab: Page) => {
    for (const place of await tab.locator(".plot").all()) await place.scrollIntoViewIfNeeded();
    // Not waitForFunction, which evaluates again in the page: that may not, for its own good.
    const plots = "[...document.querySelectorAll('.plot')]";
    await expect.poll(() => tab.evaluate(`${plots}.every((one) => one.querySelector('canvas'))`)).toBe(true);
    await tab.evaluate("scrollTo(0, 0)");
  };

  const shots = process.env["RS_TEST_SCREENSHOTS"];
  const sizes = [380, 1440].flatMap((width) =>
    (["light", "dark"] as const).map((scheme) => [width, scheme] as const),
  );

  it.each(sizes)(
    "opens without an error, a request or a sideways scroll: %i px, %s",
    async (width, scheme) => {
      const { tab, wrong, close } = await open(await pageOf(everything(), { answer }), width, scheme);
      await scrollThrough(tab);
      if (shots) {
        mkdirSync(shots, { recursive: true });
        await tab.screenshot({ path: join(shots, `dashboard-${width}-${scheme}.png`), fullPage: true });
      }
      const [needed, there] = await widths(tab);
      expect(needed).toBeLessThanOrEqual(there);
      expect(await tab.locator(".uplot canvas").count()).toBe(7);
      expect(await tab.title()).toBe("Shop, v1.2.3");
      await tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      expect((await widths(tab))[0]).toBeLessThanOrEqual(there);
      await tab.setViewportSize({ width: 500, height: 700 });
      await tab.emulateMedia({ colorScheme: scheme === "dark" ? "light" : "dark" });
      // In one of the next frames.
      await expect.poll(() => tab.evaluate(plotsHaveFollowed)).toBe(true);
      expect((await widths(tab))[0]).toBeLessThanOrEqual(500);
      expect(wrong).toEqual([]);
      await close();
    },
  );

  it("shows as text what others have written, and names every plot for those who cannot see it", async () => {
    const { tab, wrong, close } = await open(await pageOf(everything(), { answer }), 1280, "light");
    await scrollThrough(tab);
    expect(await tab.locator("img").count()).toBe(0);
    expect(await tab.locator("script").count()).toBe(3);
    expect(await tab.locator("#panel-31 h3").innerText()).toBe(`A title of ${markup}`);
    const plots = await tab.getByRole("img").all();
    expect(plots).toHaveLength(7);
    expect(await tab.locator("#plot-11").getAttribute("aria-label")).toContain("Line chart of 3 series. ");
    expect(await tab.getByRole("article", { name: "Share of errors" }).locator("dd").innerText()).toMatch(
      /^0\.\d+ %$/,
    );
    expect(await tab.locator("#panel-12 td").allInnerTexts()).toContain("/search?q=<b>");
    expect(await tab.locator("#panel-32").innerText()).toContain("context deadline exceeded");
    expect(await tab.locator("#panel-35").innerText()).toContain("30 of 40 series are drawn");
    expect(wrong).toEqual([]);
    await close();
  });

  it("is readable without a script: the numbers are there", async () => {
    const { tab, close } = await open(await pageOf(everything(), { answer }), 1280, "light", false);
    if (shots) await tab.screenshot({ path: join(shots, "dashboard-no-script.png"), fullPage: true });
    expect(await tab.locator("#panel-11 table").isVisible()).toBe(true);
    expect(await tab.locator("#panel-11 tbody tr").first().innerText()).toMatch(/MiB/);
    await close();
  });

  it("stands 200 panels, draws those that are looked at, and finds one by its name", async () => {
    const panels = Array.from({ length: 200 }, (_, i) => panel(i + 1, `Panel number ${i}`, ["up"]));
    const { tab, wrong, close } = await open(await pageOf(dashboard("shop", "Many", panels)), 1440, "light");
    await tab.waitForSelector(".uplot canvas");
    expect(await tab.locator(".uplot").count()).toBeLessThan(40);
    await tab.getByLabel("Find a panel").fill("number 77");
    expect(await tab.locator(".panel:visible").count()).toBe(1);
    await tab.waitForSelector("#plot-78 canvas");
    expect(await tab.getByRole("status").innerText()).toBe("1 of 200");
    expect(wrong).toEqual([]);
    await close();
  });
});
