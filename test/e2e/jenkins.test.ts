import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { jenkinsfile } from "../../src/scaffold/templates/index.ts";
import { deployToken, shop, tagged } from "../support/action-shop.ts";
import { cleanEnv } from "../support/cli.ts";
import { factsOf } from "../support/facts.ts";
import { gitEnv, type TestRepository } from "../support/repository.ts";
import { tempFolder } from "../support/temp.ts";
import { toolRepository } from "../support/tool-repository.ts";

interface Build {
  /** What the multibranch pipeline found: `refs/heads/main`. */
  readonly ref: string;
  readonly variables: Readonly<Record<string, string>>;
}

const onTag = (tag: string): Build => ({
  ref: `refs/tags/${tag}`,
  variables: { BRANCH_NAME: tag, TAG_NAME: tag },
});
const onMain: Build = { ref: "refs/heads/main", variables: { BRANCH_NAME: "main", GIT_BRANCH: "main" } };
const onChange: Build = {
  ref: "refs/heads/feature/search",
  variables: {
    BRANCH_NAME: "PR-7",
    CHANGE_ID: "7",
    CHANGE_TARGET: "main",
    CHANGE_BRANCH: "feature/search",
  },
};

function jenkinsShop(): { repo: TestRepository; file: string } {
  const { address, sha } = toolRepository();
  const file = jenkinsfile(
    factsOf({ writeCi: "jenkins", tool: { repository: address, version: "v0.1.0", sha } }),
  );
  return { repo: shop({ Jenkinsfile: file }), file };
}

/** What Jenkins' git plugin leaves: one ref fetched, HEAD detached. */
function checkOut(repo: TestRepository, { ref, variables }: Build): { folder: string; sha: string } {
  const folder = join(tempFolder("rs-jenkins-"), "shop");
  mkdirSync(folder);
  const git = (...words: string[]) =>
    execFileSync("git", ["-C", folder, ...words], { env: gitEnv })
      .toString()
      .trim();
  const name = variables["BRANCH_NAME"] ?? "";
  git("init", "-q");
  git("config", "remote.origin.url", `file://${repo.origin}`);
  const to = ref.startsWith("refs/tags/") ? ref : `refs/remotes/origin/${name}`;
  git("fetch", "-q", "--no-tags", "--force", `file://${repo.origin}`, `+${ref}:${to}`);
  const sha = git("rev-parse", `${to}^{commit}`);
  git("checkout", "-q", "-f", sha);
  return { folder, sha };
}

/** Runs the file's one \`sh\` step as Jenkins' agent does, with the file's environment and what \`withCredentials\` gives. */
function run(file: string, { folder, sha }: { folder: string; sha: string }, { variables }: Build) {
  const [, script = ""] = /sh '''\n([\s\S]*?)'''/.exec(file) ?? [];
  const own = Object.fromEntries(
    [...file.matchAll(/^ +(SENTINEL_\w+) = '([^']*)'$/gm)].map(([, name, value]) => [name, value]),
  );
  const bin = tempFolder();
  symlinkSync(process.env["RS_TEST_NODE"] ?? process.execPath, join(bin, "node"));
  const path = join(bin, "script.sh");
  writeFileSync(path, script);
  const env = cleanEnv({
    BUILD_URL: "https://ci.example.com/job/shop/7/",
    GIT_COMMIT: sha,
    JENKINS_URL: "https://ci.example.com/",
    PATH: [bin, process.env["PATH"]].join(delimiter),
    RS_DEPLOY_TOKEN: deployToken,
    TMPDIR: bin,
    WORKSPACE: folder,
    ...own,
    ...variables,
  });
  const ran = spawnSync("sh", ["-xe", path], { cwd: folder, env, encoding: "utf8" });
  return { ...ran, folder, all: `${ran.stdout}${ran.stderr}` };
}

describe("the Jenkinsfile, its script run as an agent would", () => {
  it("a tag is judged for its version, and the report is there for Jenkins", () => {
    const { repo, file } = jenkinsShop();
    tagged(repo, "v1.0.0");
    const ran = run(file, checkOut(repo, onTag("v1.0.0")), onTag("v1.0.0"));
    expect(ran.status, ran.all).toBe(0);
    expect(ran.all).toContain("Version OK: v1.0.0");
    expect(ran.all).not.toContain(deployToken);
    expect(readFileSync(join(ran.folder, "gate.xml"), "utf8")).toContain("<testsuite");
  });

  it("the main branch, twice in the same work space", () => {
    const { repo, file } = jenkinsShop();
    const place = checkOut(repo, onMain);
    for (const ran of [run(file, place, onMain), run(file, place, onMain)]) {
      expect(ran.status, ran.all).toBe(0);
      expect(ran.all).toContain("Branch OK: main");
    }
  });

  it("a pull request is judged by its target", () => {
    const { repo, file } = jenkinsShop();
    const ran = run(file, checkOut(repo, onChange), onChange);
    expect(ran.status, ran.all).toBe(0);
    expect(ran.all).toContain("Branch OK: main (base of the pull request)");
  });

  it("a tag that is no version is blocked, and the exit code is the gate's", () => {
    const { repo, file } = jenkinsShop();
    tagged(repo, "nightly");
    const ran = run(file, checkOut(repo, onTag("nightly")), onTag("nightly"));
    expect(ran.status, ran.all).toBe(1);
    expect(ran.all).toContain("Invalid version format: nightly");
  });
});
