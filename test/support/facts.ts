import type { Facts } from "../../src/scaffold/facts.ts";

/** A small shop on GitHub, deployed to a cluster; what differs is said. */
export function factsOf(different: Partial<Facts> = {}): Facts {
  return {
    root: "/repo/shop",
    name: "shop",
    defaultBranch: "main",
    branches: ["main"],
    tags: ["v0.9.0"],
    tagShape: "v",
    forge: "github",
    repository: "example/shop",
    languages: ["node"],
    packageManager: "npm",
    packages: [],
    ci: [],
    writeCi: "github-actions",
    workflows: [],
    manifests: [{ kind: "kubernetes", path: "k8s" }],
    composeFile: null,
    dockerfile: null,
    hasChangelog: false,
    previews: true,
    environment: "prod",
    tool: {
      repository: "example/release-sentinel",
      version: "v0.1.0",
      sha: "0123456789abcdef0123456789abcdef01234567",
    },
    ...different,
  };
}
