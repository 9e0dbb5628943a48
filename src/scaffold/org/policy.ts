import type { Facts } from "../facts.ts";
import { yamlList } from "../yaml-word.ts";
import { policyPackage } from "./name.ts";

/** The policy that others extend. It holds for this repository too. */
export function policyPackageFile(facts: Facts): string {
  const branches = yamlList([...new Set([facts.defaultBranch, "main"]), "release/*"]);
  return `# What a release of any of our repositories must pass. They say: extends: "${policyPackage(facts)}"
# and below it what is different there. This repository itself is judged by it too.
environments:
  dev: {}
  stage: {}
  prod: {}
checks:
  env.allowed: true # the environment is one of those above
  git.repository: true # inside a git work tree
  git.clean: true # nothing is changed, nothing untracked
  git.branch: { allow: ${branches} } # releases are cut from these branches
  git.version: true # versions are written v1.2.3
  git.order: true # and are above the last one
  git.tag: true # the tag is free, here and on origin (or is at this commit already)
  repo.secrets: true # no plaintext secret in what has changed since the last release
  required-files: # a check of our own: checks/required-files.mjs
    uses: ./checks/required-files.mjs
    files: [README.md]
  # A new rule begins in shadow mode: it says what it would have done, and stops nobody.
  # git.signed: { mode: shadow, owner: security team, reason: not everybody has a key yet, until: 2027-03-31 }
`;
}
