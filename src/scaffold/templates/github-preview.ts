import type { Facts } from "../facts.ts";
import { checkoutSteps, heading, toolUses } from "./text.ts";

/** `.github/workflows/preview-cleanup.yml`: a preview ends with its pull request, and in the night whatever is past its time. */
export function previewCleanupWorkflow(facts: Facts): string {
  const uses = toolUses(facts.tool);
  return `${heading("Removes previews: with their pull request, and every night those that are past their time.", facts)}
name: preview-cleanup
on:
  pull_request:
    types: [closed]
  schedule:
    - cron: "17 3 * * *"
  workflow_dispatch:
permissions:
  contents: read
concurrency:
  group: preview-cleanup-\${{ github.event.pull_request.number || 'sweep' }}
  cancel-in-progress: false
jobs:
  cleanup:
    # A fork's pull request gets no secrets, nor does Dependabot's, and so had no preview.
    if: github.event_name == 'pull_request' && github.actor != 'dependabot[bot]' && github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-latest
    timeout-minutes: 10
    steps:
${checkoutSteps("      ", ["ref: ${{ github.event.pull_request.base.ref }}"])}
${kubeconfigStep}
      - uses: ${uses}
        with:
          command: preview cleanup
          pr: \${{ github.event.pull_request.number }}
        env:
          KUBECONFIG: \${{ runner.temp }}/kubeconfig
  sweep:
    if: github.event_name != 'pull_request'
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
${checkoutSteps("      ", ["fetch-depth: 1"])}
${kubeconfigStep}
      - uses: ${uses}
        with:
          command: preview sweep
        env:
          KUBECONFIG: \${{ runner.temp }}/kubeconfig
`;
}

/** kubectl wants a file. */
const kubeconfigStep = `      - name: kubeconfig
        run: (umask 077 && printf '%s\\n' "$PREVIEW_KUBECONFIG" > "$RUNNER_TEMP/kubeconfig")
        env:
          PREVIEW_KUBECONFIG: \${{ secrets.PREVIEW_KUBECONFIG }}`;
