import { describe, expect, it } from "vitest";
import { chooseCi, readCiKinds, readWorkflows, releasesAlready } from "../../../../src/scaffold/look/ci.ts";
import { readLanguages, readPackageManager, readPackages } from "../../../../src/scaffold/look/languages.ts";

describe("languages", () => {
  it.each([
    [["package.json", "pnpm-lock.yaml"], ["node"], "pnpm"],
    [["pyproject.toml", "poetry.lock"], ["python"], "poetry"],
    [["requirements.txt"], ["python"], "pip"],
    [["build.gradle.kts", "web/package.json"], ["java", "node"], "gradle"],
    [["src/Shop/Shop.csproj", "Shop.sln"], ["dotnet"], "nuget"],
    [["a/b/c/d/go.mod", "README.md"], [], null],
  ] as const)("of %j are %j, with %s", (files, languages, manager) => {
    expect([readLanguages(files), readPackageManager(files)]).toEqual([languages, manager]);
  });

  it("has packages only in a workspace", () => {
    const files = ["package.json", "packages/cart/package.json", "packages/cart/node/deep/package.json"];
    expect(readPackages(files, '{ "workspaces": ["packages/*"] }')).toEqual(["packages/cart"]);
    expect(readPackages(files, "{}")).toEqual([]);
  });
});

describe("CI", () => {
  it.each([
    [[], "github", "github-actions"],
    [[], "gitlab", "gitlab"],
    [[], "bitbucket", null],
    [["jenkins"], "github", "jenkins"],
    [["jenkins", "github-actions"], "github", "github-actions"],
    [["gitlab"], null, "gitlab"],
  ] as const)("%j on %s is %s", (found, forge, expected) => {
    expect(chooseCi(found, forge)).toBe(expected);
  });

  it("is known by its files, wherever they may be called so", () => {
    expect(
      readCiKinds([
        ".github/workflows/a.yml",
        ".github/dependabot.yml",
        "Jenkinsfile",
        "docs/.gitlab-ci.yml",
      ]),
    ).toEqual(["github-actions", "jenkins"]);
  });

  it.each([
    "run: npx semantic-release",
    "run: gh release create v1",
    "uses: goreleaser/goreleaser-action@v6",
    "uses: softprops/action-gh-release@v2",
    "uses: ncipollo/release-action@v1",
    "uses: googleapis/release-please-action@v4",
    "uses: changesets/action@v1",
    "run: npm publish --access public",
    "run: git push origin main --tags",
  ])("releases already where a step is `%s`, whatever the workflow is called", (step) => {
    const text = `name: ci\njobs: { a: { steps: [{ ${step} }] } }\n`;
    expect(releasesAlready(readWorkflows([".github/workflows/ci.yml"], () => text))).toBeDefined();
    expect(
      releasesAlready(readWorkflows([".github/workflows/ci.yml"], () => "run: npm test\n")),
    ).toBeUndefined();
  });

  it("releases already where a workflow is called so, by its file or its name", () => {
    const names: Record<string, string> = {
      ".github/workflows/tests.yml": "name: tests\n",
      ".github/workflows/ship.yml": 'name: "Publish the package" # by hand\n',
    };
    const workflows = readWorkflows(Object.keys(names), (path) => names[path] ?? null);
    expect(releasesAlready(workflows)?.path).toBe(".github/workflows/ship.yml");
    expect(
      releasesAlready([{ path: ".github/workflows/release.yaml", name: null, releases: false }]),
    ).toBeDefined();
    expect(releasesAlready(workflows.slice(0, 1))).toBeUndefined();
    expect(
      releasesAlready([{ path: ".github/workflows/release-gate.yml", name: "gate", releases: false }]),
    ).toBeUndefined();
  });
});
