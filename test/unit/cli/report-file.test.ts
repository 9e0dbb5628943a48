import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeReportFile } from "../../../src/cli/report-file.ts";
import { inProcess } from "../../support/main.ts";
import { tempFolder } from "../../support/temp.ts";

describe.runIf(process.platform !== "win32")("a report that goes into a pipe", () => {
  function pipe(): { folder: string; path: string } {
    const folder = tempFolder();
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    return { folder, path };
  }

  it("is not waited for where nobody reads", () => {
    const [error] = writeReportFile(pipe().folder, "pipe", "{}\n");
    expect(error).toMatchObject({
      message: "cannot write the report pipe (ENXIO)",
      remedy: expect.stringContaining("nobody reads"),
    });
  });

  it("is with whoever reads", () => {
    const { folder, path } = pipe();
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    expect(writeReportFile(folder, "pipe", "{}\n")).toEqual([]);
    const read = Buffer.alloc(10);
    expect(read.toString("utf8", 0, readSync(reader, read))).toBe("{}\n");
    closeSync(reader);
  });
});

it("a report whose place is a link is written where that leads", () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "reports"));
  writeFileSync(join(folder, "reports/gate.json"), "old\n");
  symlinkSync("reports/gate.json", join(folder, "gate.json"));
  expect(writeReportFile(folder, "gate.json", "new\n")).toEqual([]);
  expect(readFileSync(join(folder, "reports/gate.json"), "utf8")).toBe("new\n");
  expect(lstatSync(join(folder, "gate.json")).isSymbolicLink()).toBe(true);
});

it("a report is no file called -: standard output is for --format", async () => {
  const folder = tempFolder();
  const ran = await inProcess(["check", "--report", "json=-"], { cwd: folder });
  expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining("Standard output is for --format")]);
  expect(readdirSync(folder)).toEqual([]);
});

it("a report that is a file is written whole, in the place of the one before", () => {
  const folder = tempFolder();
  for (const text of ["one\n", "two\n"]) {
    expect(writeReportFile(folder, "report.json", text)).toEqual([]);
    expect(readFileSync(join(folder, "report.json"), "utf8")).toBe(text);
  }
});
