import type { Facts } from "../facts.ts";
import { checkoutSteps, toolAddress, toolAt, unknownRepository } from "../templates/text.ts";
import { policyPackage, policyRepository } from "./name.ts";

const indent = "      ";

/** A workflow that other repositories call. Everything that judges lies beside what is judged, and comes from its own repository. */
export function reusableGate(facts: Facts): string {
  const { tool } = facts;
  const repository = toolAddress(tool)
    .replace(/^https:\/\/github\.com\//, "")
    .replace(/\.git$/, "");
  const unknown =
    tool.repository === null
      ? `\n# ${unknownRepository} stands for the place where you keep the tool: put that in.`
      : "";
  return `# The gate of every repository that calls this: README.md says how.${unknown}
name: release gate
on:
  workflow_call:
    inputs:
      environment:
        description: Environment that is released to
        type: string
        default: prod
      policy-ref:
        description: Branch, tag or commit of the policy
        type: string
        default: ${JSON.stringify(facts.defaultBranch)}
    secrets:
      policy-token:
        description: May read the repositories of the policy and of the tool, where the caller's own token may not
        required: false
      RS_DEPLOY_TOKEN:
        required: false
      RS_ALERT_WEBHOOK:
        required: false
permissions:
  contents: read
concurrency:
  group: release-gate-\${{ github.workflow }}-\${{ inputs.environment }}-\${{ github.ref }}
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}
jobs:
  gate:
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
${checkoutSteps(indent, ["path: project", "fetch-depth: 0"])}
      # The policy and the tool lie beside the project, where its pull requests cannot reach.
${checkoutSteps(indent, [
  `repository: ${policyRepository(facts)}`,
  "ref: ${{ inputs.policy-ref }}",
  `path: node_modules/${policyPackage(facts)}`,
  "token: ${{ secrets.policy-token || github.token }}",
])}
${checkoutSteps(indent, [
  `repository: ${repository}`,
  `ref: ${toolAt(tool)}`,
  "path: tool",
  "token: ${{ secrets.policy-token || github.token }}",
])}
      - id: gate
        uses: ./tool
        with:
          env: \${{ inputs.environment }}
          working-directory: project
        env:
          RS_DEPLOY_TOKEN: \${{ secrets.RS_DEPLOY_TOKEN }}
          RS_ALERT_WEBHOOK: \${{ secrets.RS_ALERT_WEBHOOK }}
`;
}
