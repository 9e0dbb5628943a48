import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { hostTool } from "../../../../src/checks/host/tool.ts";
import { createPrograms } from "../../../../src/clients/program.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { judge, observe } from "./seen.ts";

type Options = Parameters<typeof hostTool.judge>[1]["options"];

describe.skipIf(process.platform === "win32")("host.tool", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tool-"));
    const scripts = {
      kubectl: '[ "$*" = "version --client" ] && echo "Client Version: v1.20.2"',
      silent: "exit 0",
      broken: "echo 'needs GLIBC_2.34' >&2; exit 1",
      odd: "echo release 7",
      harmful: 'touch "$0.was-run"; echo 1.0.0',
    };
    for (const [name, text] of Object.entries(scripts)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(folder, name), 0o755);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function answer(options: Options) {
    const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
    const programs = createPrograms({ env, secrets: new Secrets() });
    return judge(hostTool, await observe(hostTool, { programs }, options), options)[0];
  }

  it("is content with a tool that is there", async () => {
    expect(await answer({ name: "kubectl" })).toEqual({ status: "ok", message: "Tool OK: kubectl 1.20.2" });
    expect(await answer({ name: "kubectl", version: "^1.20" })).toMatchObject({
      message: "Tool OK: kubectl 1.20.2",
    });
  });

  it("fails for one that is not there", async () => {
    expect(await answer({ name: "no-such-tool", version: ">=2" })).toEqual({
      status: "fail",
      message: "Tool CRITICAL: no-such-tool not found",
      remedy: "install no-such-tool >=2, or put it on PATH",
    });
  });

  it("fails for a version outside the range", async () => {
    expect(await answer({ name: "kubectl", version: ">=1.28" })).toEqual({
      status: "fail",
      message: "Tool CRITICAL: kubectl 1.20.2 does not satisfy >=1.28",
      remedy: "install kubectl >=1.28",
    });
  });

  it("does not know when no version can be read", async () => {
    expect(await answer({ name: "silent", version: ">=1" })).toMatchObject({
      status: "unknown",
      message: "Tool UNKNOWN: version of silent not found out",
      details: ["silent --version prints no version"],
    });
    expect(await answer({ name: "kubectl", args: ["-x"] })).toMatchObject({
      status: "unknown",
      details: ["kubectl -x failed (exit code 1)"],
    });
  });

  it("does not take a number out of an error for the version", async () => {
    expect(await answer({ name: "broken", version: ">=1" })).toMatchObject({ status: "unknown" });
  });

  it("reads what the pattern says", async () => {
    expect(await answer({ name: "odd", pattern: "release (\\d+)", version: ">=7" })).toMatchObject({
      message: "Tool OK: odd 7",
    });
    await expect(answer({ name: "odd", pattern: "(" })).rejects.toThrow("not a regular expression");
  });

  it("does not run a program that it does not know, unless its version is asked for", async () => {
    expect(await answer({ name: "harmful" })).toEqual({ status: "ok", message: "Tool OK: harmful" });
    const programs = createPrograms({ env: process.env, secrets: new Secrets() });
    expect(programs.which(join(folder, "kubectl"))).toBeDefined();
    expect(() => writeFileSync(join(folder, "harmful.was-run"), "", { flag: "wx" })).not.toThrow();
  });

  it("does not know what a range means that is none", async () => {
    await expect(answer({ name: "kubectl", version: "new" })).rejects.toThrow(
      "new is not a range of versions",
    );
    await expect(answer({ name: "" })).rejects.toThrow("no tool is named");
  });

  it("does not judge against a range that was not asked about", async () => {
    const seen = { present: true, version: "1.20.2", trouble: null, range: ">=1.0", satisfied: true };
    expect(judge(hostTool, seen, { name: "kubectl", version: ">=1.28" })[0]).toMatchObject({
      status: "unknown",
      message: "Tool UNKNOWN: kubectl 1.20.2 was not compared with >=1.28",
    });
  });

  it("passes an abort on", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    const programs = createPrograms({ env: process.env, secrets: new Secrets() });
    await expect(observe(hostTool, { programs }, { name: "git" }, controller.signal)).rejects.toThrow(
      "enough",
    );
  });

  it("finds this very Node", async () => {
    expect(await answer({ name: process.execPath, version: ">=22" })).toMatchObject({
      message: `Tool OK: ${process.execPath} ${process.versions.node}`,
    });
  });

  it("wants a name", () => {
    const schema = hostTool.schema(z);
    expect(schema.safeParse({ name: "git", version: ">=2", args: [], pattern: "x" }).success).toBe(true);
    expect(schema.safeParse({}).success).toBe(false);
    expect(schema.safeParse({ name: "git", range: "1" }).success).toBe(false);
  });
});
