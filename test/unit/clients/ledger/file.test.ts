import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFileStore } from "../../../../src/clients/ledger/file.ts";
import { verifyChain } from "../../../../src/ledger/verify.ts";
import { ledgerStoreContract } from "../../../contract/ledger-store.ts";
import { event, fileStore, linesOf, never, writer } from "../../../support/ledger.ts";
import { repository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";

ledgerStoreContract("a file", () => {
  const path = join(tempFolder("rs-ledger-"), "deep", "ledger.jsonl");
  return { open: () => createFileStore({ path, lock: `${path}.lock` }) };
});

/** In a repository, as `RS_LEDGER` unset has it. */
function inRepository() {
  const repo = repository();
  const place = {
    path: join(repo.path, ".release-sentinel", "ledger.jsonl"),
    lock: join(repo.path, ".git", "release-sentinel", "ledger.lock"),
    twin: join(repo.path, ".git", "release-sentinel", "ledger.jsonl"),
  };
  return { repo, place, store: createFileStore(place) };
}

describe("the default place", () => {
  it("leaves the work tree clean", async () => {
    const { repo, store } = inRepository();
    await writer(store).record(event(), never);
    expect(repo.git("status", "--porcelain", "--untracked-files=all")).toBe("");
  });

  it("survives git clean -fdx, and says that it was restored", async () => {
    const { repo, place, store } = inRepository();
    await writer(store).record(event(), never);
    repo.git("clean", "-fdxq");
    expect(existsSync(place.path)).toBe(false);
    expect(await linesOf(store)).toHaveLength(1);
    const written = await writer(store).record(event(), never);
    expect(written.seq).toBe(2);
    expect(written.notices.join()).toContain("restored from its copy in .git");
    expect(readFileSync(place.path, "utf8").trim().split("\n")).toHaveLength(2);
  });

  it("does not follow a link that the tree brings, be it the folder or the file", async () => {
    const outside = tempFolder();
    const folder = inRepository();
    symlinkSync(outside, join(folder.repo.path, ".release-sentinel"));
    await expect(writer(folder.store).record(event(), never)).rejects.toMatchObject({
      code: "ledger-unwritable",
    });
    const file = inRepository();
    writeFileSync(join(outside, "victim"), "");
    mkdirSync(join(file.repo.path, ".release-sentinel"));
    symlinkSync(join(outside, "victim"), file.place.path);
    await expect(writer(file.store).record(event(), never)).rejects.toThrow("symbolic link");
    expect(readdirSync(outside)).toEqual(["victim"]);
    expect(statSync(join(outside, "victim")).size).toBe(0);
  });

  it("remembers the old chain when somebody puts another file in its place", async () => {
    const { place, store } = inRepository();
    await writer(store).record(event(), never);
    expect(await store.witnesses(never)).toEqual([]);
    rmSync(place.path);
    const other = fileStore();
    await writer(other).record(event(), never);
    linkSync(other.where, place.path);
    const anchors = await store.witnesses(never);
    expect(await verifyChain(store.blocks(never), { keys: [], anchors })).toMatchObject({
      genuine: false,
      problems: [{ kind: "rewritten" }],
    });
  });
});

describe("a write that was cut off", () => {
  it("is set aside and named, and the chain goes on", async () => {
    const store = fileStore();
    await writer(store).record(event({ data: { n: 1 } }), never);
    await writer(store).record(event({ data: { n: 2 } }), never);
    const whole = statSync(store.where).size;
    truncateSync(store.where, whole - 10);
    const torn = readFileSync(store.where, "utf8").split("\n")[1] ?? "";
    expect(await verifyChain(store.blocks(never), { keys: [], anchors: [] })).toMatchObject({
      genuine: false,
      problems: [{ kind: "torn", seq: 2 }],
    });
    const { seq, notices } = await writer(store).record(event({ data: { n: 3 } }), never);
    expect(seq).toBe(2);
    const aside = readdirSync(join(store.where, "..")).find((name) => name.includes(".torn-")) ?? "";
    expect(notices.join()).toContain(aside);
    expect(readFileSync(join(store.where, "..", aside), "utf8")).toBe(torn);
    expect((await verifyChain(store.blocks(never), { keys: [], anchors: [] })).genuine).toBe(true);
  });

  it("is known by its zeros where blocks never reached the disk", async () => {
    const store = fileStore();
    await writer(store).record(event(), never);
    appendFileSync(store.where, Buffer.concat([Buffer.alloc(5000), Buffer.from('"}\n')]));
    const { seq, notices } = await writer(store).record(event(), never);
    expect(seq).toBe(2);
    expect(notices).toHaveLength(1);
    expect((await verifyChain(store.blocks(never), { keys: [], anchors: [] })).lines).toBe(2);
  });

  it("that lacks the line break alone is completed: the entry was there", async () => {
    const store = fileStore();
    await writer(store).record(event({ data: { n: 1 } }), never);
    truncateSync(store.where, statSync(store.where).size - 1);
    const verified = await verifyChain(store.blocks(never), { keys: [], anchors: [] });
    expect(verified).toMatchObject({ genuine: true, lines: 1 });
    expect(verified.notices.join()).toContain("no line break");
    expect(await writer(store).record(event(), never)).toMatchObject({ seq: 2, notices: [] });
    expect((await verifyChain(store.blocks(never), { keys: [], anchors: [] })).lines).toBe(2);
  });

  it("at the very first entry leaves an empty ledger", async () => {
    const store = fileStore();
    writeFileSync(store.where, '{"entry":{"act');
    expect(await store.head(never)).toBeNull();
    expect((await writer(store).record(event(), never)).seq).toBe(1);
  });
});

describe("what cannot be written", () => {
  it("names a last line that was edited, and adds nothing to it", async () => {
    const store = fileStore();
    await writer(store).record(event({ environment: "stage" }), never);
    const edited = readFileSync(store.where, "utf8").replace("stage", "stagf");
    writeFileSync(store.where, edited);
    await expect(writer(store).record(event(), never)).rejects.toMatchObject({
      code: "ledger-unwritable",
      exitCode: 2,
      remedy: expect.stringContaining("ledger verify"),
    });
    await expect(store.probe(never)).rejects.toThrow("not as it was written");
    expect(readFileSync(store.where, "utf8")).toBe(edited);
  });

  it("takes a line back that a full disk has cut off", async () => {
    const store = createFileStore({ path: "/dev/full", lock: join(tempFolder(), "lock") });
    await expect(writer(store).record(event(), never)).rejects.toMatchObject({
      code: "ledger-unwritable",
      message: "cannot write the ledger /dev/full: there is no space left",
    });
  });

  it("says so for a folder that may not be written", async () => {
    const folder = tempFolder();
    const inProc = createFileStore({ path: "/proc/ledger.jsonl", lock: "/proc/ledger.lock" });
    await expect(inProc.probe(never)).rejects.toMatchObject({ code: "ledger-unwritable" });
    chmodSync(folder, 0o500);
    if (process.getuid?.() !== 0)
      await expect(fileStore(join(folder, "x.jsonl")).probe(never)).rejects.toThrow("may not be written");
  });

  it("does not play back a journal that somebody has laid beside its lock", async () => {
    const path = join(tempFolder(), "ledger.jsonl");
    writeFileSync(`${path}.lock-journal`, "anything");
    await expect(fileStore(path).probe(never)).rejects.toThrow("should not be there");
  });
});

const child = join(import.meta.dirname, "append.ts");

function appending(path: string, who: number, times: number) {
  const running = spawn(process.execPath, [child, path, String(who), String(times)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void running.kill("SIGKILL"));
  let acknowledged = "";
  running.stdout.on("data", (chunk) => (acknowledged += chunk));
  const ended = new Promise<string>((resolve) => running.on("close", () => resolve(acknowledged)));
  return { running, ended };
}

describe("many processes", () => {
  it("append at once: forty, five entries each, none is lost and none is out of order", async () => {
    const store = fileStore();
    const all = Array.from({ length: 40 }, (_, who) => appending(store.where, who, 5));
    const said = await Promise.all(all.map(({ ended }) => ended));
    expect(said.join("").trim().split("\n")).toHaveLength(200);
    const verified = await verifyChain(store.blocks(never), { keys: [], anchors: [] });
    expect(verified).toMatchObject({ genuine: true, lines: 200, problems: [] });
    const entries = (await linesOf(store)).map((line) => JSON.parse(line).entry.data);
    for (const who of all.keys())
      expect(entries.filter((data) => data.who === who).map((data) => data.n)).toEqual([0, 1, 2, 3, 4]);
  });

  it("killed at any moment lose nothing that was acknowledged, and hold nobody up", async () => {
    const store = fileStore();
    const victims = Array.from({ length: 6 }, (_, who) => appending(store.where, who, 1000));
    for (const { running, ended } of victims) {
      // One that was quicker than its turn came has ended by itself.
      await Promise.race([new Promise((resolve) => running.stdout.once("data", resolve)), ended]);
      running.kill("SIGKILL");
    }
    const acknowledged = (await Promise.all(victims.map(({ ended }) => ended)))
      .join("")
      .split("\n")
      .filter((line) => line !== "");
    await writer(store).record(event(), never);
    const verified = await verifyChain(store.blocks(never), { keys: [], anchors: [] });
    expect(verified.problems).toEqual([]);
    const hashes = new Set((await linesOf(store)).map((line) => `sha256:${JSON.parse(line).sha256}`));
    expect(acknowledged.filter((hash) => !hashes.has(hash))).toEqual([]);
  });
});
