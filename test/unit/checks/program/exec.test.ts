import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { exec } from "../../../../src/checks/program/exec.ts";
import { createEnv } from "../../../../src/clients/env.ts";
import { createPrograms } from "../../../../src/clients/program.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { judge, observe } from "../host/seen.ts";

type Options = Parameters<typeof exec.judge>[1]["options"];

// Assembled, so that no secret stands in this file.
const secret = ["pass", "phrase-", "9876543210"].join("");

describe.skipIf(process.platform === "win32")("exec", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "exec-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A plugin with this script; returns its path. */
  function plugin(script: string, name = "check_it"): string {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  async function answer(command: string[], options: Partial<Options> = {}, signal?: AbortSignal) {
    const secrets = new Secrets();
    const env = { ...process.env, PLUGIN_PASSWORD: secret, PLUGIN_OTHER: "other" };
    const readers = { programs: createPrograms({ env, secrets }), env: createEnv(env, secrets) };
    const all = { command, ...options };
    const seen = await observe(exec, readers, all, signal);
    return { seen, finding: judge(exec, seen, all)[0] };
  }

  it.each([
    [0, "ok"],
    [1, "warn"],
    [2, "fail"],
    [3, "unknown"],
  ])("exit code %i is %s, and the first line the message", async (code, status) => {
    const { finding } = await answer([plugin(`echo 'FOO: all | a=5ms;1;2'; echo more; exit ${code}`)]);
    expect(finding).toMatchObject({
      status,
      message: "FOO: all",
      details: ["more"],
      metrics: [{ name: "a", value: 0.005, unit: "s" }],
    });
  });

  it("an unknown comes from the variables that it was to get and did not", async () => {
    const env = ["PLUGIN_PASSWORD", "PLUGIN_NOWHERE"];
    const missing = async (code: number, asked = env) =>
      (await answer([plugin(`exit ${code}`)], { env: asked })).finding?.missing;
    expect([await missing(3), await missing(2), await missing(3, ["PLUGIN_PASSWORD"])]).toEqual([
      ["PLUGIN_NOWHERE"],
      undefined,
      undefined,
    ]);
    const gone = await answer(["no-such-plugin"], { env });
    expect(gone.finding).toMatchObject({ status: "unknown" });
    expect(gone.finding).not.toHaveProperty("missing");
  });

  it.each([
    [0, "ok", "exec check_it OK"],
    [1, "warn", "exec check_it WARNING"],
    [2, "fail", "exec check_it CRITICAL"],
    [3, "unknown", "exec check_it printed nothing"],
  ])("exit code %i without a word is %s: %s", async (code, status, message) => {
    expect((await answer([plugin(`exit ${code}`)])).finding).toMatchObject({ status, message });
  });

  it.each([4, 126, 127, 255])("exit code %i is unknown", async (code) => {
    const { finding } = await answer([plugin(`echo fine; echo why >&2; exit ${code}`)]);
    expect(finding).toMatchObject({
      status: "unknown",
      message: `exec check_it ended with exit code ${code}: fine`,
      details: ["why"],
    });
  });

  it("does not know when a signal ended it", async () => {
    const { finding } = await answer([plugin("kill -SEGV $$")]);
    expect(finding).toMatchObject({ status: "unknown", message: "exec check_it was ended by SIGSEGV" });
  });

  it("does not know when there is no such program", async () => {
    const { finding } = await answer(["no-such-plugin", "-x"]);
    expect(finding).toMatchObject({
      status: "unknown",
      message: "exec no-such-plugin not found",
      remedy: "install it, or name its path in `command`",
    });
    await expect(answer([])).rejects.toThrow("no command is configured");
  });

  it("does not know when time is up, and ends it", async () => {
    const controller = new AbortController();
    const running = answer([plugin("exec sleep 600")], {}, controller.signal);
    controller.abort(new Error("no answer within 30 s"));
    await expect(running).rejects.toThrow("no answer within 30 s");
  });

  it("shows what a failing program complains about, at most twenty lines", async () => {
    const { finding } = await answer([plugin("echo BAD; seq 30; seq 30 >&2; exit 2")]);
    expect(finding?.details).toEqual(Array.from({ length: 20 }, (_, i) => `${i + 1}`));
    expect((await answer([plugin("echo noise >&2; echo fine")])).finding).not.toHaveProperty("details");
  });

  it("shows nothing that could harm a terminal", async () => {
    const { finding } = await answer([plugin("printf 'a\\033[2Jb\\n\\033c\\n'; exit 1")]);
    expect(finding).toMatchObject({ message: "a\\x1b[2Jb", details: ["\\x1bc"] });
  });

  it("gives it the variables that are named, and no other", async () => {
    const path = plugin('echo "${PLUGIN_OTHER:-none} ${PLUGIN_PASSWORD:-none} ${MORE:-none} ${UNSET:-none}"');
    expect((await answer([path])).finding?.message).toBe("none none none none");
    const { finding } = await answer([path], { env: ["PLUGIN_OTHER", "UNSET"], values: { MORE: "1" } });
    // What is passed on counts as a secret, so it is not shown.
    expect(finding?.message).toBe("*** none 1 none");
    expect(exec.secrets?.({ command: [], env: ["PLUGIN_OTHER"] })).toEqual(["PLUGIN_OTHER"]);
  });

  it("never shows a secret that the program prints", async () => {
    const path = plugin(
      'echo "$PLUGIN_PASSWORD"; echo "$PLUGIN_PASSWORD" | od -An -tx1 | tr -d " \\n"; echo "$PLUGIN_PASSWORD" >&2; exit 2',
    );
    const { seen, finding } = await answer([path], { env: ["PLUGIN_PASSWORD"] });
    const all = JSON.stringify([seen, finding]);
    expect(all).not.toContain(secret);
    expect(all).not.toContain(Buffer.from(secret).toString("hex"));
    expect(finding?.message).toBe("***");
  });

  it("says nothing of the arguments, which may come from the environment", async () => {
    const { finding } = await answer([plugin("exit 2"), "--key", secret]);
    expect(JSON.stringify(finding)).not.toContain(secret);
    expect(finding?.remedy).toBe(
      `run it by hand, with the arguments from the configuration: ${join(folder, "check_it")}`,
    );
  });

  it("runs it in the folder that is named", async () => {
    plugin('basename "$(pwd -P)"', "where");
    expect((await answer(["./where"], { cwd: folder })).finding?.message).toMatch(/^exec-/);
  });

  it("has an observation that is judged the same again", async () => {
    const { seen, finding } = await answer([plugin("echo 'x | a=1'; exit 1")]);
    expect(judge(exec, JSON.parse(JSON.stringify(seen)), { command: [join(folder, "check_it")] })[0]).toEqual(
      finding,
    );
  });

  it("wants a command, and names for variables", () => {
    const schema = exec.schema(z);
    expect(schema.safeParse({ command: ["a"], cwd: "/", env: ["A_1"], values: { B: "x" } }).success).toBe(
      true,
    );
    for (const wrong of [
      {},
      { command: [] },
      { command: "a b" },
      { command: ["a"], env: ["A-1"] },
      { command: ["a"], shell: true },
    ]) {
      expect(schema.safeParse(wrong).success).toBe(false);
    }
    expect(exec.limits).toEqual({ timeoutMs: 30_000, attempts: 1 });
  });
});
