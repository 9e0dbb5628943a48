import type { Facts } from "../facts.ts";
import { yamlWord } from "../yaml-word.ts";
import { branchFilter, checkoutSteps, heading, tagFilters, toolUses } from "./text.ts";

/** `.github/workflows/release-sentinel.yml`: the gate on every push and pull request, and in the merge queue. */
export function gateWorkflow(facts: Facts): string {
  const branches = `[${branchFilter(facts.defaultBranch)}]`;
  return `${heading("The release gate. A tag's build is judged for its version; everything else as what would be released.", facts)}
name: release-sentinel
on:
  push:
    branches: ${branches}
    tags: ${tagFilters(facts.tagShape)}
  pull_request:
    branches: ${branches}
  merge_group:
permissions:
  contents: read
concurrency:
  group: release-sentinel-\${{ github.ref }}
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}
jobs:
  gate:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
${checkoutSteps("      ")}
      - id: gate
        uses: ${toolUses(facts.tool)}
        with:
          env: ${yamlWord(facts.environment)}
          # A fork's pull request gets no secrets. If your policy needs some: mode: advisory-for-forks
        env:
          RS_DEPLOY_TOKEN: \${{ secrets.RS_DEPLOY_TOKEN }}
          RS_ALERT_WEBHOOK: \${{ secrets.RS_ALERT_WEBHOOK }}
`;
}
