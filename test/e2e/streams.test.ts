import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, cleanEnv, cli } from "../support/cli.ts";
import { repository } from "../support/repository.ts";
import { createLog } from "../support/runner-log.ts";
import { server } from "../support/server.ts";
import { tempFolder } from "../support/temp.ts";

const gate = ["--env", "prod", "--version", "v1.0.0", "--only", "git.*"];
const json = [...gate, "--json"];

describe("where output goes", () => {
  it("keeps the exit code when the reader of stdout has left", async () => {
    const { path } = repository();
    const shell = `"$0" "$1" --env prod --version nope --only 'git.*' --json | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    const code = execFileSync("bash", ["-c", shell, process.execPath, bin], {
      cwd: path,
      env: cleanEnv(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(code.toString().trim()).toBe("1");
  });

  it.runIf(existsSync("/dev/full"))("says so, with 2, when stdout is on a full disk", async () => {
    const { path } = repository();
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, [bin, ...json], {
      cwd: path,
      env: cleanEnv(),
      stdio: ["ignore", full, "pipe"],
    });
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.on("close", resolve));
    closeSync(full);
    expect(code).toBe(2);
    expect(stderr).toContain("cannot write to standard output: ENOSPC");
  });

  it("loses nothing of what it says to a reader that is slow", async () => {
    const { path, commit } = repository();
    const required = Array.from({ length: 5000 }, (_, i) => `A_VARIABLE_THAT_IS_NOT_SET_${i}`);
    commit("chore: policy", {
      "release-sentinel.yaml": `checks: {env.variables: {required: [${required.join(", ")}]}}\n`,
    });
    const child = spawn(process.execPath, [bin, "--env", "prod", "--version", "v1.0.0"], {
      cwd: path,
      env: cleanEnv(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    // Its pipe is full before anybody reads.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(1);
    expect(stderr).toMatch(/Release BLOCKED \(policy\): .*\n.*No webhook configured, skipping alert\n$/);
  });

  it("works with every stream closed", () => {
    const { path } = repository();
    const code = execFileSync(
      "bash",
      [
        "-c",
        `"$0" "$1" ${gate.map((arg) => `'${arg}'`).join(" ")} <&- >&- 2>&-; echo $?`,
        process.execPath,
        bin,
      ],
      { cwd: path, env: cleanEnv() },
    );
    expect(code.toString().trim()).toBe("0");
  });

  it("keeps log lines JSON, whatever is a secret, also when they are the last thing that is said", async () => {
    const { path } = repository();
    const env = { USE_TOKEN: "true", X_TOKEN: "1", Y_TOKEN: "0", Z_TOKEN: "false" };
    for (const args of [gate, [...gate, "--config", "none.yaml"], ["--enviroment"]]) {
      const { code, stderr } = await cli([...args, "--log-format", "json"], { cwd: path, env });
      const lines = stderr.trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line)).filter((line) => line.exitCode === code)).not.toEqual([]);
    }
  });

  it("writes a report whole or not at all", async () => {
    const { path } = repository();
    await cli([...gate, "--report", "json=verdict.json"], { cwd: path });
    expect(JSON.parse(readFileSync(`${path}/verdict.json`, "utf8"))).toMatchObject({
      verdict: "SAFE",
      releasable: false,
    });
  });
});

describe("in a log that a runner obeys", () => {
  const hostile = "##[stop-commands]off ##[add-mask]e";
  const world = () => {
    const repo = repository();
    repo.write(
      "release-sentinel.yaml",
      `checks:\n  git.clean: true\n  said: {uses: exec, command: [printf, 'WARNING - bad\\n   ::stop-commands::off\\n${hostile}\\n']}\n`,
    );
    repo.commit();
    repo.write(`${hostile}.txt`, "");
    return repo;
  };
  const gate = ["--env", "prod", "--version", "v1.0.0", "--all"];

  it.each(["text", "pretty", "markdown"])("gives no command that we do not mean: %s", async (format) => {
    const env = { GITHUB_ACTIONS: "true", RS_DEPLOY_TOKEN: "a-token-of-the-job" };
    const { code, stdout, stderr } = await cli([...gate, "--format", format], { cwd: world().path, env });
    expect(code).toBe(1);
    const log = createLog([]);
    log.take("stdout", Buffer.from(stdout));
    log.take("stderr", Buffer.from(stderr));
    const { annotations, masks, text } = log.end();
    expect(annotations.map(({ level }) => level)).toContain("error");
    expect(masks).toEqual(["a-token-of-the-job"]);
    expect(text).toMatch(/dirty.*stop-commands/);
  });

  it("takes nothing away from a file that it writes", async () => {
    const { path } = world();
    const file = join(tempFolder(), "verdict.json");
    const out = openSync(file, "w");
    const child = spawn(process.execPath, [bin, ...gate, "--json"], {
      cwd: path,
      env: cleanEnv({ GITHUB_ACTIONS: "true" }),
      stdio: ["ignore", out, "ignore"],
    });
    await new Promise((resolve) => child.on("close", resolve));
    closeSync(out);
    expect(readFileSync(file, "utf8")).toContain(hostile);
  });
});

describe.runIf(existsSync("/usr/bin/script"))("on a terminal", () => {
  const onTerminal = (args: readonly string[], cwd: string, env: Record<string, string> = {}) =>
    execFileSync(
      "script",
      ["-qec", [process.execPath, bin, ...args].map((arg) => `'${arg}'`).join(" "), "/dev/null"],
      { cwd, env: { ...cleanEnv(), TERM: "xterm-256color", ...env }, stdio: ["ignore", "pipe", "ignore"] },
    ).toString();

  it("shows a table at the end, without log lines", () => {
    const { path } = repository();
    const shown = onTerminal(gate, path);
    expect(shown).toContain("SAFE");
    expect(shown).toContain("Release validation PASSED");
    expect(shown).not.toMatch(/INFO release-sentinel/);
    expect(shown).toContain("\u001b[");
  });

  it("leaves colours out with NO_COLOR", () => {
    const { path } = repository();
    // Colour codes end in m; moving the cursor for the live view is another matter.
    // biome-ignore lint/complexity/useRegexLiterals: the escape character may not stand in a literal
    expect(onTerminal(gate, path, { NO_COLOR: "1" })).not.toMatch(new RegExp("\\u001b\\[[0-9;]*m"));
  });
});

it("leaves no process behind when it is killed in the middle", async () => {
  const { path, write, commit } = repository();
  const mark = `rs-${process.pid}-${Date.now()}`;
  write(
    "release-sentinel.yaml",
    `checks:\n  slow: {uses: exec, command: [sh, -c, "sleep 61; echo ${mark}"]}\n`,
  );
  commit();
  const silent = await server(() => {});
  const child = spawn(process.execPath, [bin, "--env", "prod", "--version", "v1.0.0"], {
    cwd: path,
    env: { ...cleanEnv(), URL: silent.url },
    stdio: "ignore",
  });
  const running = () =>
    execFileSync("ps", ["-axo", "args="])
      .toString()
      .split("\n")
      .some((line) => line.includes(mark));
  await expect.poll(running, { interval: 50 }).toBe(true);
  child.kill("SIGKILL");
  await expect.poll(running, { interval: 50 }).toBe(false);
});
