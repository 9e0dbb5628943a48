// Makes the reference pages and the JSON Schema from the sources. With --check it writes nothing, and names what is out of date.
import { writeFileSync } from "node:fs";
import { stalePages } from "./generate/pages.ts";

const stale = stalePages();
if (!process.argv.includes("--check")) {
  for (const { path, file, text } of stale) {
    writeFileSync(file, text);
    console.log(`written: ${path}`);
  }
} else if (stale.length > 0) {
  for (const { path } of stale) console.error(`out of date: ${path}`);
  console.error("npm run generate brings them up to date");
  process.exitCode = 1;
}
