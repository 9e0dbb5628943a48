import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { hostDisk } from "../../../../src/checks/host/disk.ts";
import { createHost } from "../../../../src/clients/host/host.ts";
import { createPrograms } from "../../../../src/clients/program.ts";
import { Aborted } from "../../../../src/core/check.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { judge, observe } from "./seen.ts";

const use = (percent: number, inodePercent: number | null = 5) => ({
  percent,
  inodePercent,
  totalBytes: 100 * 1024 ** 3,
  availableBytes: (100 - percent) * 1024 ** 3,
});
const root = (percent: number, inodes?: number | null) => ({
  disks: [{ path: "/", use: use(percent, inodes), trouble: null }],
});

describe("host.disk", () => {
  it("says the promised sentences about the root alone", () => {
    const answers = [10, 80.1, 90.2].map((percent) => judge(hostDisk, root(percent))[0]);
    expect(answers.map((answer) => [answer?.status, answer?.message])).toEqual([
      ["ok", "Disk OK: 10.0%"],
      ["warn", "Disk WARNING: 80.1%"],
      ["fail", "Disk CRITICAL: 90.2%"],
    ]);
  });

  it("answers path by path, and names each", () => {
    const disks = [
      { path: "/", use: use(10), trouble: null },
      { path: "/data", use: use(90.2), trouble: null },
    ];
    expect(judge(hostDisk, { disks }).map(({ subject, message }) => [subject, message])).toEqual([
      ["/", "Disk OK: 10.0% (/)"],
      ["/data", "Disk CRITICAL: 90.2% (/data)"],
    ]);
    expect(judge(hostDisk, { disks: disks.slice(1) })[0]?.message).toBe("Disk CRITICAL: 90.2% (/data)");
  });

  it("names the inodes when they are scarcer than the space", () => {
    const disks = [{ path: "/data", use: use(80, 97), trouble: null }];
    expect(judge(hostDisk, { disks })[0]).toMatchObject({
      status: "fail",
      message: "Disk CRITICAL: 97.0% of inodes (/data)",
      remedy: expect.stringContaining("du --inodes -x -d 2 /data"),
    });
    expect(judge(hostDisk, root(10, 85))[0]?.message).toBe("Disk WARNING: 85.0% of inodes");
    expect(judge(hostDisk, root(90, 96))[0]?.message).toBe("Disk CRITICAL: 90.0%");
    expect(judge(hostDisk, root(10, null))[0]).toMatchObject({
      status: "ok",
      details: ["90 GiB of 100 GiB available"],
    });
  });

  it("takes the limits that it is given", () => {
    expect(judge(hostDisk, root(50), { warn: 40, critical: 50 })[0]?.status).toBe("fail");
    expect(judge(hostDisk, root(50, 50), { inodesWarn: 50 })[0]?.status).toBe("warn");
  });

  it("does not know about a path that does not exist, and answers for the others", async () => {
    const path = `${tmpdir()}/no-such-folder`;
    const host = createHost({ programs: createPrograms({ env: process.env, secrets: new Secrets() }) });
    const seen = await observe(hostDisk, { host }, { paths: [path, tmpdir()] });
    const [missing, there] = judge(hostDisk, seen);
    expect(missing).toMatchObject({
      status: "unknown",
      subject: path,
      message: `Disk UNKNOWN: ${path} does not exist`,
    });
    expect(there?.message).toMatch(/^Disk (OK|WARNING|CRITICAL): \d+\.\d%( of inodes)? \(/);
  });

  describe("with a path that gives no answer", () => {
    const host = {
      disk: (path: string) => (path === "/" ? Promise.resolve(use(10)) : new Promise<never>(() => {})),
    };
    const stop = async (reason: Error) => {
      const controller = new AbortController();
      const seen = observe(hostDisk, { host }, { paths: ["/", "/dead"] }, controller.signal);
      await delay(0);
      controller.abort(reason);
      return judge(hostDisk, await seen).map(({ status, message }) => [status, message]);
    };

    it("names it when time is up, and keeps the other answers", async () => {
      for (const cause of ["time-limit", "deadline"] as const) {
        expect(await stop(new Aborted(cause, "time is up"))).toEqual([
          ["ok", "Disk OK: 10.0% (/)"],
          ["unknown", "Disk UNKNOWN: /dead gives no answer"],
        ]);
      }
    });

    it("passes any other abort on", async () => {
      const reason = new Aborted("interrupt", "interrupted");
      await expect(stop(reason)).rejects.toBe(reason);
    });
  });

  it("tells the numbers, and a command when something is to be done", () => {
    expect(judge(hostDisk, root(90, 20))[0]).toMatchObject({
      details: ["10 GiB of 100 GiB available", "20.0% of inodes in use"],
      remedy: "free some space; where it went: du -xh -d 2 / | sort -h | tail",
      metrics: [
        { name: "disk_percent", value: 90, unit: "%" },
        { name: "disk_available", value: 10 * 1024 ** 3, unit: "B" },
        { name: "inodes_percent", value: 20, unit: "%" },
      ],
    });
    expect(judge(hostDisk, root(10))[0]).not.toHaveProperty("remedy");
  });

  it("quotes a path in the command, and shows none that could harm a terminal", () => {
    const disks = [{ path: "/my 'data'\u001b[2J", use: use(90), trouble: null }];
    const [answer] = judge(hostDisk, { disks });
    expect(answer?.message).toBe("Disk CRITICAL: 90.0% (/my 'data'\\x1b[2J)");
    expect(answer?.remedy).toContain("du -xh -d 2 '/my '\\''data'\\''\\x1b[2J' |");
  });

  it("takes percentages only, and no other keys", () => {
    const schema = hostDisk.schema(z);
    expect(schema.safeParse({}).success).toBe(true);
    expect(schema.safeParse({ paths: ["/"], warn: 1, critical: 99.5 }).success).toBe(true);
    for (const wrong of [{ warn: 101 }, { critical: -1 }, { paths: [] }, { warning: 5 }]) {
      expect(schema.safeParse(wrong).success).toBe(false);
    }
  });
});
