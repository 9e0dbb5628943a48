import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** What the report's page is made of besides its content. Built, this module holds the texts themselves: scripts/build.ts. */
export const assets = {
  style: read("./page.css"),
  script: read("./page.client.js"),
  plotStyle: installed("uplot/dist/uPlot.min.css"),
  plotScript: installed("uplot/dist/uPlot.iife.min.js"),
};

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

function installed(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(name), "utf8");
}
