import { spawn } from "node:child_process";
import { existsSync, mkdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { surveyRepository } from "../../../src/clients/git/survey.ts";
import { lookAt } from "../../../src/scaffold/look.ts";
import { bin, cleanEnv } from "../../support/cli.ts";
import { inProcess } from "../../support/main.ts";
import { repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";
import { gate, placeless, policy, text, yes } from "./world.ts";

describe("run in the middle of things", () => {
  it("goes on after a kill, and removes the drafts that it left", async () => {
    const repo = repository();
    await inProcess(yes, { cwd: repo.path });
    const whole = text(repo.path, gate);
    unlinkSync(join(repo.path, gate));
    // Of one file that is not there yet, and of one that is.
    for (const path of [gate, policy])
      writeFileSync(join(repo.path, `${path}.0b1f6c3e-9d6a-4c55-8f0e-1f2a3b4c5d6e.tmp`), "half");
    const { code, stderr } = await inProcess(yes, { cwd: repo.path });
    expect([code, stderr]).toEqual([0, expect.stringContaining("1 file written")]);
    expect(text(repo.path, gate)).toBe(whole);
    expect(repo.git("ls-files", "--others").trim().split("\n")).toEqual([gate, policy]);
  });

  it("is interrupted before it begins: 130, and nothing is written", async () => {
    const repo = repository();
    const { Aborted } = await import("../../../src/core/check.ts");
    const signal = AbortSignal.abort(new Aborted("interrupt", "interrupted by SIGINT", "SIGINT"));
    const { code } = await inProcess(yes, { cwd: repo.path, signal });
    expect([code, existsSync(join(repo.path, policy))]).toEqual([130, false]);
  });

  it("writes to the top from a subfolder, readable for all who may read the rest", async () => {
    const repo = repository();
    mkdirSync(join(repo.path, "src/deep"), { recursive: true });
    expect((await inProcess(yes, { cwd: join(repo.path, "src/deep") })).code).toBe(0);
    expect(existsSync(join(repo.path, gate))).toBe(true);
    expect((statSync(join(repo.path, policy)).mode & 0o444).toString(8)).toBe("444");
  });

  it("says what comes next as it was called itself", async () => {
    const next = async (env: Readonly<Record<string, string>>) =>
      (await inProcess(yes, { cwd: repository().path, env })).stderr;
    expect(await next({})).toMatch(/^ {2}release-sentinel check --env prod /m);
    expect(await next({ npm_command: "exec" })).toMatch(/^ {2}npx release-sentinel check --env prod /m);
  });

  it("asks nobody where there is no terminal: it says which flag is missing", async () => {
    const repo = repository();
    const { code, stderr } = await inProcess(["init", "--ci", "gitlab"], { cwd: repo.path });
    expect([code, existsSync(join(repo.path, policy))]).toEqual([1, false]);
    expect(stderr).toContain("there is no terminal, and --yes is missing");
    expect(stderr).toMatch(/--ci gitlab .*--yes$/m);
  });

  it.each(["größe/1.x", "fix+a#2", "yes"])("takes the branch %s by its very name", async (branch) => {
    const repo = repository();
    repo.git("branch", "-m", "main", branch);
    expect((await inProcess(yes, { cwd: repo.path })).code).toBe(0);
    repo.commit("ci: the release gate");
    expect((await inProcess(["init", "--check"], { cwd: repo.path })).code).toBe(0);
    const gate = await inProcess(["check", "--env", "prod", "--version", "v0.1.0"], { cwd: repo.path });
    expect([gate.code, gate.stderr]).toEqual([0, expect.stringContaining(`Branch OK: ${branch}`)]);
  });

  it("shows with --dry-run a patch that git applies, and that leaves nothing to do", async () => {
    const repo = repository();
    const { code, stdout } = await inProcess(["init", "--dry-run", "--ci", "github-actions"], {
      cwd: repo.path,
    });
    expect([code, repo.git("status", "--porcelain")]).toEqual([0, ""]);
    const patch = join(tempFolder(), "init.patch");
    writeFileSync(patch, stdout);
    repo.git("apply", patch);
    const again = await inProcess(["init"], { cwd: repo.path });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("Nothing to do: 2 files")]);
  });

  it.each([
    ["--env", "a b"],
    ["--action", "https://user@example.com/x@v1"],
    ["--branch", "-x"],
    ["--skip", "nothing.yml"],
    ["--action", "https://git.example.com/tools/rs.git@v1"],
  ])("refuses %s %s in one line", async (flag, value) => {
    const repo = repository();
    const { code, stderr } = await inProcess([...yes, `${flag}=${value}`, "--quiet"], { cwd: repo.path });
    expect([code, stderr.trim().split("\n").length]).toEqual([1, 1]);
  });

  it.each([
    ["gitlab", "acme/tools/sub@v1"],
    ["jenkins", "acme/tools/sub@v1"],
    ["github-actions", "https://git.example.com/tools/rs.git@v1"],
  ])("refuses for %s the tool at %s, which it could not get", async (ci, action) => {
    const repo = repository();
    const args = ["init", "--yes", "--ci", ci, "--action", action];
    const { code, stderr } = await inProcess(args, { cwd: repo.path });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`--action ${action} is no place`)]);
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  it("repeats no password of a URL that it refuses", async () => {
    const repo = repository();
    const password = ["pa55", "w0rd", "typed"].join("-");
    const url = `https://me:${password}@git.example.com/x.git@v1`;
    for (const args of [[...yes, "--action", url], [...yes, `--nothing=${url}`], [url], ["check", url]]) {
      const { code, all } = await inProcess(args, { cwd: repo.path });
      expect([code, all.includes(password)]).toEqual([1, false]);
      expect(all).toContain("git.example.com");
    }
  });

  it("shows nothing of somebody else's file that a terminal would obey", async () => {
    const repo = repository();
    const [esc, bell] = ["\u001b", "\u0007"];
    repo.commit("ci: by hand", { [gate]: `name: mine ${esc}]0;owned${bell}\n\ton: push\n` });
    const { stderr } = await inProcess(yes, { cwd: repo.path });
    expect(stderr).toContain("-name: mine \\x1b]0;owned\\x07\n-\ton: push\n");
    expect(stderr).not.toContain(esc);
  });

  it("says for a pipeline without a stage called test that the gate needs one of its stages", async () => {
    const repo = repository();
    repo.commit("ci: by hand", {
      ".gitlab-ci.yml": "stages:\n  - verify\nx: { stage: verify, script: [make] }\n",
    });
    const { stderr } = await inProcess(["init", "--yes"], { cwd: repo.path });
    expect(stderr).toContain("its stages have no test: name the gate's there too: release-gate: { stage:");
  });

  it("is not out of date in the next version only because nobody has said where the tool is", async () => {
    const repo = repository();
    await inProcess(placeless, { cwd: repo.path });
    const survey = await surveyRepository(repo.path, cleanEnv(), { signal: new AbortController().signal });
    const { facts, again } = lookAt(survey, {}, "9.9.9");
    expect([again, facts.tool.repository, facts.tool.version]).toEqual([
      true,
      null,
      expect.not.stringContaining("9.9.9"),
    ]);
  });

  it("takes no remote's password into a file or an answer", async () => {
    const repo = repository();
    const password = ["pa55", "w0rd", "of-nobody"].join("-");
    repo.git("remote", "add", "origin", `https://me:${password}@gitlab.example.com/acme/shop.git`);
    const { code, all } = await inProcess(["init", "--yes", "--json"], { cwd: repo.path });
    expect([code, all.includes(password)]).toEqual([0, false]);
    expect(all).toContain('"repository": "acme/shop"');
    expect(text(repo.path, ".gitlab-ci.yml").includes(password)).toBe(false);
  });
});

describe.runIf(existsSync("/usr/bin/script"))("on a terminal", () => {
  /** Types each answer when its question is there; null: nobody is there any more who could. */
  const typed = (
    cwd: string,
    answers: readonly (readonly [question: string, keys: string | null])[],
    size = "cols 120 rows 40",
  ) =>
    new Promise<{ code: number | null; shown: string }>((done) => {
      const command = `stty ${size}; exec '${process.execPath}' '${bin}' init`;
      const env = { ...cleanEnv(), TERM: "xterm-256color" };
      const child = spawn("script", ["-qec", command, "/dev/null"], { cwd, env });
      const left = [...answers];
      let shown = "";
      let seen = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        shown += chunk.toString("utf8");
        const [question = "", keys = ""] = left[0] ?? [];
        const at = left.length > 0 ? shown.indexOf(question, seen) : -1;
        if (at < 0) return;
        seen = at + question.length;
        left.shift();
        if (keys === null) child.stdin.end();
        else child.stdin.write(keys);
      });
      child.on("close", (code) => done({ code, shown }));
    });

  it("asks, shows, and writes what was agreed to", async () => {
    const repo = repository();
    const { code, shown } = await typed(repo.path, [
      ["What is wanted here?", "\r"],
      ["Which environment", "\r"],
      ["Which CI service", "\r"],
      ["Write 1 file?", "\r"],
    ]);
    expect(shown).toContain("+  git.clean: true");
    expect([code, existsSync(join(repo.path, policy))]).toEqual([0, true]);
  });

  it("asks readably where the terminal does not know how wide it is", async () => {
    const repo = repository();
    const { code } = await typed(repo.path, [["What is wanted here?", "\u0003"]], "cols 0 rows 0");
    expect(code).toBe(130);
  });

  it.each([
    ["Ctrl-C", "\u0003", 130],
    ["a no", "n", 1],
  ])("ends at %s, and nothing is written", async (_name, keys, expected) => {
    const repo = repository();
    repo.commit("ci: by hand", { ".gitlab-ci.yml": "test: { script: [make] }\n" });
    const { code } = await typed(repo.path, [
      ["What is wanted here?", "\r"],
      ["Which environment", "\r"],
      ["Which CI service", "\r"],
      ["Where does CI get", "your-org/release-sentinel@v0.1.0\r"],
      ["Write 2 files?", keys],
    ]);
    expect([code, existsSync(join(repo.path, policy))]).toEqual([expected, false]);
  });

  it("ends when there is nobody any more who could answer", async () => {
    const repo = repository();
    const { code, shown } = await typed(repo.path, [["What is wanted here?", null]]);
    expect([code, existsSync(join(repo.path, policy))], shown).toEqual([130, false]);
  });
});
