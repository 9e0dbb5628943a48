import { describe, expect, it } from "vitest";
import * as z from "zod";
import { hostMemory } from "../../../../src/checks/host/memory.ts";
import { judge, observe } from "./seen.ts";

const MiB = 1024 ** 2;
const seen = (percent: number, source: "host" | "cgroup v1" | "cgroup v2" = "host") => ({
  percent,
  source,
  totalBytes: 1000 * MiB,
  usedBytes: percent * 10 * MiB,
});

describe("host.memory", () => {
  it("says the promised sentences", () => {
    const answers = [41.3, 70, 80.1, 85, 90.2].map((percent) => judge(hostMemory, seen(percent))[0]);
    expect(answers.map((answer) => [answer?.status, answer?.message])).toEqual([
      ["ok", "Memory OK: 41.3%"],
      ["warn", "Memory WARNING: 70.0%"],
      ["warn", "Memory WARNING: 80.1%"],
      ["fail", "Memory CRITICAL: 85.0%"],
      ["fail", "Memory CRITICAL: 90.2%"],
    ]);
  });

  it("tells whose memory it is, and what to do about that", () => {
    expect(judge(hostMemory, seen(90))[0]).toMatchObject({
      details: ["900 MiB of 1000 MiB in use, the host's memory"],
      remedy: expect.stringMatching(/^end what uses it: ps /),
    });
    expect(judge(hostMemory, seen(90, "cgroup v2"))[0]).toMatchObject({
      details: ["900 MiB of 1000 MiB in use, the container's limit (cgroup v2)"],
      remedy: expect.stringMatching(/^raise the container's/),
    });
    expect(judge(hostMemory, seen(10))[0]).not.toHaveProperty("remedy");
  });

  it("sees what the host says, and takes other limits", async () => {
    const observation = await observe(hostMemory, { host: { memory: async () => seen(50) } });
    expect(observation).toEqual(seen(50));
    expect(judge(hostMemory, observation, { warn: 50 })[0]?.status).toBe("warn");
    expect(hostMemory.schema(z).safeParse({ warn: 50, critical: 120 }).success).toBe(false);
  });
});
