import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deployToken, gate, shop } from "../../support/action-shop.ts";
import { jobToken, runAction } from "../../support/runner.ts";
import { checkOut, startJob } from "../../support/runner-events.ts";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";

const push = { event: "push" } as const;

/** A check that has seen this object, and says it. */
function plugin(seen: string): string {
  return `import { defineCheck } from "release-sentinel";
export default defineCheck({
  id: "p", question: "What is there?", kind: "policy", reach: "local", defaults: {}, schema: (z) => z.strictObject({}),
  observe: async ({ readers }) => (${seen}),
  judge: (seen) => ({ status: "ok", message: seen.message }),
});
`;
}

describe("the action's inputs", () => {
  it("reports are written, one a line", async () => {
    const ran = await gate(shop(), push, {
      inputs: { report: "junit=${{ x }}.xml\r\n  json=verdict.json\n\n", only: "git.repository" },
    });
    expect(ran.conclusion, ran.log).toBe("success");
    expect(readdirSync(ran.workspace)).toEqual(expect.arrayContaining(["${{ x }}.xml", "verdict.json"]));
  });

  it("args are split as a shell would, and not evaluated", async () => {
    const args = "--skip 'env.*' --only \"git.*\"\n--report json=$(touch\\ pwned).json;id --all";
    const ran = await gate(shop(), push, { inputs: { args } });
    expect(ran.conclusion, ran.log).toBe("success");
    expect(existsSync(join(ran.workspace, "pwned"))).toBe(false);
    expect(existsSync(join(ran.workspace, "$(touch pwned).json;id"))).toBe(true);
  });

  it.each([
    [{ command: "chekc" }, "did you mean check?"],
    [{ args: "--only 'git.*" }, "a ' that is never closed"],
    [{ args: "--nope" }, "unknown option '--nope'"],
    [{ mode: "advisry" }, "mode: advisory"],
    [{ "dry-run": "yes" }, "the input dry-run is yes, which is neither true nor false"],
    [{ command: "notes", for: "deploy" }, "the input env is nothing that notes takes"],
    [{ "working-directory": "nowhere" }, "there is no such folder in the work space"],
    [{ report: "xml=a.xml" }, "FORMAT=FILE"],
    [{ args: "--help" }, "asks for help, which answers nothing"],
    [{ dryrun: "true", command: "release", version: "v1.0.0" }, "there is no input dryrun"],
    [{ rehearsal: "true", command: "ritual" }, "there is no input rehearsal"],
    [{ environment: "stage" }, "there is no input environment"],
    [{ config: "nowhere.yaml" }, "there is no such configuration file"],
  ])("%o is refused, with an annotation and outputs", async (inputs, said) => {
    const ran = await gate(shop(), push, { inputs });
    expect(ran.exitCode, ran.log).toBe(1);
    expect(ran.outputs).toMatchObject({ verdict: "BLOCKED", "exit-code": "1" });
    expect(ran.outputs["report"]).not.toBe("");
    expect(ran.annotations.map(({ message }) => message).join("\n")).toContain(said);
  });

  it("an input that is like none of ours is left to the runner's warning", async () => {
    const ran = await gate(shop(), push, { inputs: { "node-quality": "21", "fail-fast": "" } });
    expect(ran.conclusion, ran.log).toBe("success");
  });

  it("a newline in an input makes no output of its own", async () => {
    const version = "v1.0.0\nverdict=SAFE\nEOF\nverdict=SAFE\n::error::forged";
    const ran = await gate(shop(), push, { inputs: { version } });
    expect(ran.outputs).toMatchObject({ verdict: "BLOCKED", "exit-code": "1" });
    expect(ran.annotations.filter(({ message }) => message === "forged")).toEqual([]);
  });

  it("a file name in the work tree forges nothing", async () => {
    const repo = shop();
    const job = startJob(repo, push);
    const workspace = checkOut(repo, job, { depth: 0 });
    writeFileSync(join(workspace, "x\n::error::forged\nverdict=SAFE"), "");
    const ran = await runAction({
      job,
      workspace,
      inputs: { env: "prod" },
      env: { RS_DEPLOY_TOKEN: deployToken },
    });
    expect(ran.outputs, ran.log).toMatchObject({ verdict: "BLOCKED" });
    expect(ran.annotations.filter(({ message }) => message === "forged")).toEqual([]);
  });

  it("the job's token is GITHUB_TOKEN, and no plugin or program gets the inputs", async () => {
    const repo = shop({
      "release-sentinel.yaml": "checks: { seen: { uses: ./seen.mjs } }\n",
      "seen.mjs": plugin(
        "{ message: `inputs: ${Object.keys(process.env).filter((name) => name.startsWith('INPUT_')).length}, token: ${readers.env.secret('GITHUB_TOKEN')?.length}` }",
      ),
    });
    const ran = await gate(repo, push, { inputs: { version: "v1.0.0" } });
    expect(ran.log).toContain(`inputs: 0, token: ${jobToken.length}`);
    const given = await gate(repo, push, {
      inputs: { version: "v1.0.0" },
      env: { GITHUB_TOKEN: "short-one" },
    });
    expect(given.log).toContain("inputs: 0, token: 9");
    const file = join(tempFolder(), "token");
    writeFileSync(file, "of-a-file");
    const mounted = await gate(repo, push, {
      inputs: { version: "v1.0.0" },
      env: { GITHUB_TOKEN_FILE: file },
    });
    expect(mounted.log).toContain("inputs: 0, token: 9");
  });

  it("a plugin's release-sentinel is this very tool, though no package is there", async () => {
    const repo = shop({
      "release-sentinel.yaml": "checks: { mine: { uses: ./mine.mjs } }\n",
      "mine.mjs": plugin('{ message: "mine is here" }'),
    });
    const ran = await gate(repo, push, { inputs: { version: "v1.0.0" } });
    expect(ran.log).toContain("mine is here");
    expect(ran.conclusion, ran.log).toBe("success");
  });

  it("the scanner of secrets is in the file, with its rules", async () => {
    const leaked = ["ghp", "Zz09".repeat(9)].join("_");
    const repo = shop({
      "release-sentinel.yaml": "checks: { repo.secrets: true }\n",
      "settings.txt": `token: ${leaked}\n`,
    });
    const ran = await gate(repo, push, { inputs: { version: "v1.0.0" } });
    expect(ran.outputs["verdict"], ran.log).toBe("BLOCKED");
    expect(ran.annotations).toContainEqual(
      expect.objectContaining({ file: "settings.txt", message: expect.stringContaining("GitHub token") }),
    );
    expect(ran.log).not.toContain(leaked);
  });

  it("migrations are said to be another build's", async () => {
    const repo = shop({ "db/001.sql": "create table a (id int);\n" });
    const ran = await gate(repo, push, { inputs: { command: "migrate check", env: "", args: "db" } });
    expect(ran.exitCode, ran.log).toBe(1);
    expect(ran.log).toContain("migrations cannot be read by the one-file build");
  });
});

describe("the action's secrets", () => {
  it("are in nothing that people see, whatever fails", async () => {
    const key = ["-----BEGIN KEY-----", "line-one-of-it", `${deployToken}-two`, "-----END KEY-----"].join(
      "\n",
    );
    const api = await server((request, response) =>
      response.writeHead(500).end(request.headers.authorization),
    );
    const repo = shop({
      "release-sentinel.yaml": [
        "checks:",
        "  env.variables: { required: [{ name: MY_TOKEN, pattern: '^never$' }] }",
        "  api: { uses: http, url: '${SERVICE_URL}', attempts: 1, headers: { Authorization: 'Bearer ${MY_TOKEN}' } }",
        '  said: { uses: exec, command: [sh, -c, \'echo "CRITICAL $MY_TOKEN"; echo "$MY_TOKEN" | base64; exit 2\'], env: [MY_TOKEN] }',
        "",
      ].join("\n"),
    });
    const ran = await gate(repo, push, {
      env: { MY_TOKEN: key, SERVICE_URL: api.url },
      secrets: [],
      inputs: { args: "--all", report: "json=v.json\nsarif=v.sarif", version: "v1.0.0" },
    });
    expect(ran.conclusion).toBe("failure");
    const seen = [
      ran.raw.replace(/^::add-mask::.*$/gm, ""),
      ran.log,
      ran.summary,
      ...Object.values(ran.outputs),
      readFileSync(join(ran.workspace, "v.json"), "utf8"),
      readFileSync(join(ran.workspace, "v.sarif"), "utf8"),
    ].join("\n");
    for (const secret of [deployToken, "line-one-of-it", jobToken]) expect(seen).not.toContain(secret);
    expect(ran.masks).toEqual(expect.arrayContaining(["line-one-of-it", jobToken]));
  });

  it("are masked in what is refused before there is a command", async () => {
    const ran = await gate(shop(), push, { inputs: { mode: deployToken }, secrets: [] });
    expect(ran.raw.replace(/^::add-mask::.*$/gm, "")).not.toContain(deployToken);
    expect(ran.outputs["report"]).toContain("***");
    expect(ran.masks).toContain(deployToken);
  });
});

describe("the one file", () => {
  it("says what it needs on a Node that is too old, and does not pass", async () => {
    const preload = join(tempFolder(), "old.cjs");
    writeFileSync(
      preload,
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.6" } });\n',
    );
    const ran = await gate(shop(), push, { nodeOptions: ["--require", preload] });
    expect(ran.exitCode).toBe(2);
    expect(ran.annotations[0]?.message).toMatch(/^Node\.js 20\.19\.6 is too old: it needs 24/);
  });
});
