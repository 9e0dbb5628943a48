import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { cgroupMemory } from "../../../../src/clients/host/cgroup.ts";
import { tree } from "./tree.ts";

const MiB = 1024 ** 2;
const host = 8192 * MiB;
const v1NoLimit = "9223372036854771712\n";
const removals: (() => void)[] = [];
afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

/** @param own the text of /proc/self/cgroup @param groups files below /sys/fs/cgroup */
function memory(own: string, groups: Record<string, string>) {
  const files = Object.entries(groups).map(([path, text]) => [`sys/${path}`, text]);
  const { folder, remove } = tree({ "proc/self/cgroup": own, ...Object.fromEntries(files) });
  removals.push(remove);
  return cgroupMemory({ proc: join(folder, "proc"), cgroup: join(folder, "sys") }, host);
}

function v2(folder: string, max: string, current = 0, inactive = 0): Record<string, string> {
  const at = folder === "" ? "" : `${folder}/`;
  return {
    [`${at}cgroup.procs`]: "1\n",
    [`${at}memory.max`]: `${max}\n`,
    [`${at}memory.current`]: `${current}\n`,
    [`${at}memory.stat`]: `anon 5\nfile 7\nactive_file 9\ninactive_file ${inactive}\nslab 3\n`,
  };
}

function v1(folder: string, limit: string, usage = 0, inactive = 0): Record<string, string> {
  return {
    [`${folder}/cgroup.procs`]: "1\n",
    [`${folder}/memory.limit_in_bytes`]: `${limit}\n`,
    [`${folder}/memory.usage_in_bytes`]: `${usage}\n`,
    [`${folder}/memory.stat`]: `cache 1\ninactive_file 1\ntotal_cache 9\ntotal_inactive_file ${inactive}\n`,
  };
}

describe("control groups, version 2", () => {
  it("sees a container's limit at the root of its own namespace", () => {
    expect(memory("0::/\n", v2("", String(512 * MiB), 300 * MiB, 100 * MiB))).toEqual({
      source: "cgroup v2",
      limitBytes: 512 * MiB,
      usedBytes: 200 * MiB,
    });
  });

  it("takes the smallest limit on the way to the root, and that group's use", () => {
    const seen = memory("0::/kubepods/pod1/main\n", {
      "cgroup.procs": "1\n",
      ...v2("kubepods", String(4096 * MiB), 3000 * MiB),
      ...v2("kubepods/pod1", String(256 * MiB), 128 * MiB),
      ...v2("kubepods/pod1/main", "max", 64 * MiB),
    });
    expect(seen).toEqual({ source: "cgroup v2", limitBytes: 256 * MiB, usedBytes: 128 * MiB });
  });

  it("takes the outer of two equal limits, which is reached first", () => {
    const seen = memory("0::/pod/main\n", {
      "cgroup.procs": "1\n",
      ...v2("pod", String(256 * MiB), 200 * MiB),
      ...v2("pod/main", String(256 * MiB), 10 * MiB),
    });
    expect(seen?.usedBytes).toBe(200 * MiB);
  });

  it("has no limit when all say max, or more than the machine has", () => {
    expect(memory("0::/a\n", { "cgroup.procs": "1\n", ...v2("a", "max") })).toBeUndefined();
    expect(memory("0::/a\n", { "cgroup.procs": "1\n", ...v2("a", String(2 * host)) })).toBeUndefined();
  });

  it("is found under the hybrid mount", () => {
    const own = "3:cpu,cpuacct:/x\n1:name=systemd:/x\n0::/x\n";
    expect(memory(own, v2("unified/x", String(64 * MiB), 32 * MiB))).toBeUndefined();
    expect(
      memory(own, { "unified/cgroup.procs": "1\n", ...v2("unified/x", String(64 * MiB), 32 * MiB) }),
    ).toMatchObject({
      limitBytes: 64 * MiB,
    });
  });

  it("never goes outside for a path that starts with ..", () => {
    const seen = memory("0::/../../other\n", v2("", String(100 * MiB), 50 * MiB));
    expect(seen).toMatchObject({ limitBytes: 100 * MiB });
  });

  it("never uses less than nothing", () => {
    expect(memory("0::/\n", v2("", String(100 * MiB), 5, 10))?.usedBytes).toBe(0);
  });

  it("is not guessed when the use cannot be read", () => {
    const { "memory.current": _, ...rest } = v2("", String(100 * MiB));
    expect(() => memory("0::/\n", rest)).toThrow(/cannot read .*memory\.current/);
  });
});

describe("control groups, version 1", () => {
  const own = "9:name=systemd:/docker/abc\n4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n0::/\n";

  it("sees the group's limit, without the page cache of it and its children", () => {
    const seen = memory(own, {
      ...v1("memory", v1NoLimit),
      ...v1("memory/docker", v1NoLimit),
      ...v1("memory/docker/abc", String(512 * MiB), 400 * MiB, 150 * MiB),
    });
    expect(seen).toEqual({ source: "cgroup v1", limitBytes: 512 * MiB, usedBytes: 250 * MiB });
  });

  it("finds it at the mount's root, where a container sees its own group", () => {
    const seen = memory(own, v1("memory", String(128 * MiB), 64 * MiB));
    expect(seen).toMatchObject({ limitBytes: 128 * MiB, usedBytes: 64 * MiB });
  });

  it("takes the huge number for no limit", () => {
    expect(
      memory(own, { ...v1("memory", v1NoLimit), ...v1("memory/docker/abc", v1NoLimit) }),
    ).toBeUndefined();
  });

  it("counts in a hybrid set-up where version 1 lists the memory controller", () => {
    const seen = memory("4:memory:/a\n0::/a\n", {
      "unified/cgroup.procs": "1\n",
      ...v2("unified/a", String(16 * MiB), 1),
      "memory/cgroup.procs": "1\n",
      ...v1("memory/a", String(128 * MiB), 64 * MiB),
    });
    expect(seen).toMatchObject({ source: "cgroup v1", limitBytes: 128 * MiB });
  });

  it("may share its hierarchy with another controller", () => {
    const seen = memory("4:cpuset,memory:/\n", v1("cpuset,memory", String(128 * MiB), 64 * MiB));
    expect(seen).toMatchObject({ limitBytes: 128 * MiB });
  });
});

describe("no control groups", () => {
  it("give no limit", () => {
    expect(memory("", {})).toBeUndefined();
    expect(memory("0::/a:b\n", {})).toBeUndefined();
    expect(cgroupMemory({ proc: "/no/such", cgroup: "/no/such" }, host)).toBeUndefined();
  });
});
