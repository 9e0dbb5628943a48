import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parseStat, procProcesses } from "../../../../src/clients/host/proc.ts";
import { tree } from "./tree.ts";

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** @param threads the 20th field */
const stat = (name: string, state = "S", threads = 1) =>
  `42 (${name}) ${state} 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 ${threads} 0 12345 1000 200 18446744073709551615\n`;

function proc(files: Record<string, string>, links: Record<string, string> = {}) {
  const { folder, remove } = tree(files);
  removals.push(remove);
  for (const [path, to] of Object.entries(links)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    symlinkSync(to, join(folder, path));
  }
  return procProcesses(folder);
}

describe("parseStat", () => {
  it("reads names with spaces, parentheses and line breaks", () => {
    for (const name of ["nginx", "my prog", "a) S 1 (b", "(sd-pam)", "tmux: server", "two\nlines", ""]) {
      expect(parseStat(stat(name))).toEqual({ name, runs: true });
    }
  });

  it("knows that zombies and the dead do not run", () => {
    for (const state of ["Z", "X", "x"]) expect(parseStat(stat("a", state))?.runs).toBe(false);
    for (const state of ["R", "S", "D", "T", "t", "I"]) expect(parseStat(stat("a", state))?.runs).toBe(true);
  });

  it("knows that a process whose first thread has ended goes on with the others", () => {
    expect(parseStat(stat("a", "Z", 4))?.runs).toBe(true);
  });

  it("makes nothing of another text", () => {
    expect(parseStat("")).toBeUndefined();
    expect(parseStat("12 nginx S")).toBeUndefined();
  });
});

describe.skipIf(process.platform === "win32")("procProcesses in a tree like Linux'", () => {
  it("reads name, first word and executable", () => {
    const seen = proc(
      {
        "1/stat": stat("MainThread"),
        "1/cmdline": "/usr/bin/node\0/srv/app with space.js\0",
        "7/stat": stat("kworker/0:1"),
        "7/cmdline": "",
        "self/stat": stat("not a number"),
        uptime: "1 2\n",
      },
      { "1/exe": "/usr/lib/node/bin/node (deleted)" },
    );
    expect(seen).toEqual([
      { pid: 1, name: "MainThread", argv0: "/usr/bin/node", executable: "/usr/lib/node/bin/node" },
      { pid: 7, name: "kworker/0:1", argv0: "", executable: "" },
    ]);
  });

  it("passes over processes that vanish while they are read", () => {
    expect(proc({ "1/stat": stat("a"), "2/cmdline": "gone\0", "3/stat": "" }).map(({ pid }) => pid)).toEqual([
      1,
    ]);
  });

  it("reads the first word although a title has no end", () => {
    expect(
      proc({ "1/stat": stat("nginx"), "1/cmdline": "nginx: master process /usr/sbin/nginx" }),
    ).toMatchObject([{ argv0: "nginx: master process /usr/sbin/nginx" }]);
  });

  it("is empty where there is no procfs", () => expect(procProcesses("/no/such")).toEqual([]));
});

describe.skipIf(process.platform !== "linux")("procProcesses on this machine", () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });
  async function start(...argv: [string, ...string[]]): Promise<number> {
    const child = spawn(argv[0], argv.slice(1), { stdio: "ignore" });
    children.push(child);
    await once(child, "spawn");
    return child.pid ?? 0;
  }

  it("sees this process", () => {
    const own = procProcesses("/proc").find(({ pid }) => pid === process.pid);
    expect(own?.executable).toBe(readlinkSync("/proc/self/exe"));
  });

  it("sees what a running program was, although its file has been replaced", async () => {
    const folder = mkdtempSync(join(tmpdir(), "proc-"));
    const file = join(folder, "a rather long-named service");
    copyFileSync("/bin/sleep", file);
    const pid = await start(file, "600");
    rmSync(folder, { recursive: true });
    await expect
      .poll(() => procProcesses("/proc").find((one) => one.pid === pid))
      .toEqual({ pid, name: "a rather long-n", argv0: file, executable: file });
  });

  it("does not see a zombie", async () => {
    // exec replaces the parent by one that never collects its child.
    const pid = await start("sh", "-c", "sleep 0 & exec sleep 600");
    const zombie = () =>
      spawnSyncLines("ps", ["-A", "-o", "pid=,ppid=,stat="]).find(
        ([, parent, state]) => Number(parent) === pid && state?.startsWith("Z"),
      );
    await expect.poll(zombie).toBeDefined();
    expect(procProcesses("/proc").some((one) => one.pid === Number(zombie()?.[0]))).toBe(false);
    expect(procProcesses("/proc").some((one) => one.pid === pid)).toBe(true);
  });
});

function spawnSyncLines(program: string, args: string[]): string[][] {
  const text = execFileSync(program, args, { encoding: "utf8" });
  return text.split("\n").map((line) => line.trim().split(/\s+/));
}
