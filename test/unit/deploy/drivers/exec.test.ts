import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Run } from "../../../../src/deploy/driver.ts";
import { readAnswer } from "../../../../src/deploy/exec/answers.ts";
import { fileRegister } from "../../../../src/deploy/state/file.ts";
import { emptyState } from "../../../../src/deploy/state/register.ts";
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

  it("that breaks down over its plan, or answers it with something else, has found out nothing", async () => {
    const fault = { plan: { code: 1, stderr: "Traceback" } };
    await expect(failing(fault).driver.plan(never)).rejects.toMatchObject({ final: false });
    const said = failing({ plan: { said: "no such box", code: 1 } });
    await expect(said.driver.plan(never)).rejects.toMatchObject({ message: "no such box", final: true });
  });

  it.each([
    ["", "it printed nothing"],
    ["hello world not json", "it printed no JSON (it begins: hello world not json)"],
    ['{"a":1}\n{"b":2}\n', "it printed more than one JSON object"],
    ["[1]", "it printed JSON that is no object"],
    ["{}", "target: "],
  ])("is told what it printed instead of an answer: %j", (stdout, words) => {
    const read = () => readAnswer("plan", stdout, { program: "./d", typed: "printf … | ./d" });
    expect(read).toThrow(expect.objectContaining({ message: expect.stringContaining(words), final: false }));
  });

  it("keeps what others had put there as a way back", async () => {
    const folder = tempFolder("rs-exec-");
    writeFileSync(join(folder, "now.json"), JSON.stringify({ image: "app:old", digest: "d", broken: false }));
    const driver = execDriver(folder, "v1", run);
    await driver.plan(never);
    await driver.capture(run, never);
    await driver.apply(never);
    await driver.memory.good(run, await driver.status("applied", never), never);
    const [own, found] = (await driver.memory.read(never)).good;
    expect([own?.version, found?.version]).toEqual(["v1", "old"]);
    if (!found) throw new Error("it was not kept");
    await driver.restore({ kind: "good", good: found }, never);
    expect(runsAt(folder)?.image).toBe("app:old");
  });

  it("has a memory of its own whatever its name is made of", async () => {
    const folder = tempFolder("rs-exec-");
    await fileRegister(folder, "a/b").replace({ ...emptyState, current: "slash" }, "", never);
    expect((await fileRegister(folder, "a_b").read(never)).state.current).toBeNull();
    expect((await fileRegister(folder, "a/b").read(never)).state.current).toBe("slash");
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
