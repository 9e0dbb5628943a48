// `npm run action`: puts the action's one file where action.yml names it. With --check: is the one that is committed of these sources?
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

process.chdir(join(import.meta.dirname, ".."));
const [built, committed] = ["dist/action/index.cjs", "action/index.cjs"] as const;
const fresh = readFileSync(built);
if (!process.argv.includes("--check")) {
  mkdirSync("action", { recursive: true });
  writeFileSync(committed, fresh);
} else if (!isFresh()) {
  process.stderr.write(`${committed} is not made of these sources: npm run action, and commit it\n`);
  process.exitCode = 1;
}

function isFresh(): boolean {
  try {
    return readFileSync(committed).equals(fresh);
  } catch {
    return false;
  }
}
