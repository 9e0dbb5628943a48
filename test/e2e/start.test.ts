import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../dist/cli");

describe("what every start reads", () => {
  it("is one file, without what only some commands need", () => {
    const [name = "", ...others] = readdirSync(folder).filter((file) => /^gate-[\w-]{8}\.cjs$/.test(file));
    expect(others).toEqual([]);
    const file = join(folder, name);
    expect(statSync(file).size).toBeLessThan(600_000);
    const text = readFileSync(file, "utf8");
    // The ledger's lock, protobuf, and modules of Node.js that take milliseconds.
    const modules = ["crypto", "http", "https", "fs_promises", "zlib"].map((name) => `node_${name}=require(`);
    for (const word of ["BEGIN IMMEDIATE", "wireType", ...modules])
      expect(text.includes(word), word).toBe(false);
  });
});
