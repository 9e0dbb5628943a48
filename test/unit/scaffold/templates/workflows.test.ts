import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Facts } from "../../../../src/scaffold/facts.ts";
import { policyFile } from "../../../../src/scaffold/policy.ts";
import {
  gateWorkflow,
  gitlabGate,
  jenkinsfile,
  previewCleanupWorkflow,
  releaseWorkflow,
} from "../../../../src/scaffold/templates/index.ts";
import { unknownRepository } from "../../../../src/scaffold/templates/text.ts";
import { factsOf } from "../../../support/facts.ts";
import { readWorkflow, reviewWorkflow, workflowProblems } from "../../../support/workflow.ts";

const workflows = { gateWorkflow, releaseWorkflow, previewCleanupWorkflow };
const pinned = factsOf().tool;
const repositories: Readonly<Record<string, Partial<Facts>>> = {
  "a usual one": {},
  "with names that YAML takes for something else": { defaultBranch: "on", environment: "no" },
  "with names full of signs": { defaultBranch: "release/1.x+fix'\"#{}!", environment: "prod: eu # 1" },
  "with plain tags": { tagShape: "plain" },
  "with tags of packages": { tagShape: "package" },
};

describe.each(Object.entries(workflows))("%s", (_name, template) => {
  it.each(Object.entries(repositories))(
    "%s: GitHub's parser takes it, and a reviewer too",
    async (_which, facts) => {
      const text = template(factsOf(facts));
      expect(await workflowProblems(text), text).toEqual([]);
      expect(reviewWorkflow(text), text).toEqual([]);
    },
  );

  it("says where it must be filled in when nobody has said where the tool is", async () => {
    const text = template(factsOf({ tool: { repository: null, version: "v0.1.0" } }));
    expect(await workflowProblems(text)).toEqual([]);
    expect(text).toContain(`# ${unknownRepository} stands for the place where you keep the tool`);
    expect(text).toContain(`uses: ${unknownRepository}@v0.1.0`);
    // GitHub's limit: what nobody can have runs nobody's code.
    expect(unknownRepository.split("/")[0]?.length).toBeGreaterThan(39);
    expect(reviewWorkflow(text).join()).toContain("not pinned");
  });

  it("names the tool by its commit, with the version for people", () => {
    expect(template(factsOf())).toContain(
      `uses: example/release-sentinel@${pinned.sha} # ${pinned.version}\n`,
    );
  });
});

describe("the gate's workflow", () => {
  it("runs for the default branch, its pull requests, the merge queue and tags, and may only read", () => {
    const { on, permissions } = readWorkflow(gateWorkflow(factsOf({ defaultBranch: "trunk" })));
    expect(on).toEqual({
      push: { branches: ["trunk"], tags: ["v*"] },
      pull_request: { branches: ["trunk"] },
      merge_group: null,
    });
    expect(permissions).toEqual({ contents: "read" });
  });

  it("takes a branch's name as it is, not as a pattern", () => {
    expect(readWorkflow(gateWorkflow(factsOf({ defaultBranch: "fix+a" }))).on["pull_request"]).toEqual({
      branches: ["fix\\+a"],
    });
  });
});

describe("the release's workflow", () => {
  it("releases and tells everybody in one run, one at a time, in the environment", () => {
    const { jobs, concurrency, permissions } = readWorkflow(releaseWorkflow(factsOf()));
    const job = jobs["release"];
    expect(job?.steps.map(({ with: inputs }) => inputs?.["command"] ?? "checkout")).toEqual([
      "checkout",
      "release",
      "ritual",
    ]);
    expect(job?.environment).toBe("prod");
    expect(concurrency).toEqual({ group: "release", "cancel-in-progress": false });
    expect(permissions).toEqual({ contents: "write", "pull-requests": "read", issues: "read" });
  });
});

describe.each(["plain", "package"] as const)("where tags are %s", (tagShape) => {
  it("no ritual is promised, which could not be", () => {
    const facts = factsOf({ tagShape });
    const { jobs } = readWorkflow(releaseWorkflow(facts));
    expect(jobs["release"]?.steps.map(({ with: inputs }) => inputs?.["command"] ?? "checkout")).toEqual([
      "checkout",
      "release",
    ]);
    const policy = policyFile(facts, "release");
    expect(parse(policy)).not.toHaveProperty("ritual");
    expect(policy).toContain(
      "# release-sentinel ritual tells everybody of a release: only of tags like v1.2.3",
    );
  });
});

describe("a policy with overlays", () => {
  it("deploys each environment by its own, and none by another's", () => {
    const manifests = ["k8s/base", "k8s/overlays/live", "k8s/overlays/stage"].map((path) => ({
      kind: "kustomize" as const,
      path,
    }));
    const text = policyFile(factsOf({ manifests, environment: "dev" }), "release");
    expect(parse(text)).toMatchObject({
      environments: {
        live: { deploy: { kustomize: "k8s/overlays/live" } },
        stage: { deploy: { kustomize: "k8s/overlays/stage" } },
        dev: {},
      },
      deploy: { driver: "kubernetes", images: "resolve" },
    });
    expect((parse(text) as { deploy: object }).deploy).not.toHaveProperty("kustomize");
  });
});

describe("a policy with folders that are called like environments", () => {
  it("deploys each environment by its own, with what is everybody's", () => {
    const manifests = ["k8s/shared", "k8s/prod", "k8s/staging"].map((path) => ({
      kind: "kubernetes" as const,
      path,
    }));
    const written = parse(policyFile(factsOf({ manifests }), "release")) as { deploy: object };
    expect(written).toMatchObject({
      environments: {
        prod: { deploy: { manifests: ["k8s/shared", "k8s/prod"] } },
        staging: { deploy: { manifests: ["k8s/shared", "k8s/staging"] } },
      },
    });
    expect(written.deploy).not.toHaveProperty("manifests");
  });
});

describe("GitLab's file and Jenkins'", () => {
  it.each(Object.entries(repositories))("%s: the YAML is YAML", (_which, facts) => {
    expect(parse(gitlabGate(factsOf(facts)))).toMatchObject({
      "release-gate": { script: Array.from({ length: 6 }, () => expect.any(String)) },
    });
  });

  it("fetch the tool by its commit, or else by its tag", () => {
    const unpinned = factsOf({ tool: { repository: "example/release-sentinel", version: "v0.1.0" } });
    for (const template of [gitlabGate, jenkinsfile]) {
      expect(template(factsOf())).toContain(pinned.sha);
      // A branch is found by this too.
      expect(template(unpinned)).toMatch(/SENTINEL_REF( =|:) ["']v0\.1\.0["']/);
      expect(template(unpinned)).toContain("https://github.com/example/release-sentinel.git");
    }
  });

  it("Jenkins' text has every bracket closed, and no value breaks out of its quotes", () => {
    const text = jenkinsfile(factsOf({ environment: "prod' + evil() + '\\" }));
    expect(text).toContain("SENTINEL_ENV = 'prod + evil() + '");
    for (const [open, close] of ["{}", "()", "[]"]) {
      expect(text.split(open ?? "").length, open).toBe(text.split(close ?? "").length);
    }
  });
});
