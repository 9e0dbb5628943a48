import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diskUse, parseStatFormat, readDisk } from "../../../../src/clients/host/disk.ts";
import { createPrograms } from "../../../../src/clients/program.ts";
import type { ProgramReader } from "../../../../src/clients/readers.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { tree } from "./tree.ts";

const gigabyte = {
  blockBytes: 4096n,
  blocks: 1000n,
  free: 300n,
  available: 250n,
  inodes: 200n,
  freeInodes: 150n,
};

describe("diskUse", () => {
  it("counts as df does: root's reserve is neither used nor available", () => {
    expect(diskUse(gigabyte)).toEqual({
      percent: (700 / 950) * 100,
      inodePercent: 25,
      totalBytes: 4_096_000,
      availableBytes: 1_024_000,
    });
  });

  it("is full when root has used its reserve", () => {
    // The kernel's number is unsigned: -5 arrives as 2^64 - 5.
    const over = diskUse({ ...gigabyte, free: 0n, available: 2n ** 64n - 5n });
    expect(over).toMatchObject({ percent: 100, availableBytes: 0 });
  });

  it("knows file systems that make inodes as they need them", () => {
    expect(diskUse({ ...gigabyte, inodes: 0n, freeInodes: 0n })?.inodePercent).toBeNull();
    expect(diskUse({ ...gigabyte, inodes: 5n, freeInodes: 10n })?.inodePercent).toBeNull();
  });

  it("counts petabytes", () => {
    const huge = diskUse({ ...gigabyte, blocks: 2n ** 50n, free: 2n ** 49n, available: 2n ** 49n });
    expect(huge).toMatchObject({ percent: 50, totalBytes: 2 ** 62 });
  });

  it("has nothing to say about what has no size", () => {
    expect(diskUse({ ...gigabyte, blocks: 0n, free: 0n, available: 0n })).toBeUndefined();
  });
});

const programs = createPrograms({ env: process.env, secrets: new Secrets() });
const none: ProgramReader = { which: () => undefined, run: () => Promise.reject(new Error("not to be run")) };
const { signal } = new AbortController();

/** Others write to this disk meanwhile. */
function expectBetween(seen: number, around: readonly [number, number], nearby: number): void {
  expect(seen).toBeGreaterThanOrEqual(Math.min(...around) - nearby);
  expect(seen).toBeLessThanOrEqual(Math.max(...around) + nearby);
}

describe.each([
  ["through another program", programs],
  ["by itself", none],
])("readDisk %s", (_how, asked) => {
  const read = (path: string) => readDisk(path, { programs: asked, platform: process.platform }, signal);

  it.skipIf(process.platform === "win32")("agrees with df", async () => {
    const shown = () => {
      const line = execFileSync("df", ["-P", tmpdir()], { encoding: "utf8" }).trim().split("\n").at(-1);
      return Number(/(\d+)%/.exec(line ?? "")?.[1]);
    };
    const before = shown();
    const { percent, availableBytes, totalBytes } = await read(tmpdir());
    // df rounds up.
    expectBetween(Math.ceil(percent), [before, shown()], 1);
    expect(availableBytes).toBeLessThanOrEqual(totalBytes);
  });

  it("names the path that does not exist", async () => {
    const path = join(tmpdir(), "no-such-folder-here");
    await expect(read(path)).rejects.toThrow(`${path} does not exist`);
  });

  it("says why a path cannot be asked", async () => {
    await expect(read(`/${"x".repeat(300)}`)).rejects.toThrow(
      /cannot be asked \(.*(ENAMETOOLONG|too long)\)/,
    );
  });

  it.skipIf(process.platform !== "linux")("refuses to call procfs an empty disk", async () => {
    await expect(read("/proc")).rejects.toThrow("/proc is not on a disk: its file system has no size");
  });

  it("takes a path that looks like an option for a path", async () => {
    await expect(read("--help")).rejects.toThrow("--help does not exist");
  });
});

describe.skipIf(process.platform !== "linux")("readDisk", () => {
  it("sees the same either way", async () => {
    const host = { platform: process.platform };
    const read = (asked: ProgramReader) => readDisk(tmpdir(), { ...host, programs: asked }, signal);
    const [before, seen, after] = [await read(none), await read(programs), await read(none)];
    expect(seen.totalBytes).toBe(before.totalBytes);
    expectBetween(seen.percent, [before.percent, after.percent], 0.5);
    expectBetween(seen.inodePercent ?? 0, [before.inodePercent ?? 0, after.inodePercent ?? 0], 0.5);
  });

  it("leaves a dead network disk alone when it is told to", async () => {
    const { folder, remove } = tree({ stat: "#!/bin/sh\nexec sleep 600\n" });
    chmodSync(join(folder, "stat"), 0o755);
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
    const hanging = createPrograms({ env, secrets: new Secrets() });
    const controller = new AbortController();
    const read = readDisk(tmpdir(), { programs: hanging, platform: "linux" }, controller.signal);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
    remove();
  });
});

describe("parseStatFormat", () => {
  it("reads six numbers, of which one may be negative", () => {
    expect(parseStatFormat("4096 1000 300 -5 200 150\n")).toEqual({
      blockBytes: 4096n,
      blocks: 1000n,
      free: 300n,
      available: -5n,
      inodes: 200n,
      freeInodes: 150n,
    });
  });

  it("makes nothing of anything else", () => {
    for (const text of ["", "1 2 3 4 5", "1 2 3 4 5 6 7", "? ? ? ? ? ?"])
      expect(parseStatFormat(text)).toBeUndefined();
  });
});
