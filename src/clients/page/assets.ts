import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** What every page of ours is made of. Built, this module holds the texts themselves: scripts/build.ts. */
export const assets = {
  style: readFileSync(new URL("./base.css", import.meta.url), "utf8"),
  plotStyle: installed("uplot/dist/uPlot.min.css"),
  plotScript: installed("uplot/dist/uPlot.iife.min.js"),
};

function installed(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(name), "utf8");
}
