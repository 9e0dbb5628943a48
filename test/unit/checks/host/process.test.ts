import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { hostProcess } from "../../../../src/checks/host/process.ts";
import { createHost } from "../../../../src/clients/host/host.ts";
import { createPrograms } from "../../../../src/clients/program.ts";
import type { RunningProcess } from "../../../../src/clients/readers.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { judge, observe } from "./seen.ts";

const running = (platform: NodeJS.Platform, ...names: string[]) => {
  const processes = names.map((name, i): RunningProcess => ({ pid: i + 1, name, argv0: "", executable: "" }));
  return { host: { platform, processes: async () => processes } };
};

describe("host.process", () => {
  it("says the promised sentences", async () => {
    const seen = await observe(hostProcess, running("linux", "init", "nginx"), { name: ["nginx", "redis"] });
    expect(
      judge(hostProcess, seen).map(({ status, message, subject }) => [status, message, subject]),
    ).toEqual([
      ["ok", "Process OK: nginx running", "nginx"],
      ["fail", "Process CRITICAL: redis not running", "redis"],
    ]);
  });

  it("remembers a few numbers a name, and nothing else of the machine", async () => {
    const many = Array.from({ length: 50 }, () => "nginx");
    const seen = await observe(hostProcess, running("linux", "init", ...many), { name: "nginx" });
    expect(seen).toEqual({ processes: [{ name: "nginx", pids: [2, 3, 4, 5, 6] }], hidden: false });
  });

  it("asks once for a name that is given twice", async () => {
    const seen = await observe(hostProcess, running("linux", "init"), { name: ["a", "a", ""] });
    expect(seen.processes).toEqual([{ name: "a", pids: [] }]);
  });

  it("has no answer when no process is named", async () => {
    await expect(observe(hostProcess, running("linux", "init"))).rejects.toThrow("no process is named");
    await expect(observe(hostProcess, running("linux", "init"), { name: "" })).rejects.toThrow(
      "no process is named",
    );
  });

  it("says so when other users' processes are hidden", async () => {
    const hidden = { host: { platform: "linux" as const, processes: async () => [] } };
    const [answer] = judge(hostProcess, await observe(hostProcess, hidden, { name: "nginx" }));
    expect(answer).toMatchObject({
      message: "Process CRITICAL: nginx not running",
      details: ["other users' processes are hidden here (hidepid): ask as root"],
    });
    const [elsewhere] = judge(hostProcess, await observe(hostProcess, running("win32"), { name: "nginx" }));
    expect(elsewhere).not.toHaveProperty("details");
  });

  it("gives a command to find the real name with", async () => {
    const [answer] = judge(
      hostProcess,
      await observe(hostProcess, running("linux", "init"), { name: "nginx" }),
    );
    expect(answer?.remedy).toContain("ps -eo pid,comm,args");
  });

  it("shows no name that could harm a terminal", () => {
    const [answer] = judge(hostProcess, { processes: [{ name: "a\u001b[2J\n", pids: [] }], hidden: false });
    expect(answer?.message).toBe("Process CRITICAL: a\\x1b[2J\\n not running");
  });

  it.skipIf(process.platform === "win32")("sees a real process come and go", async () => {
    const programs = createPrograms({ env: process.env, secrets: new Secrets() });
    const readers = { host: createHost({ programs }) };
    const name = `rs-test-${process.pid}`;
    const status = async () => judge(hostProcess, await observe(hostProcess, readers, { name }))[0]?.status;
    expect(await status()).toBe("fail");
    const child = spawn("sleep", ["600"], { argv0: name, stdio: "ignore" });
    await expect.poll(status).toBe("ok");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await status()).toBe("fail");
  });

  it("wants a name, or several", () => {
    const schema = hostProcess.schema(z);
    for (const name of ["nginx", ["nginx", "redis"]]) expect(schema.safeParse({ name }).success).toBe(true);
    for (const wrong of [{}, { name: "" }, { name: [] }, { names: ["a"] }]) {
      expect(schema.safeParse(wrong).success).toBe(false);
    }
  });
});
