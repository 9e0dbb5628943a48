import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { holderId } from "../../../../src/clients/host/holder.ts";
import { isKnownDead, publicHolderId } from "../../../../src/clients/host/public-holder.ts";

const onLinux = process.platform === "linux";

/** What a process that has ended would have called itself. */
function ofTheDead(): string {
  const path = new URL("../../../../src/clients/host/public-holder.ts", import.meta.url).pathname;
  const script = `import(${JSON.stringify(path)}).then(({ publicHolderId }) => console.log(publicHolderId()))`;
  return execFileSync(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] })
    .toString()
    .trim();
}

describe("who holds what everybody can read", () => {
  it("is another one each time, without the machine's name, its boot and its namespace", () => {
    const [place = ""] = holderId().split(" ");
    const [host = "", boot = "", namespace = "", ...process] = place.split("/");
    const shown = publicHolderId();
    expect(publicHolderId()).not.toBe(shown);
    expect(shown).toMatch(/^([0-9a-f]{16}|-)\/\d+\/[\d-]+ [0-9a-f]{12}$/);
    expect(shown.split(" ")[0]?.split("/").slice(1)).toEqual(process);
    for (const part of [host, boot, namespace].filter((word) => word.length > 2))
      expect(shown).not.toContain(part);
    expect(isKnownDead(shown)).toBe(false);
  });

  it("is nobody whose fate is known where there is no procfs", () => {
    expect(publicHolderId("/nowhere")).toMatch(/^-\/\d+\/- [0-9a-f]{12}$/);
    expect(isKnownDead(publicHolderId("/nowhere"), "/nowhere")).toBe(false);
    expect(isKnownDead(publicHolderId("/nowhere"))).toBe(false);
  });

  it.runIf(onLinux)("is dead when its process is gone, on its own machine alone", () => {
    const shown = ofTheDead();
    expect(isKnownDead(shown)).toBe(true);
    expect(isKnownDead(shown.replace(/^./, (first) => (first === "0" ? "1" : "0")))).toBe(false);
  });

  it.runIf(onLinux)("is known in the form of earlier versions too", () => {
    expect(isKnownDead(holderId())).toBe(false);
    expect(isKnownDead(holderId().replace(/\/\d+\/\d+ /, "/999999999/1 "))).toBe(true);
    for (const strange of ["", "somebody", "a/b/c", "////", "-/1/1 x"])
      expect(isKnownDead(strange)).toBe(false);
  });
});
