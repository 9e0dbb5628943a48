import type { Facts } from "../facts.ts";
import { policyPackage, policyRepository } from "./name.ts";

export function packageFile(facts: Facts): string {
  const content = {
    name: policyPackage(facts),
    version: "0.1.0",
    private: true,
    description: "What a release of any of our repositories must pass.",
    type: "module",
    files: ["release-sentinel.yaml", "checks"],
    scripts: { test: "node --test" },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

export function readmeFile(facts: Facts): string {
  const name = policyPackage(facts);
  const repository = policyRepository(facts);
  return `# ${name}

What a release of any of our repositories must pass, in one place: [release-sentinel.yaml](release-sentinel.yaml).

## Use it

In the repository that is released, in \`release-sentinel.yaml\`; below it, only what is different there:

\`\`\`yaml
extends: "${name}"
checks:
  shop: { uses: http, url: "https://shop.example.com/health" }
\`\`\`

In its CI, in \`.github/workflows/release-gate.yml\`:

\`\`\`yaml
name: release gate
on:
  push: { branches: [main], tags: ["v*"] }
  pull_request:
  merge_group:
permissions:
  contents: read
jobs:
  gate:
    uses: ${repository}/.github/workflows/release-gate.yml@main # better: a commit
    with: { environment: prod }
    secrets: inherit
\`\`\`

A clone of this repository in \`node_modules/${name}\`, in the repository's folder or in one above it, is enough for a person:

\`\`\`sh
git clone https://github.com/${repository}.git ../node_modules/${name}
release-sentinel check --env prod --version v1.2.3
\`\`\`

## Change it

\`npm test\` asks every check of ours with data, and \`release-sentinel\` whether the policy is right. A new check begins in
\`mode: shadow\`: it says in every report what it would have done, and stops nobody.

- A rule that one repository cannot keep yet gets a waiver there: who, why, until when.
- A rule that never fits is turned off there: \`checks: { git.order: false }\`. Both are seen in every report.
`;
}
