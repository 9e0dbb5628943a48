import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createFileStore } from "../src/clients/ledger/file.ts";
import { createLedgerWriter } from "../src/ledger/ledger.ts";
import { verifyChain } from "../src/ledger/verify.ts";
import { type Bench, ms, type Row, type World } from "./bench.ts";
import { writeLedger } from "./ledger-file.ts";
import { alternate, type Command, median, medianExtraMs, medianWallMs, peakBytes } from "./measure.ts";
import { makeRepository } from "./repository.ts";

const entries = 1_000_000;
const rounds = 15;
const never = new AbortController().signal;
const judged = /Release validation PASSED|BLOCKED/;

/** Reading and proving a ledger of a million entries, and adding to one. */
export const ledgerBench: Bench = {
  name: "ledger",
  about: `the audit ledger: ${entries} entries`,
  async measure(world) {
    const path = join(world.folder, "ledger.jsonl");
    writeLedger(path, entries, 5);
    try {
      return [
        await verifyRate(path),
        await peakMemory(world, path),
        lastEntries(world, path),
        await append(world),
        aroundCheck(world),
      ];
    } finally {
      rmSync(path);
    }
  },
};

function storeAt(path: string) {
  return createFileStore({ path, lock: `${path}.lock` });
}

/** In turn, so that both meet the same machine; the first round fills the cache. */
async function verifyRate(path: string): Promise<Row> {
  const [hash, verify]: [number[], number[]] = [[], []];
  for (let round = 0; round <= 3; round++) {
    let began = performance.now();
    hashFile(path);
    if (round > 0) hash.push(performance.now() - began);
    began = performance.now();
    const { genuine } = await verifyChain(storeAt(path).blocks(never), { keys: [], anchors: [] });
    if (!genuine) throw new Error("the ledger is not genuine");
    if (round > 0) verify.push(performance.now() - began);
  }
  const [theirs, ours] = [median(hash), median(verify)];
  const megabytes = statSync(path).size / 1e6;
  return {
    what: "verify, as a part of SHA-256's own rate",
    figure: theirs / ours,
    unit: "",
    bound: { least: 0.4 },
    from: `${ms(ours)} and ${ms(theirs)} for ${megabytes.toFixed(0)} MB`,
  };
}

function hashFile(path: string): void {
  const hash = createHash("sha256");
  const file = openSync(path, "r");
  const block = Buffer.alloc(1024 * 1024);
  for (let n = readSync(file, block); n > 0; n = readSync(file, block)) hash.update(block.subarray(0, n));
  closeSync(file);
  hash.digest();
}

async function peakMemory({ gate, env, folder }: World, path: string): Promise<Row> {
  const bytes = await peakBytes({ argv: gate("ledger", "verify", "--ledger", path), cwd: folder, env });
  const figure = bytes === undefined ? Number.NaN : bytes / 1e6;
  return {
    what: "verify, most memory at once",
    figure,
    unit: "MB",
    bound: { most: 150 },
    from: "the whole command",
  };
}

function lastEntries({ gate, env, folder: cwd }: World, path: string): Row {
  const runs = alternate(
    {
      show: { argv: gate("ledger", "show", "--last", "20", "--ledger", path), cwd, env },
      start: { argv: gate("ledger", "show", "--help"), cwd, env },
    },
    rounds,
  );
  const from = `${ms(medianWallMs(runs.show))} and ${ms(medianWallMs(runs.start))} for its help`;
  return {
    what: "show --last 20, beyond start-up",
    figure: medianExtraMs(runs.show, runs.start),
    unit: "ms",
    bound: { most: 100 },
    from,
  };
}

async function append({ folder }: World): Promise<Row> {
  const path = join(folder, "appended.jsonl");
  const ledger = createLedgerWriter({
    store: storeAt(path),
    mask: (value) => value,
    circumstances: { actor: null, run: { ci: null, url: null }, host: null, tool: "0.0.0" },
  });
  const about = { kind: "note", command: "bench", environment: null, version: null, commit: null };
  const raw = openSync(join(folder, "raw"), "a");
  const text = "x".repeat(4000);
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let i = 0; i < 300; i++) {
    let began = performance.now();
    await ledger.record({ ...about, data: { text } }, never);
    ours.push(performance.now() - began);
    began = performance.now();
    writeSync(raw, text);
    fsyncSync(raw);
    theirs.push(performance.now() - began);
  }
  closeSync(raw);
  const shown = (value: number) => `${value.toFixed(2)} ms`;
  return {
    what: "append, as a multiple of one write and fsync",
    figure: median(ours) / median(theirs),
    unit: "",
    bound: { most: 2 },
    from: `${shown(median(ours))} and ${shown(median(theirs))}`,
  };
}

function aroundCheck({ folder, env, gate }: World): Row {
  const cwd = makeRepository(join(folder, "repository"), { files: 3, tags: 1 }, env);
  const argv = gate("--env", "prod", "--version", "v1.1.0", "--all");
  const command = (ledger: string): Command => ({
    argv,
    cwd,
    env: { ...env, RS_LEDGER: ledger },
    proof: judged,
  });
  const runs = alternate({ on: command(""), off: command("off") }, rounds);
  const from = `${ms(medianWallMs(runs.on))} and ${ms(medianWallMs(runs.off))} without`;
  return {
    what: "check with the ledger, beyond without",
    figure: medianExtraMs(runs.on, runs.off),
    unit: "ms",
    bound: { most: 10 },
    from,
  };
}
