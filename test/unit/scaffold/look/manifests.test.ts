import { describe, expect, it } from "vitest";
import { environmentsOf, likelyEnvironment } from "../../../../src/scaffold/environments.ts";
import { readManifests } from "../../../../src/scaffold/look/manifests.ts";

const deployment = "apiVersion: apps/v1\nkind: Deployment\n";
const look = (files: Readonly<Record<string, string | null>>) =>
  readManifests(Object.keys(files).sort(), (path) => files[path] ?? null);

describe("manifests", () => {
  it("are folders with something that is deployed, the outermost of them", () => {
    const found = look({
      "k8s/web.yaml": deployment,
      "k8s/jobs/nightly.yaml": deployment.replace("Deployment", "CronJob"),
      "k8s/notes.yaml": "just: text\n",
      "api/openapi.yaml": "openapi: 3.1.0\nkind: Deployment\n",
      "docs/unreadable.yaml": null,
    });
    expect(found).toEqual([{ kind: "kubernetes", path: "k8s" }]);
  });

  it("are not those of tests, examples, and CI, nor a configuration of some tool", () => {
    const files = [
      "test/a.yaml",
      "examples/b.yaml",
      ".github/c.yaml",
      "vendor/x/d.yaml",
      "sub/fixtures/e.yaml",
    ];
    expect(look(Object.fromEntries(files.map((path) => [path, deployment])))).toEqual([]);
    expect(look({ "renovate/a.yaml": "apiVersion: v1\nkind: RenovateConfig\n" })).toEqual([]);
  });

  it("are named one by one at the top, where other YAML lies too", () => {
    expect(look({ "web.yaml": deployment, "release-sentinel.yaml": "checks: {}\n" })).toEqual([
      { kind: "kubernetes", path: "web.yaml" },
    ]);
  });

  it("are kustomizations, each by itself, and charts, whose templates are none", () => {
    const found = look({
      "deploy/base/kustomization.yaml": "",
      "deploy/base/web.yaml": deployment,
      "deploy/overlays/production/kustomization.yaml": "",
      "deploy/overlays/staging/kustomization.yaml": "",
      "charts/shop/Chart.yaml": "name: shop\n",
      "charts/shop/templates/web.yaml": deployment,
    });
    expect(found.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "kustomize deploy/base",
      "kustomize deploy/overlays/production",
      "kustomize deploy/overlays/staging",
      "helm charts/shop",
    ]);
    expect(likelyEnvironment(found)).toBe("production");
    expect(environmentsOf({ manifests: found, environment: "production" })).toEqual([
      "production",
      "staging",
    ]);
    expect(environmentsOf({ manifests: [], environment: "live" })).toEqual(["dev", "stage", "prod", "live"]);
  });
});
