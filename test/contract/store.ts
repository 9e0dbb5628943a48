import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type NewFile, type Store, StoreConflict } from "../../src/clients/stores/store.ts";
import { StepFailure } from "../../src/core/step.ts";
import { tempFolder } from "../support/temp.ts";

const never = new AbortController().signal;

/** A file of this machine with that content. */
export function fileWith(content: string | Buffer, name = "release-v1.2.3.tar.gz"): NewFile {
  const path = join(tempFolder(), "file");
  const bytes = Buffer.from(content);
  writeFileSync(path, bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { name, path, bytes: bytes.length, sha256, contentType: "application/octet-stream" };
}

/** Everything but text: every byte there is, and line breaks of all kinds. */
const binary = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7 + (i >> 8)) % 256));

/** What every store must do. `make` makes a new, empty one; `open` answers a new handle on it each time. */
export function storeContract(name: string, make: () => Promise<{ open: () => Store }>): void {
  describe(`the contract of a store: ${name}`, () => {
    it("has nothing under a name that nothing was put under", async () => {
      const store = (await make()).open();
      const to = join(tempFolder(), "file");
      expect(await store.stat("release-v1.2.3.json", never)).toBeNull();
      expect(await store.get("release-v1.2.3.json", to, 1000, never)).toBeNull();
      expect(existsSync(to)).toBe(false);
      expect((await store.list(never)) ?? []).toEqual([]);
    });

    it("keeps what was put, to the byte, for whoever opens it later", async () => {
      const { open } = await make();
      const file = fileWith(binary);
      expect(await open().put(file, never)).toBe("stored");
      const there = { name: file.name, bytes: binary.length, sha256: file.sha256 };
      expect(await open().stat(file.name, never)).toEqual(there);
      const to = join(tempFolder(), "file");
      expect(await open().get(file.name, to, binary.length, never)).toEqual(there);
      expect(readFileSync(to).equals(binary)).toBe(true);
      expect((await open().list(never)) ?? [file.name]).toEqual([file.name]);
    });

    it("takes the same again for done", async () => {
      const { open } = await make();
      const file = fileWith("content");
      await open().put(file, never);
      expect(await open().put(file, never)).toBe("there");
    });

    it("never writes over anything, and says what is there", async () => {
      const { open } = await make();
      const first = fileWith("first");
      await open().put(first, never);
      const conflict = await open()
        .put(fileWith("second"), never)
        .catch((error: unknown) => error);
      expect(conflict).toBeInstanceOf(StoreConflict);
      expect((conflict as StoreConflict).message).toContain("with other content");
      expect((conflict as StoreConflict).message).toContain(first.sha256.slice(0, 12));
      expect((conflict as StoreConflict).remedy).toContain("by hand");
      expect((await open().stat(first.name, never))?.sha256).toBe(first.sha256);
    });

    it("keeps one of two that are put under one name at once", async () => {
      const { open } = await make();
      const two = [fileWith("one of two"), fileWith("other of two")];
      const ended = await Promise.allSettled(two.map((file) => open().put(file, never)));
      const kept = await open().stat("release-v1.2.3.tar.gz", never);
      expect(two.map(({ sha256 }) => sha256)).toContain(kept?.sha256);
      for (const [i, one] of ended.entries())
        expect(one.status === "fulfilled").toBe(two[i]?.sha256 === kept?.sha256);
    });

    it("gives no more than was asked for, and leaves no file then", async () => {
      const { open } = await make();
      await open().put(fileWith("x".repeat(1001)), never);
      const folder = tempFolder();
      const failure = open().get("release-v1.2.3.tar.gz", join(folder, "file"), 1000, never);
      await expect(failure).rejects.toThrow(StepFailure);
      expect(readdirSync(folder)).toEqual([]);
    });

    it.each(["../x", "a/b", "/etc/passwd", ".hidden", "-o", "", "a\nb", "C:x"])(
      "knows no name such as %j",
      async (bad) => {
        const store = (await make()).open();
        await expect(store.stat(bad, never)).rejects.toThrow(/no name of a file/);
        await expect(store.put(fileWith("x", bad), never)).rejects.toThrow(/no name of a file/);
        await expect(store.get(bad, join(tempFolder(), "x"), 10, never)).rejects.toThrow(/no name of a file/);
      },
    );

    it("removes what it can list, and nothing else; gone already is as good", async () => {
      const { open } = await make();
      await open().put(fileWith("a", "a.json"), never);
      await open().put(fileWith("b", "b.json"), never);
      if ((await open().list(never)) === null) {
        await expect(open().remove("a.json", never)).rejects.toThrow(StepFailure);
        return;
      }
      await open().remove("a.json", never);
      await open().remove("a.json", never);
      expect(await open().list(never)).toEqual(["b.json"]);
    });

    it("says beforehand whether it will take something, and stores nothing by that", async () => {
      const store = (await make()).open();
      expect((await store.prove(never)).map(({ state }) => state)).toEqual(["ok"]);
      expect((await store.list(never)) ?? []).toEqual([]);
    });

    it("gives up when it is told to", async () => {
      const { open } = await make();
      const reason = new Error("enough");
      await expect(open().put(fileWith("x"), AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(await open().stat("release-v1.2.3.tar.gz", never)).toBeNull();
    });
  });
}
