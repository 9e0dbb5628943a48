import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createPrograms } from "../../../../src/clients/program.ts";
import { createExecStore } from "../../../../src/clients/stores/exec.ts";
import type { Store } from "../../../../src/clients/stores/store.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { fileWith, storeContract } from "../../../contract/store.ts";
import { tempFolder } from "../../../support/temp.ts";

const never = new AbortController().signal;
const program = join(import.meta.dirname, "../../../support/store-program.mjs");

function storeIn(folder: string, env: Record<string, string> = {}, secrets = new Secrets()): Store {
  const programs = createPrograms({ env: process.env, secrets });
  return createExecStore({
    programs,
    run: [process.execPath, program, folder],
    name: "shelf",
    env,
    cwd: folder,
    timeoutMs: 20_000,
  });
}

storeContract("a program", async () => {
  const folder = tempFolder();
  return { open: () => storeIn(folder) };
});

describe("a program as a store", () => {
  it("that knows neither list nor remove keeps everything", async () => {
    const store = storeIn(tempFolder(), { STORE_KEEPS: "yes" });
    expect(await store.list(never)).toBeNull();
    await expect(store.remove("a.json", never)).rejects.toThrow("program shelf does not remove files");
  });

  it("that fails is quoted, masked", async () => {
    const secrets = new Secrets();
    const key = ["open", "sesame"].join("-");
    secrets.add(key);
    const store = storeIn(tempFolder(), { STORE_FAILS: `no bucket for ${key}` }, secrets);
    await expect(store.put(fileWith("x"), never)).rejects.toThrow(
      "program shelf stat ended with 9: no bucket for ***",
    );
  });

  it("that does not speak the protocol is not believed", async () => {
    const programs = createPrograms({ env: process.env, secrets: new Secrets() });
    const run = [process.execPath, "-e", "console.log('ok')"] as const;
    const store = createExecStore({ programs, run: [...run], cwd: tempFolder(), timeoutMs: 20_000 });
    await expect(store.put(fileWith("x"), never)).rejects.toThrow(/stat did not print .*: ok$/);
    await expect(store.get("a.json", join(tempFolder(), "a"), 10, never)).rejects.toThrow(/made no file/);
  });

  it("that is not there is said to be so beforehand", async () => {
    const programs = createPrograms({ env: process.env, secrets: new Secrets() });
    const store = createExecStore({ programs, run: ["no-such-program"], cwd: tempFolder(), timeoutMs: 1000 });
    expect(await store.prove(never)).toMatchObject([
      { state: "conflict", message: expect.stringContaining("no-such-program") },
    ]);
  });
});
