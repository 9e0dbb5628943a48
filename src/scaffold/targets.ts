import type { Facts } from "./facts.ts";
import { orgTargets } from "./org.ts";
import { policyFile } from "./policy.ts";
import type { Target, Template } from "./target.ts";
import {
  gateWorkflow,
  gitlabGate,
  jenkinsfile,
  previewCleanupWorkflow,
  releaseWorkflow,
} from "./templates/index.ts";

/** The files that a template has for a repository: those that fit it, and no others. */
export function targetsOf(template: Template, facts: Facts): readonly Target[] {
  if (template === "org") return orgTargets(facts);
  return [
    policyTarget(facts, template),
    ...ciTargets(facts),
    ...(template === "release" ? releaseTargets(facts) : []),
  ];
}

function policyTarget(facts: Facts, template: Exclude<Template, "org">): Target {
  return {
    path: policyPath,
    style: "#",
    body: policyFile(facts, template),
    // The first of these that is there is the configuration.
    aliases: ["release-sentinel.yml", "release-sentinel.json"],
    otherwise: `it stays the policy; leave ours out: --skip ${policyPath}`,
  };
}

function ciTargets(facts: Facts): readonly Target[] {
  if (facts.writeCi === "github-actions") return [workflow("release-sentinel", gateWorkflow(facts))];
  // A pipeline of the project's own stays as it is: it gets a file to include.
  const has = facts.writeCi !== null && facts.ci.includes(facts.writeCi);
  if (facts.writeCi === "gitlab")
    return [{ path: has ? gitlabInclude : ".gitlab-ci.yml", style: "#", body: gitlabGate(facts) }];
  if (facts.writeCi === "jenkins")
    return [{ path: has ? jenkinsBeside : "Jenkinsfile", style: "//", body: jenkinsfile(facts) }];
  return [];
}

export const policyPath = "release-sentinel.yaml";
export const gitlabInclude = ".gitlab/release-sentinel.gitlab-ci.yml";
export const jenkinsBeside = "release-sentinel.Jenkinsfile";

function releaseTargets(facts: Facts): readonly Target[] {
  if (facts.writeCi !== "github-actions") return [];
  const release = workflow("release", releaseWorkflow(facts));
  return facts.previews ? [release, workflow("preview-cleanup", previewCleanupWorkflow(facts))] : [release];
}

export function workflow(name: string, body: string): Target {
  return {
    path: `.github/workflows/${name}.yml`,
    style: "#",
    body,
    aliases: [`.github/workflows/${name}.yaml`],
    otherwise: `keep yours, and leave ours out: --skip .github/workflows/${name}.yml`,
  };
}
