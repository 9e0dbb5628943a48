import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPrograms } from "../../../src/clients/program.ts";
import { ProgramMissing, type ProgramRequest } from "../../../src/clients/readers.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { alive } from "./program/alive.ts";

const secrets = new Secrets();
// Assembled, so that no secret stands in this file.
const secret = ["tok", "en-", "0123456789", "abcdef"].join("");
const programs = createPrograms({ env: { ...process.env, RS_DEPLOY_TOKEN: secret }, secrets });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "program-"));
  secrets.add(secret);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(argv: [string, ...string[]], more: Partial<ProgramRequest> = {}) {
  return programs.run({ argv, signal: new AbortController().signal, ...more });
}
const sh = (script: string, more: Partial<ProgramRequest> = {}) => run(["sh", "-c", script], more);

async function pidIn(file: string): Promise<number> {
  await expect.poll(() => existsSync(file) && readFileSync(file, "utf8").endsWith("\n")).toBe(true);
  return Number(readFileSync(file, "utf8"));
}

describe.skipIf(process.platform === "win32")("a program that runs to its end", () => {
  it("answers with its exit code and both streams", async () => {
    expect(await sh("echo out; echo err >&2; exit 3")).toEqual({
      code: 3,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  it("says which signal ended it", async () => {
    expect(await sh("kill -SEGV $$")).toMatchObject({ code: null, signal: "SIGSEGV" });
  });

  it("gets its arguments as they are, without a shell in between", async () => {
    const args = ["a b", "$HOME", "*", "'", '"', "", "-n", ";exit 9"];
    const { stdout } = await run(["sh", "-c", 'for word; do printf "[%s]" "$word"; done', "x", ...args]);
    expect(stdout).toBe(args.map((word) => `[${word}]`).join(""));
  });

  it("reads nothing from us, and holds no pipe of ours", async () => {
    expect(await run(["cat"])).toMatchObject({ code: 0, stdout: "" });
    expect(await sh("(: <&3) 2>/dev/null && echo open || echo closed")).toMatchObject({ stdout: "closed\n" });
  });

  it("has no children that it did not start", async () => {
    const script = `
      const { stdout, pid } = require("node:child_process").spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
      const all = stdout.trim().split("\\n").map((line) => line.trim().split(/\\s+/).map(Number));
      console.log(JSON.stringify(all.filter(([own, parent]) => parent === process.pid && own !== pid)));`;
    expect((await run([process.execPath, "-e", script])).stdout).toBe("[]\n");
  });

  it("sees the allow-listed environment and what the request adds", async () => {
    const { stdout } = await run(["env"], { env: { MINE: "1" } });
    expect(stdout).toMatch(/^PATH=/m);
    expect(stdout).toMatch(/^MINE=1$/m);
    expect(stdout).not.toMatch(/RS_DEPLOY_TOKEN/);
  });

  it("runs in the folder that the request names, and is found from there", async () => {
    writeFileSync(join(folder, "here"), "#!/bin/sh\npwd -P\n");
    chmodSync(join(folder, "here"), 0o755);
    const { stdout } = await run(["./here"], { cwd: folder });
    expect(stdout.trim()).toMatch(/program-\w+$/);
  });

  it("may be a script without a first line that says what reads it", async () => {
    writeFileSync(join(folder, "bare"), "echo plain\n");
    chmodSync(join(folder, "bare"), 0o755);
    expect(await run([join(folder, "bare")])).toMatchObject({ code: 0, stdout: "plain\n" });
  });

  it("is one of many at a time", async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => sh(`sleep 0.05; echo ${i}; exit ${i}`)),
    );
    expect(answers.map(({ code, stdout }) => [code, stdout])).toEqual(answers.map((_, i) => [i, `${i}\n`]));
  });

  it("leads a group of its own, away from our terminal", async () => {
    const { stdout } = await sh('test "$(ps -o pgid= -p $$ | tr -d " ")" = $$ && echo leader');
    expect(stdout).toBe("leader\n");
  });
});

describe("a program that cannot be run", () => {
  it("is missing when it is not on PATH", async () => {
    await expect(run(["no-such-program"])).rejects.toThrow(
      new ProgramMissing("no-such-program is not on PATH"),
    );
  });

  it("is missing when its path leads nowhere, or to a folder", async () => {
    await expect(run(["./no/such"])).rejects.toThrow(ProgramMissing);
    await expect(run([folder])).rejects.toThrow(ProgramMissing);
  });

  it("says that the folder to run it in is not there", async () => {
    const cwd = join(folder, "none");
    await expect(run([process.execPath], { cwd })).rejects.toThrow(`there is no folder ${cwd}`);
  });

  it("does not repeat its arguments when the system refuses them", async () => {
    const failure = run([process.execPath, "x".repeat(4_000_000)]);
    await expect(failure).rejects.toThrow(/cannot be started: E2BIG$/);
  });
});

describe.skipIf(process.platform === "win32")("what a program prints", () => {
  it("is kept up to the limit and read to the end", async () => {
    const { code, stdout, stderr } = await sh("head -c 100000000 /dev/zero | tr '\\0' x; echo done >&2", {
      maxOutputBytes: 1000,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "done\n" });
    expect(stdout).toBe("x".repeat(1000));
  });

  it("may pass through another program that ends a little later", async () => {
    // Its second line is the end, which comes when the program has ended.
    const later = 'read -r line; read -r end; echo "$line"';
    const script = `(${later}) < fifo & exec > fifo; rm fifo; echo through`;
    const { code, stdout } = await sh(`mkfifo fifo; ${script}`, { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "through\n" });
  });

  it("is kept whole when it is as long as the limit", async () => {
    expect((await sh("printf 12345", { maxOutputBytes: 5 })).stdout).toBe("12345");
    expect((await sh("printf 123456", { maxOutputBytes: 5 })).stdout).toBe("12345");
  });

  it("has the replacement character for bytes that are no UTF-8", async () => {
    expect((await sh("printf 'a\\377b'")).stdout).toBe("a\ufffdb");
  });

  it("is masked, in both streams and in every encoding", async () => {
    const base64 = Buffer.from(secret).toString("base64");
    const { stdout, stderr } = await sh(`echo "a ${secret} b"; echo "c ${base64}" >&2`);
    expect(stdout).toBe("a *** b\n");
    expect(stderr).not.toContain(base64.slice(0, 8));
  });

  it("shows no part of a secret that the limit cuts in two", async () => {
    for (let before = 80; before <= 100; before++) {
      const text = `${"-".repeat(before)}${secret}${"+".repeat(2000)}`;
      const { stdout } = await run(["printf", "%s", text], { maxOutputBytes: 100 });
      expect(stdout).toMatch(/^-+\*{0,3}\+*$/);
      expect(stdout.length).toBeLessThanOrEqual(100);
    }
  });

  it("shows no part of a secret although masking has made room for more", async () => {
    for (let maxOutputBytes = 100; maxOutputBytes <= 125; maxOutputBytes++) {
      const { stdout } = await run(["printf", "%s", `${secret}-`.repeat(500)], { maxOutputBytes });
      expect(stdout).toMatch(/^(\*\*\*-)+\*{0,3}$/);
    }
  });
});

describe.skipIf(process.platform === "win32")("a program that is stopped", () => {
  it("is not started when the signal has been aborted before", async () => {
    const reason = new Error("too late");
    const file = join(folder, "never");
    await expect(sh(`echo > ${file}`, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(existsSync(file)).toBe(false);
  });

  it("is asked first, and may clean up", async () => {
    const [ready, cleaned] = [join(folder, "ready"), join(folder, "cleaned")];
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = sh(
      `trap 'echo > ${cleaned}; exit' TERM; sleep 600 & echo $$ > ${ready}; while :; do wait; done`,
      {
        signal: controller.signal,
      },
    );
    const pid = await pidIn(ready);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(existsSync(cleaned)).toBe(true);
    expect(alive(pid)).toBe(false);
  });

  it("is ended when it does not listen, with everything that it started", async () => {
    const [own, child] = [join(folder, "own"), join(folder, "child")];
    const controller = new AbortController();
    const running = sh(
      `trap '' TERM; sleep 600 & echo $! > ${child}; echo $$ > ${own}; while :; do sleep 600; done`,
      {
        signal: controller.signal,
      },
    );
    const pids = [await pidIn(own), await pidIn(child)];
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await expect.poll(() => pids.filter(alive)).toEqual([]);
  });

  it("is ended although it has closed its output", async () => {
    const file = join(folder, "closed");
    const controller = new AbortController();
    const running = sh(`echo $$ > ${file}; exec >&- 2>&-; sleep 600`, { signal: controller.signal });
    const pid = await pidIn(file);
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    expect(alive(pid)).toBe(false);
  });

  it("is waited for when only its output is closed", async () => {
    expect(await sh("exec >&- 2>&-; sleep 0.2; exit 4")).toMatchObject({ code: 4 });
  });
});

describe.skipIf(process.platform === "win32")("nothing is left", () => {
  it("of what a program starts in the background, even if that holds its output", async () => {
    const file = join(folder, "background");
    const { code, stdout } = await sh(`trap '' TERM; sleep 600 & echo $! > ${file}; echo done; exit 2`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "done\n" });
    const pid = Number(readFileSync(file, "utf8"));
    await expect.poll(() => alive(pid)).toBe(false);
  });

  it("open, although a daemon that left the group holds the output", async () => {
    const file = join(folder, "daemon");
    const daemon = `require("node:child_process").spawn("sh", ["-c", "echo $$ > ${file}; exec sleep 600"], { detached: true, stdio: "inherit" }).unref()`;
    const { code } = await run([process.execPath, "-e", daemon]);
    expect(code).toBe(0);
    process.kill(await pidIn(file), "SIGKILL");
  });

  it("of a program when we are killed ourselves", async () => {
    const [own, child] = [join(folder, "plugin"), join(folder, "grandchild")];
    const plugin = `trap '' TERM HUP; sleep 600 & echo $! > ${child}; echo $$ > ${own}; while :; do sleep 600; done`;
    const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `
      import { createPrograms } from ${url("../../../src/clients/program.ts")};
      import { Secrets } from ${url("../../../src/core/mask.ts")};
      const programs = createPrograms({ env: process.env, secrets: new Secrets() });
      await programs.run({ argv: ["sh", "-c", ${JSON.stringify(plugin)}], signal: new AbortController().signal });`;
    const us = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "ignore" });
    const pids = [await pidIn(own), await pidIn(child)];
    expect(pids.map(alive)).toEqual([true, true]);
    us.kill("SIGKILL");
    await expect.poll(() => pids.filter(alive)).toEqual([]);
  });
});

describe.skipIf(process.platform === "win32")("which", () => {
  it("finds what the shell finds", async () => {
    const { stdout } = await sh("command -v env");
    expect(programs.which("env")).toBe(stdout.trim());
    expect(programs.which("no-such-program")).toBeUndefined();
  });
});
