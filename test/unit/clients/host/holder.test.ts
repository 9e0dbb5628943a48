import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { holderId, isDead } from "../../../../src/clients/host/holder.ts";

const onLinux = process.platform === "linux";

/** What a process that has ended would have called itself. */
async function holderOfTheDead(): Promise<string> {
  const holder = new URL("../../../../src/clients/host/holder.ts", import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    ["-e", `import(${JSON.stringify(holder)}).then(({ holderId }) => console.log(holderId()))`],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
  await once(child, "close");
  return said.trim();
}

describe("who holds a lock", () => {
  it("is another one each time, and no secret of this machine but its name", () => {
    expect(holderId()).not.toBe(holderId());
    expect(holderId()).toMatch(/^[^ ]+\/[\w-]+\/[\d-]+\/\d+\/[\d-]+ [0-9a-f]{12}$/);
  });

  it("is a name and no more where there is no procfs: nobody is dead there", () => {
    const holder = holderId("/nowhere");
    expect(holder).toMatch(/^[^ ]+\/-\/-\/\d+\/- [0-9a-f]{12}$/);
    expect([
      isDead(holder, "/nowhere"),
      isDead(holder.replace(`/${process.pid}/`, "/999999/"), "/nowhere"),
    ]).toEqual([false, false]);
  });

  it("is not dead while it runs", () => {
    expect(isDead(holderId())).toBe(false);
  });

  it.runIf(onLinux)("is dead when its process is gone", async () => {
    const holder = await holderOfTheDead();
    expect(holder).toContain("/");
    expect(isDead(holder)).toBe(true);
  });

  it.runIf(onLinux)("is dead when another process has its number now", () => {
    const [place = ""] = holderId().split(" ");
    const [host, boot, namespace, pid] = place.split("/");
    expect(isDead(`${host}/${boot}/${namespace}/${pid}/1 x`)).toBe(true);
  });

  it("on another machine, in another boot or another container, is nobody we could know the fate of", async () => {
    const holder = await holderOfTheDead();
    const [place = "", random] = holder.split(" ");
    const parts = place.split("/");
    for (const i of [0, 1, 2]) {
      const other = parts.map((part, j) => (i === j ? `${part}9` : part)).join("/");
      expect(isDead(`${other} ${random}`)).toBe(false);
    }
    for (const strange of ["", "somebody", "a/b/c", "////"]) expect(isDead(strange)).toBe(false);
  });
});
