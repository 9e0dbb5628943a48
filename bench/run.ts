// `npm run bench [-- whole slow many large release notes ledger deploy watch container]`: how quick the built tool is, beside peers in the same run. Prints a table
// and judges nothing: machines differ, and a busy one is slow.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench, World } from "./bench.ts";
import { container } from "./container.ts";
import { deploys } from "./deploy.ts";
import { largeRepository } from "./large-repository.ts";
import { ledgerBench } from "./ledger.ts";
import { manyRequests } from "./many-requests.ts";
import { releaseNotes } from "./notes.ts";
import { releaseDryRun } from "./release-dry-run.ts";
import { slowDependencies } from "./slow-dependencies.ts";
import { tableHead, tableRow } from "./table.ts";
import { watchSources } from "./watch-sources.ts";
import { wholeCommand } from "./whole-command.ts";

const benches: readonly Bench[] = [
  wholeCommand,
  slowDependencies,
  manyRequests,
  largeRepository,
  releaseDryRun,
  releaseNotes,
  ledgerBench,
  deploys,
  watchSources,
  container,
];

const tool = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url));
const asked = process.argv.slice(2);
const chosen = benches.filter(({ name }) => asked.length === 0 || asked.includes(name));
const say = (text: string) => void process.stdout.write(`${text}\n`);

const scratch = mkdtempSync(join(tmpdir(), "release-sentinel-bench-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit());

if (chosen.length === 0) say(`choose from: ${benches.map(({ name }) => name).join(", ")}`);
else if (!existsSync(tool)) say(`${tool} is not there: npm run build`);
else {
  say(
    `Node.js ${process.versions.node}, ${process.platform} ${process.arch}, ${availableParallelism()} processors`,
  );
  say(tableHead());
  for (const bench of chosen) {
    say(bench.about);
    for (const row of await measured(bench)) say(row);
  }
}

/** One benchmark that cannot be measured here does not keep the others from it. */
async function measured(bench: Bench): Promise<readonly string[]> {
  const world = makeWorld(join(scratch, bench.name));
  try {
    return (await bench.measure(world)).map(tableRow);
  } catch (error) {
    return [`  could not be measured: ${error instanceof Error ? error.message : String(error)}`];
  } finally {
    rmSync(world.folder, { recursive: true, force: true });
  }
}

function makeWorld(folder: string): World {
  const [home, temporary] = [join(scratch, "home"), join(scratch, "tmp")];
  for (const path of [folder, home, temporary]) mkdirSync(path, { recursive: true });
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|PATHEXT|SYSTEMROOT)$/i.test(name));
  const env = {
    ...Object.fromEntries(kept),
    HOME: home,
    USERPROFILE: home,
    TMPDIR: temporary,
    TEMP: temporary,
    GIT_CONFIG_NOSYSTEM: "1",
  };
  return { folder, env, gate: (...args) => [process.execPath, tool, ...args] };
}
