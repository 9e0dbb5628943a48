import { readFileSync } from "node:fs";

/** What the report's page has of its own. Built, this module holds the texts themselves: scripts/build.ts. */
export const assets = {
  style: read("./page.css"),
  script: read("./page.client.js"),
};

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}
