import { spawn } from "node:child_process";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLock } from "../../../../src/clients/ledger/lock.ts";
import { never } from "../../../support/ledger.ts";
import { tempFolder } from "../../../support/temp.ts";

const still = () => 0;

/** Another process that takes the lock, says so, and keeps it until it is killed. */
async function holder(path: string) {
  const module = join(import.meta.dirname, "..", "..", "..", "..", "src", "clients", "ledger", "lock.ts");
  const program = `
    import { createLock } from ${JSON.stringify(module)};
    await createLock(${JSON.stringify(path)}, () => 0).take(new AbortController().signal);
    process.stdout.write("taken");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return {
    kill: () =>
      new Promise((resolve) => {
        child.once("close", resolve);
        child.kill("SIGKILL");
      }),
  };
}

describe("the ledger's lock", () => {
  it("is held by one at a time", async () => {
    const path = join(tempFolder(), "lock");
    const [one, two] = [createLock(path, still), createLock(path, still)];
    const held = await one.take(never);
    let second = false;
    const waiting = two.take(never).then((lock) => {
      second = true;
      return lock;
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(second).toBe(false);
    held.release();
    (await waiting).release();
    expect(statSync(path).size).toBe(0);
  });

  it("is let go of by the system when its owner is killed: there is no stale one", async () => {
    const path = join(tempFolder(), "lock");
    const other = await holder(path);
    const signal = AbortSignal.timeout(200);
    await expect(createLock(path, still).take(signal)).rejects.toThrow("timeout");
    await other.kill();
    (await createLock(path, still).take(never)).release();
  });

  it("is waited for only until the signal says enough", async () => {
    const path = join(tempFolder(), "lock");
    const held = await createLock(path, still).take(never);
    const controller = new AbortController();
    const waiting = createLock(path, still).take(controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    held.release();
  });

  it("is waited for no longer than it is said, where nothing comes of it", async () => {
    const path = join(tempFolder(), "lock");
    const held = await createLock(path, still).take(never);
    await expect(createLock(path, still, 100).take(never)).rejects.toThrow("others have held it for 0.1 s");
    held.release();
  });

  it("is asked for anew when its file was deleted between two uses", async () => {
    const path = join(tempFolder(), "lock");
    const lock = createLock(path, still);
    (await lock.take(never)).release();
    rmSync(path);
    const held = await lock.take(never);
    const signal = AbortSignal.timeout(60);
    await expect(createLock(path, still).take(signal)).rejects.toThrow("timeout");
    held.release();
  });

  it("is no lock where the file is something else", async () => {
    const path = join(tempFolder(), "lock");
    writeFileSync(path, "something");
    await expect(createLock(path, still).take(never)).rejects.toThrow("is not an empty file");
  });
});
