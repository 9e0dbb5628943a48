import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createContext } from "../../../src/cli/context.ts";
import { publishEnd } from "../../../src/cli/github.ts";
import { cleanEnv } from "../../support/cli.ts";
import { readCommandFile } from "../../support/runner-log.ts";
import { tempFolder } from "../../support/temp.ts";

describe("what the runner is given", () => {
  it("is cut at a line where it would keep nothing of it", async () => {
    const folder = tempFolder();
    const files = { GITHUB_OUTPUT: join(folder, "output"), GITHUB_STEP_SUMMARY: join(folder, "summary") };
    const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
    const context = createContext({
      terminal: { stdout: sink, stderr: sink },
      env: cleanEnv(files),
      cwd: folder,
      toolVersion: "0.0.0",
      signal: new AbortController().signal,
      options: { logFormat: "text", color: false, report: [] },
    });
    const lines = Array.from({ length: 40_000 }, (_, i) => `finding ${i}: grüße aus der Zeile`);
    publishEnd(context, { exitCode: 1, message: "BLOCKED", lines, outputs: {} });
    await context.sentinel.close();
    const summary = readFileSync(files.GITHUB_STEP_SUMMARY, "utf8");
    const { report = "", verdict } = readCommandFile(readFileSync(files.GITHUB_OUTPUT, "utf8"));
    for (const text of [summary, report]) {
      expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
      expect(text).toMatch(/\nfinding \d+: grüße aus der Zeile\n\n… and more/);
    }
    expect(verdict).toBe("BLOCKED");
  });
});
