import { describe, expect, it } from "vitest";
import { linuxMemory, memoryUse, parseMeminfo, parseVmStat } from "../../../../src/clients/host/memory.ts";

const meminfo = `MemTotal:       16384 kB
MemFree:         1024 kB
MemAvailable:    4096 kB
Buffers:          100 kB
SwapTotal:          0 kB
`;

const vmStat = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                                    1000.
Pages active:                                200000.
Pages inactive:                                2000.
Pages speculative:                             1096.
Pages throttled:                                  0.
Pages wired down:                             90000.
"Translation faults":                     123456789.
`;

describe("memory", () => {
  it("of Linux is what is not available", () => {
    expect(parseMeminfo(meminfo)).toEqual({
      source: "host",
      totalBytes: 16384 * 1024,
      usedBytes: 12288 * 1024,
      percent: 75,
    });
  });

  it("of Linux is not guessed from half a file", () => {
    expect(parseMeminfo("MemTotal: 16384 kB\n")).toBeUndefined();
    expect(() => linuxMemory("/no/such")).toThrow("cannot read /no/such/meminfo");
  });

  it("of macOS is what the system cannot take back at once", () => {
    const total = 16384 * 8192;
    expect(parseVmStat(vmStat, `${total}\n`)).toEqual({
      source: "host",
      totalBytes: total,
      usedBytes: total / 2,
      percent: 50,
    });
  });

  it("of macOS is not guessed from another text", () => {
    expect(parseVmStat("", "100")).toBeUndefined();
    expect(parseVmStat(vmStat, "")).toBeUndefined();
  });

  it("is never more than all of it", () => {
    expect(memoryUse("cgroup v2", 100, 120).percent).toBe(100);
  });
});
