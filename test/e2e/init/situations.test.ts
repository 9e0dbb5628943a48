import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { surveyRepository } from "../../../src/clients/git/survey.ts";
import { lookAt } from "../../../src/scaffold/look.ts";
import { bin, cleanEnv } from "../../support/cli.ts";
import { inProcess } from "../../support/main.ts";
import { repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

const gate = ".github/workflows/release-sentinel.yml";
const policy = "release-sentinel.yaml";
const yes = ["init", "--yes", "--ci", "github-actions"];
const text = (folder: string, path: string) => readFileSync(join(folder, path), "utf8");

describe("a file of somebody else's", () => {
  it("stays as it is, is shown with what would be different, and the others are written", async () => {
    const repo = repository();
    repo.commit("ci: by hand", { [gate]: "name: mine\non: push\n" });
    const { code, stderr } = await inProcess(yes, { cwd: repo.path });
    expect(code).toBe(1);
    expect(stderr).toContain(`${gate} is there already, and not written by init: it stays as it is`);
    expect(stderr).toContain(`--skip ${gate}`);
    expect(stderr).toMatch(/^-name: mine$/m);
    expect(stderr).toMatch(/^\+name: release-sentinel$/m);
    expect(text(repo.path, gate)).toBe("name: mine\non: push\n");
    expect(text(repo.path, policy)).toContain("git.clean: true");

    const without = await inProcess([...yes, "--skip", gate], { cwd: repo.path });
    expect([without.code, without.stderr]).toEqual([0, expect.stringContaining("Nothing to do")]);
    // With --update it is remembered.
    await inProcess([...yes, "--skip", gate, "--update"], { cwd: repo.path });
    expect((await inProcess(["init"], { cwd: repo.path })).code).toBe(0);
  });

  it.each(["release-sentinel.yml", "release-sentinel.json"])(
    "counts as the policy by the name %s too",
    async (name) => {
      const repo = repository();
      repo.commit("chore: policy", { [name]: "{}\n" });
      const { code, stderr } = await inProcess(yes, { cwd: repo.path });
      expect([code, existsSync(join(repo.path, policy))]).toEqual([1, false]);
      expect(stderr).toContain(`${name} is there already`);
    },
  );

  it("counts as the policy as a key of package.json: no file is put beside it, where it would win", async () => {
    const repo = repository();
    repo.commit("chore: policy", {
      "package.json": '{ "release-sentinel": { "checks": { "git.clean": true } } }\n',
    });
    const { code } = await inProcess(yes, { cwd: repo.path });
    expect([code, existsSync(join(repo.path, policy)), existsSync(join(repo.path, gate))]).toEqual([
      0,
      false,
      true,
    ]);
  });

  it("is in place as a folder and as a link that leads nowhere", async () => {
    const repo = repository();
    mkdirSync(join(repo.path, policy));
    mkdirSync(join(repo.path, ".github/workflows"), { recursive: true });
    symlinkSync("/nowhere/at/all", join(repo.path, gate));
    const { code } = await inProcess(yes, { cwd: repo.path });
    expect([code, statSync(join(repo.path, policy)).isDirectory()]).toEqual([1, true]);
    expect(existsSync("/nowhere")).toBe(false);
  });
});

describe("a file that init has written", () => {
  it("is yours once it is edited: nothing is out of date, and nothing to do", async () => {
    const repo = repository();
    await inProcess(yes, { cwd: repo.path });
    writeFileSync(
      join(repo.path, policy),
      text(repo.path, policy).replace("git.clean: true", "git.clean: false"),
    );
    const again = await inProcess(yes, { cwd: repo.path });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("edited by you: it stays")]);
    const check = await inProcess(["init", "--check"], { cwd: repo.path });
    expect([check.code, check.stderr]).toEqual([0, expect.stringContaining("Up to date")]);
    await inProcess([...yes, "--update"], { cwd: repo.path });
    expect(text(repo.path, policy)).toContain("git.clean: false");
  });

  it("is out of date when the repository is another one since; --update writes it anew", async () => {
    const repo = repository();
    await inProcess(yes, { cwd: repo.path });
    repo.commit("feat: a lock file", { "package.json": "{}\n", "package-lock.json": "{}\n" });
    const check = await inProcess(["init", "--check"], { cwd: repo.path });
    expect([check.code, check.stderr]).toEqual([
      1,
      expect.stringContaining(`Out of date: ${policy} → release-sentinel init --update`),
    ]);
    expect((await inProcess(yes, { cwd: repo.path })).code).toBe(1);
    expect(text(repo.path, policy)).not.toContain("package-lock.json");
    expect((await inProcess([...yes, "--update"], { cwd: repo.path })).code).toBe(0);
    expect(text(repo.path, policy)).toContain("package-lock.json");
    expect((await inProcess(["init", "--check"], { cwd: repo.path })).code).toBe(0);
  });

  it("is missed when it is gone", async () => {
    const repo = repository();
    await inProcess(yes, { cwd: repo.path });
    unlinkSync(join(repo.path, gate));
    const { code, stderr } = await inProcess(["init", "--check"], { cwd: repo.path });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Out of date: ${gate} (missing)`)]);
  });

  it("is the same in a clone that has neither branches nor tags, on another machine", async () => {
    const repo = repository({ origin: true });
    repo.git("tag", "1.4.0");
    await inProcess(yes, { cwd: repo.path });
    repo.commit("ci: the release gate");
    repo.git("push", "-q", "origin", "main");
    const clone = join(tempFolder(), "elsewhere");
    execFileSync("git", ["clone", "-q", "--depth=1", "--no-tags", `file://${repo.origin}`, clone], {
      env: cleanEnv(),
    });
    execFileSync("git", ["-C", clone, "checkout", "-q", "--detach"], { env: cleanEnv() });
    const { code, stderr } = await inProcess(["init", "--check"], { cwd: clone });
    expect([code, stderr]).toEqual([0, expect.stringContaining("Up to date")]);
  });

  it("is known again in a checkout with CRLF", async () => {
    const repo = repository({ origin: true });
    repo.commit("chore: line ends", { ".gitattributes": "* text=auto eol=crlf\n" });
    await inProcess(yes, { cwd: repo.path });
    repo.commit("ci: the release gate");
    repo.git("push", "-q", "origin", "main");
    const clone = join(tempFolder(), "crlf");
    execFileSync("git", ["clone", "-q", repo.origin, clone], { env: cleanEnv() });
    expect(text(clone, policy)).toContain("\r\n");
    const { code, stderr } = await inProcess(["init", "--check"], { cwd: clone });
    expect([code, stderr]).toEqual([0, expect.stringContaining("Up to date")]);
    const verdict = await inProcess(["check", "--env", "prod", "--version", "v0.1.0"], { cwd: clone });
    expect([verdict.code, verdict.stderr]).toEqual([0, expect.stringContaining("Release validation PASSED")]);
  });
});

it("says what to do in a bare repository", async () => {
  const repo = repository({ origin: true });
  const bare = await inProcess(yes, { cwd: repo.origin });
  expect([bare.code, bare.stderr]).toEqual([1, expect.stringContaining("this one is bare")]);
});

describe("a place that is no place to write to", () => {
  it("is a .github that leads out of the repository: nothing is written, here or there", async () => {
    const repo = repository();
    const outside = tempFolder();
    symlinkSync(outside, join(repo.path, ".github"));
    const { code, stderr } = await inProcess(yes, { cwd: repo.path });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(".github is a link, and git takes no file from behind one"),
    ]);
    expect([readdirSync(outside), existsSync(join(repo.path, policy))]).toEqual([[], false]);
  });

  it("is a link that stays inside too: git would not take the file, and GitHub not find it", async () => {
    const repo = repository();
    mkdirSync(join(repo.path, "ci"));
    symlinkSync("ci", join(repo.path, ".github"));
    const { code, stderr } = await inProcess(yes, { cwd: repo.path });
    expect([code, stderr]).toEqual([1, expect.stringContaining(".github is a link")]);
    expect([readdirSync(join(repo.path, "ci")), existsSync(join(repo.path, policy))]).toEqual([[], false]);
  });

  it.runIf(process.getuid?.() === 0)("is a folder that may not be written: exit 2, and it says so", () => {
    const repo = repository();
    execFileSync("chmod", ["a+rX", join(repo.path, "..")]);
    execFileSync("chmod", ["-R", "a+rX,a-w", repo.path]);
    const { status, stderr } = spawnSync(process.execPath, [bin, ...yes], {
      cwd: repo.path,
      env: {
        ...cleanEnv(),
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "safe.directory",
        GIT_CONFIG_VALUE_0: "*",
      },
      uid: 65534,
      encoding: "utf8",
    });
    execFileSync("chmod", ["-R", "u+w", repo.path]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("cannot be written (EACCES)")]);
  });

  it("is a disk that is full: exit 2, and run again it goes on from what is there", () => {
    const repo = repository();
    // A file of more than one block of 512 bytes does not fit.
    const full = spawnSync(
      "sh",
      ["-c", `ulimit -f 1; exec "$@"`, "sh", process.execPath, bin, ...yes, "--quiet"],
      {
        cwd: repo.path,
        env: cleanEnv(),
        encoding: "utf8",
      },
    );
    expect([full.status, full.stderr]).toEqual([
      2,
      expect.stringMatching(/cannot be written \((EFBIG|ENOSPC)\)/),
    ]);
    expect(repo.git("status", "--porcelain", "--untracked-files=all")).toBe("");
    const again = spawnSync(process.execPath, [bin, ...yes], {
      cwd: repo.path,
      env: cleanEnv(),
      encoding: "utf8",
    });
    expect([again.status, again.stderr]).toEqual([0, expect.stringContaining("2 files written")]);
  });
});

describe("run in the middle of things", () => {
  it("goes on after a kill, and removes the draft that it left", async () => {
    const repo = repository();
    await inProcess(yes, { cwd: repo.path });
    const whole = text(repo.path, gate);
    unlinkSync(join(repo.path, gate));
    writeFileSync(join(repo.path, `${gate}.0b1f6c3e-9d6a-4c55-8f0e-1f2a3b4c5d6e.tmp`), "half");
    const { code, stderr } = await inProcess(yes, { cwd: repo.path });
    expect([code, stderr]).toEqual([0, expect.stringContaining("1 file written")]);
    expect(text(repo.path, gate)).toBe(whole);
    expect(readdirSync(join(repo.path, ".github/workflows"))).toEqual(["release-sentinel.yml"]);
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
    await inProcess(yes, { cwd: repo.path });
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
  /** Types each answer when its question is there. */
  const typed = (cwd: string, answers: readonly (readonly [question: string, keys: string])[]) =>
    new Promise<{ code: number | null; shown: string }>((done) => {
      const command = `stty cols 120 rows 40; exec '${process.execPath}' '${bin}' init`;
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
        child.stdin.write(keys);
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

  it("ends when there is nobody any more who could answer", () => {
    const repo = repository();
    const command = `stty cols 120 rows 40; '${process.execPath}' '${bin}' init`;
    const env = { ...cleanEnv(), TERM: "xterm-256color" };
    const { status, stdout } = spawnSync("script", ["-qec", command, "/dev/null"], {
      cwd: repo.path,
      env,
      input: "\u0004",
      encoding: "utf8",
      timeout: 20_000,
    });
    expect([status, existsSync(join(repo.path, policy))], stdout).toEqual([130, false]);
  });
});
