import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createHost } from "../../../../src/clients/host/host.ts";
import { createPrograms } from "../../../../src/clients/program.ts";
import { type ProgramAnswer, ProgramMissing, type ProgramReader } from "../../../../src/clients/readers.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { tree } from "./tree.ts";

const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** Programs of another system, which print these texts. */
function printing(texts: Readonly<Record<string, Partial<ProgramAnswer>>>): ProgramReader {
  return {
    which: () => undefined,
    run: async ({ argv }) => {
      const answer = texts[argv.join(" ")];
      if (!answer) throw new ProgramMissing(`${argv[0]} is not on PATH`);
      return { code: 0, signal: null, stdout: "", stderr: "", ...answer };
    },
  };
}
const nothing = printing({});
const real = createPrograms({ env: process.env, secrets: new Secrets() });
const { signal } = new AbortController();

describe("the host, on Linux", () => {
  function linux(files: Record<string, string>) {
    const { folder, remove } = tree(files);
    removals.push(remove);
    return createHost({
      programs: nothing,
      platform: "linux",
      proc: join(folder, "proc"),
      cgroup: join(folder, "sys"),
    });
  }
  const machine = { "proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 600 kB\n" };

  it("has the container's memory where it is limited", async () => {
    const host = linux({
      ...machine,
      "proc/self/cgroup": "0::/\n",
      "sys/cgroup.procs": "1\n",
      "sys/memory.max": "102400\n",
      "sys/memory.current": "92160\n",
      "sys/memory.stat": "inactive_file 10240\n",
    });
    expect(await host.memory()).toEqual({
      source: "cgroup v2",
      totalBytes: 102400,
      usedBytes: 81920,
      percent: 80,
    });
  });

  it("has the machine's memory where it is not", async () => {
    const host = linux({ ...machine, "proc/self/cgroup": "0::/\n" });
    expect(await host.memory()).toMatchObject({ source: "host", percent: 40 });
  });

  it("has no processes rather than none when there is neither procfs nor ps", async () => {
    await expect(linux({}).processes(signal)).rejects.toThrow("ps is not on PATH");
  });
});

describe("the host, on macOS", () => {
  it("asks vm_stat and sysctl for memory", async () => {
    const programs = printing({
      vm_stat: {
        stdout: "(page size of 4096 bytes)\nPages free: 10.\nPages inactive: 10.\nPages speculative: 5.\n",
      },
      "sysctl -n hw.memsize": { stdout: "409600\n" },
    });
    const host = createHost({ programs, platform: "darwin" });
    expect(await host.memory()).toMatchObject({ source: "host", totalBytes: 409600, percent: 75 });
  });

  it("says what failed", async () => {
    const programs = printing({
      vm_stat: { code: 1, stderr: "vm_stat: \u001b[1mno\n" },
      "sysctl -n hw.memsize": {},
    });
    const failure = createHost({ programs, platform: "darwin" }).memory();
    await expect(failure).rejects.toThrow("vm_stat failed (exit code 1): vm_stat: \\x1b[1mno");
  });

  it("asks ps for processes", async () => {
    const programs = printing({
      "ps -axo pid=,stat=,ucomm=": { stdout: "1 Ss launchd\n" },
      "ps -axo pid=,comm=": { stdout: "1 /sbin/launchd\n" },
    });
    const host = createHost({ programs, platform: "darwin" });
    expect(await host.processes(signal)).toMatchObject([{ pid: 1, name: "launchd" }]);
  });

  it("does not take an empty list for an answer", async () => {
    const programs = printing({ "ps -axo pid=,stat=,ucomm=": {}, "ps -axo pid=,comm=": {} });
    await expect(createHost({ programs, platform: "darwin" }).processes(signal)).rejects.toThrow(
      "ps lists no processes",
    );
  });
});

describe("the host, on Windows", () => {
  it("asks tasklist for processes", async () => {
    const programs = printing({ "tasklist /fo csv /nh": { stdout: '"a.exe","5","Console","1","1 K"\r\n' } });
    const host = createHost({ programs, platform: "win32" });
    expect(await host.processes(signal)).toMatchObject([{ pid: 5, name: "a.exe" }]);
    await expect(
      createHost({ programs: printing({ "tasklist /fo csv /nh": {} }), platform: "win32" }).processes(signal),
    ).rejects.toThrow("tasklist lists no processes");
  });

  it("has the memory that the system tells every program", async () => {
    const use = await createHost({ programs: nothing, platform: "win32" }).memory();
    expect(use.source).toBe("host");
    expect(use.percent).toBeCloseTo((use.usedBytes / use.totalBytes) * 100);
  });
});

describe("the host, here", () => {
  const host = createHost({ programs: real });

  it("has memory, a disk and processes, this one among them", async () => {
    expect(await host.memory()).toMatchObject({
      percent: expect.toSatisfy((n: number) => n > 0 && n <= 100),
    });
    expect(await host.disk("/", signal)).toMatchObject({
      percent: expect.toSatisfy((n: number) => n >= 0 && n <= 100),
    });
    expect((await host.processes(signal)).some(({ pid }) => pid === process.pid)).toBe(true);
  });

  it.skipIf(process.platform === "win32")("is seen by ps as well", async () => {
    const seen = await createHost({ programs: real, proc: "/no/such" }).processes(signal);
    expect(seen.find(({ pid }) => pid === process.pid)?.argv0).not.toBe("");
  });

  it("does nothing once the signal has been aborted", async () => {
    const reason = new Error("too late");
    await expect(host.processes(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
