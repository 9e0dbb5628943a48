import type { Facts } from "./facts.ts";
import { reusableGate } from "./org/gate-workflow.ts";
import { packageFile, readmeFile } from "./org/package.ts";
import { checkFile, testFile } from "./org/plugin.ts";
import { policyPackageFile } from "./org/policy.ts";
import type { Target } from "./target.ts";

/** A policy that other repositories extend: an npm package, and a workflow that they call. */
export function orgTargets(facts: Facts): readonly Target[] {
  return [
    { path: "package.json", style: "json", body: packageFile(facts) },
    {
      path: "release-sentinel.yaml",
      style: "#",
      body: policyPackageFile(facts),
      aliases: ["release-sentinel.yml", "release-sentinel.json"],
    },
    { path: "checks/required-files.mjs", style: "//", body: checkFile },
    { path: "test/policy.test.mjs", style: "//", body: testFile },
    { path: "README.md", style: "<!--", body: readmeFile(facts), aliases: ["readme.md"] },
    { path: ".github/workflows/release-gate.yml", style: "#", body: reusableGate(facts) },
  ];
}
