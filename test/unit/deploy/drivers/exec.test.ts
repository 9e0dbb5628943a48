import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Run } from "../../../../src/deploy/driver.ts";
import { driverContract } from "../../../contract/driver.ts";
import { execDriver, runsAt } from "../../../support/deploy/exec-place.ts";
import { tempFolder } from "../../../support/temp.ts";

driverContract("exec", () => {
  const folder = tempFolder("rs-exec-");
  return {
    open: (release, run) => execDriver(folder, release, run),
    seen: async () => runsAt(folder),
    empty: null,
  };
});

const never = new AbortController().signal;
const run: Run = {
  id: "r1",
  version: "v1",
  commit: null,
  actor: "tester",
  startedAt: "2026-11-21T10:00:00Z",
};

function failing(fault: object) {
  const folder = tempFolder("rs-exec-");
  writeFileSync(join(folder, "fault.json"), JSON.stringify(fault));
  return { folder, driver: execDriver(folder, "v1", run) };
}

describe("a program that deploys", () => {
  it("says in its own words why it does not", async () => {
    const { driver } = failing({ apply: { said: "no room on box 3" } });
    await expect(driver.apply(never)).rejects.toMatchObject({ message: "no room on box 3", final: true });
  });

  it("is quoted when it says nothing that can be read", async () => {
    const { driver } = failing({ apply: { stderr: "disk \u001b[31mfull", code: 3 } });
    await expect(driver.apply(never)).rejects.toMatchObject({
      message: expect.stringMatching(/exited with 3: disk \\x1b\[31mfull/),
      final: true,
    });
  });

  it("is asked again only if it says so by its exit code", async () => {
    const { driver } = failing({ apply: { code: 75 } });
    await expect(driver.apply(never)).rejects.toMatchObject({ final: false });
  });

  it("that prints something else than an answer is not believed", async () => {
    const { driver } = failing({ status: { code: 0 } });
    await expect(driver.status("applied", never)).rejects.toThrow(/gave no answer to status/);
  });

  it("whose memory is in a file that is not ours is not begun with", async () => {
    const folder = tempFolder("rs-exec-");
    mkdirSync(join(folder, "state"));
    writeFileSync(join(folder, "state", "prod-app.json"), "not ours");
    await expect(execDriver(folder, "v1", run).memory.read(never)).rejects.toThrow(
      /prod-app\.json is not what we have written there/,
    );
    expect(readFileSync(join(folder, "state", "prod-app.json"), "utf8")).toBe("not ours");
  });

  it("is not asked what there is to go back to when nothing was kept", async () => {
    const { folder, driver } = failing({});
    await expect(driver.restore({ kind: "captured" }, never)).rejects.toThrow("nothing has been kept");
    expect(runsAt(folder)).toBeNull();
  });
});
