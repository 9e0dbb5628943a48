import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cli } from "../../support/cli.ts";
import { repository, type TestRepository } from "../../support/repository.ts";

const json = (text: string) => JSON.parse(text) as { readonly [key: string]: never };

interface Built {
  readonly name: string;
  readonly make: () => TestRepository;
  readonly flags?: readonly string[];
  /** What is written. */
  readonly files: readonly string[];
  readonly version: string;
  readonly template: string;
  /** Of what was there before, what is still as it was. */
  readonly untouched?: Readonly<Record<string, string>>;
  readonly config?: object;
}

const foreignWorkflow =
  "name: tests\non: push\njobs: { test: { runs-on: ubuntu-latest, steps: [{ run: npm test }] } }\n";
const foreignRelease = "name: Release\non: { push: { tags: ['v*'] } }\njobs: {}\n";

function made(
  files: Readonly<Record<string, string>>,
  more?: (repo: TestRepository) => void,
): TestRepository {
  const repo = repository({ origin: true });
  repo.commit("feat: what it is", files);
  more?.(repo);
  repo.git("push", "-q", "origin", "HEAD", "--tags");
  return repo;
}

/** `origin` is a folder here: where it would be is told to git as an address that stands for it. */
function at(address: string) {
  return (repo: TestRepository) => {
    repo.git("config", `url.${repo.origin}.insteadOf`, address);
    repo.git("remote", "set-url", "origin", address);
  };
}

const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: shop }\n";

const built: readonly Built[] = [
  {
    name: "a Node monorepo on GitHub with workflows of its own",
    make: () =>
      made(
        {
          "package.json": '{ "private": true, "workspaces": ["packages/*"] }\n',
          "package-lock.json": "{}\n",
          "packages/cart/package.json": '{ "name": "cart" }\n',
          "packages/search/package.json": '{ "name": "search" }\n',
          ".github/workflows/tests.yml": foreignWorkflow,
          ".github/workflows/release.yml": foreignRelease,
        },
        (repo) => {
          repo.git("tag", "-a", "-m", "1", "v1.0.0");
          at("https://github.com/acme/shop.git")(repo);
        },
      ),
    flags: ["--action", `acme/release-sentinel@${"a1".repeat(20)}`],
    files: [".github/workflows/release-sentinel.yml", "release-sentinel.yaml"],
    version: "v1.0.1",
    template: "gate",
    untouched: {
      ".github/workflows/tests.yml": foreignWorkflow,
      ".github/workflows/release.yml": foreignRelease,
    },
    config: { checks: { "repo.secrets": { ignore: ["package-lock.json"] } } },
  },
  {
    name: "Python on GitLab, with versions that are written 1.2.3",
    make: () =>
      made({ "pyproject.toml": "[project]\nname = 'shop'\n", "uv.lock": "" }, (repo) => {
        repo.git("tag", "-a", "-m", "1", "1.4.0");
        at("git@gitlab.com:acme/tools/shop.git")(repo);
      }),
    files: [".gitlab-ci.yml", "release-sentinel.yaml"],
    version: "1.4.1",
    template: "gate",
    config: { checks: { "git.version": false, "git.order": false } },
  },
  {
    name: "Go with Kubernetes manifests, on GitHub, with previews",
    make: () =>
      made(
        {
          "go.mod": "module example.com/shop\n",
          "main.go": "package main\n",
          Dockerfile: "FROM scratch\n",
          "k8s/web.yaml": deployment,
          "k8s/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: { name: shop }\n",
          "testdata/pod.yaml": deployment,
        },
        at("https://github.com/acme/shop.git"),
      ),
    flags: ["--previews"],
    files: [
      ".github/workflows/preview-cleanup.yml",
      ".github/workflows/release-sentinel.yml",
      ".github/workflows/release.yml",
      "release-sentinel.yaml",
    ],
    version: "v0.1.0",
    template: "release",
    config: { deploy: { driver: "kubernetes", manifests: ["k8s"] } },
  },
  {
    name: "Java with a Jenkinsfile and compose",
    make: () =>
      made({
        "pom.xml": "<project/>\n",
        Jenkinsfile: "pipeline { agent any }\n",
        "compose.yaml": "services: { web: { image: shop } }\n",
      }),
    files: ["release-sentinel.Jenkinsfile", "release-sentinel.yaml"],
    version: "v0.1.0",
    template: "release",
    untouched: { Jenkinsfile: "pipeline { agent any }\n" },
    config: { deploy: { driver: "compose", compose: { files: ["compose.yaml"] } } },
  },
  {
    name: "a repository without a commit or a remote",
    make: () => repository({ empty: true }),
    files: ["release-sentinel.yaml"],
    version: "v0.1.0",
    template: "gate",
  },
];

describe.each(built)(
  "init in $name",
  ({ make, flags = [], files, version, template, untouched = {}, config }) => {
    it("writes what fits, which is right; and the first check is honest", async () => {
      const repo = make();
      const run = (...args: string[]) => cli(args, { cwd: repo.path });

      const first = await run(
        "init",
        "--yes",
        "--json",
        "--action",
        "acme/release-sentinel@v0.1.0",
        ...flags,
      );
      expect(first.code, first.all).toBe(0);
      expect(json(first.stdout)).toMatchObject({ schema: "release-sentinel/init/v1", template, exitCode: 0 });
      expect(repo.git("ls-files", "--others", "--modified", "--exclude-standard").trim().split("\n")).toEqual(
        files,
      );
      for (const [path, text] of Object.entries(untouched))
        expect(readFileSync(join(repo.path, path), "utf8")).toBe(text);

      const written = parse(readFileSync(join(repo.path, "release-sentinel.yaml"), "utf8")) as object;
      expect(written).toMatchObject(config ?? {});
      const valid = await run("config", "validate");
      expect(valid.all).toContain("Configuration OK");

      repo.commit("ci: the release gate");
      const verdict = await run("check", "--env", "prod", "--version", version, "--json");
      const said = json(verdict.stdout) as unknown as {
        verdict: string;
        reasons: string[];
        findings: object[];
      };
      expect([said.verdict, said.reasons]).toEqual(["SAFE", []]);
      expect(said.findings.length).toBeGreaterThan(5);

      const again = await run("init", "--yes");
      expect(again.code).toBe(0);
      expect(again.stderr).toContain("Nothing to do");
      const fresh = await run("init", "--check");
      expect([fresh.code, fresh.stderr]).toEqual([0, expect.stringContaining("Up to date")]);
      expect(repo.git("status", "--porcelain")).toBe("");
    });
  },
);

it("says how to make a repository where there is none", async () => {
  const { path } = repository();
  const { code, stderr } = await cli(["init", "--yes"], { cwd: join(path, "..") });
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("Not inside a Git repository → cd to the repository, or make one here: git init"),
  ]);
});
