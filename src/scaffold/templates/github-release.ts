import type { Facts } from "../facts.ts";
import { yamlWord } from "../yaml-word.ts";
import { checkoutSteps, hasRitual, heading, sampleVersion, toolUses } from "./text.ts";

/** `.github/workflows/release.yml`: a version typed in, released, and, where a ritual can be, told to everybody, in one run. */
export function releaseWorkflow(facts: Facts): string {
  const environment = yamlWord(facts.environment);
  return `${heading("Actions → release → Run workflow. After a failure: Re-run failed jobs, which goes on from what is there.", facts)}
name: release
on:
  workflow_dispatch:
    inputs:
      version:
        description: ${JSON.stringify(`Version to release, for example ${sampleVersion(facts.tagShape)}`)}
        required: true
        type: string
permissions:
  contents: write # the tag, GitHub's release, and the marks of what was told to whom
  pull-requests: read # who did what, for the changelog
  issues: read
concurrency:
  group: release
  cancel-in-progress: false
jobs:
  release:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    environment: ${environment} # its rules ask people first; its secrets are for this job alone
    steps:
${checkoutSteps("      ")}
      - name: gate, tag, release
        uses: ${toolUses(facts.tool)}
        with:
          command: release
          env: ${environment}
          version: \${{ inputs.version }}
        env:
          RS_DEPLOY_TOKEN: \${{ secrets.RS_DEPLOY_TOKEN }}
          RS_ALERT_WEBHOOK: \${{ secrets.RS_ALERT_WEBHOOK }}
${hasRitual(facts) ? ritualStep(facts, environment) : ""}`;
}

function ritualStep(facts: Facts, environment: string): string {
  return `      # In the same run: a tag that is pushed with the job's own token starts no other workflow.
      # Without a store the archive ends with this runner: ritual: { archive: { stores: [{ github: true }] } }
      - name: ritual
        uses: ${toolUses(facts.tool)}
        with:
          command: ritual
          env: ${environment}
          version: \${{ inputs.version }}
        env:
          GRAFANA_URL: \${{ vars.GRAFANA_URL }}
          GRAFANA_API_KEY: \${{ secrets.GRAFANA_API_KEY }}
          DASHBOARD_UID: \${{ vars.DASHBOARD_UID }}
          OTEL_EXPORTER_OTLP_ENDPOINT: \${{ vars.OTEL_EXPORTER_OTLP_ENDPOINT }}
          SLACK_WEBHOOK_URL: \${{ secrets.SLACK_WEBHOOK_URL }}
          DISCORD_WEBHOOK_URL: \${{ secrets.DISCORD_WEBHOOK_URL }}
          RS_ALERT_WEBHOOK: \${{ secrets.RS_ALERT_WEBHOOK }}
`;
}
