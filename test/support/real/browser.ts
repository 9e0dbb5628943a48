import { type Browser, chromium } from "playwright-core";
import { required } from "./require.ts";

/** Path of a headless Chromium. */
export const browserPath = required(
  "a browser: RS_TEST_CHROMIUM=FILE (Debian's package chromium-headless-shell)",
  process.env["RS_TEST_CHROMIUM"] || undefined,
);

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath.found ?? "",
    args: ["--no-sandbox", "--disable-gpu"],
  });
}

/** In the page: it is 500 px wide by now, and every plot is as wide as its place. */
export const plotsHaveFollowed = `innerWidth === 500 && [...document.querySelectorAll(".uplot")].every(
  (plot) => plot.querySelector(".u-wrap").offsetWidth === plot.parentElement.clientWidth,
)`;
