import { commands } from "../../src/cli/commands.ts";
import { parse } from "../../src/cli/program.ts";
import { anchor, fence, generatedFrom, table } from "./markdown.ts";

const intro = `# Command line

Logs and text for people go to stderr. The thing asked for (\`--format\`, \`--json\`) goes to stdout, and nothing else does.
Without a command, \`check\` is run. \`-V\`, or \`--version\` as the only argument, prints the tool's own version.`;

const variables = `## Environment variables

${table(
  ["variable", "what it does"],
  [
    ["`ENV`, `VERSION`, `TAG`", "stand for `--env`, `--version`, and the `--tag` of `ritual`"],
    ["`RS_CONFIG`", "stands for `--config`"],
    [
      "`RS_ALERT_WEBHOOK`, `SLACK_WEBHOOK_URL`",
      "a Slack-compatible webhook that alerts are sent to, and what a `ritual` announces",
    ],
    [
      "`RS_DISCORD_WEBHOOK`, `DISCORD_WEBHOOK_URL`",
      "a Discord webhook that alerts are sent to, and what a `ritual` announces",
    ],
    [
      "`RS_LEDGER`",
      "where the audit ledger is kept: a file's path, `git` (on origin), `postgres://…`, or `off`",
    ],
    ["`RS_SIGNING_KEY`", "the key that verdicts and the ledger's checkpoints are signed with"],
    [
      "`GITHUB_TOKEN`, `GITHUB_REPOSITORY`, `GITHUB_API_URL`",
      "GitHub's releases and pull requests, and git on GitHub's own server",
    ],
    ["`GIT_TOKEN`, `GIT_USERNAME`", "credentials for the server of `--repo`"],
    [
      "`GRAFANA_URL`, `GRAFANA_API_KEY`, `DASHBOARD_UID`, `RITUAL_FROM`, `RITUAL_TO`",
      "the dashboard of a `ritual`, and its window",
    ],
    ["`OTEL_EXPORTER_OTLP_ENDPOINT`", "where a `ritual` pushes its numbers"],
    ["`SHADOW_DB_URL`", "the database that `migrate check` tries migrations out on"],
    [
      "`RS_REQUIRED_PROCESS`, `RS_API_URL`, `RS_DEPLOY_TOKEN`",
      "what the built-in policy asks about, where there is no configuration file",
    ],
    [
      "`<NAME>_FILE`",
      "a file (a mounted secret, or a pipe) whose content is the value of `<NAME>`, wherever a check wants a variable or secret",
    ],
    [
      "`PROMETHEUS_URL`, `SERVICE_URL`",
      "where `watch` takes its numbers from: Prometheus, or else the service itself, which it then probes",
    ],
    ["`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`", "the proxy that HTTP checks and alerts go through"],
    ["`NODE_EXTRA_CA_CERTS`", "certificates to trust besides the built-in ones"],
    ["`NO_COLOR`, `FORCE_COLOR`, `CI`", "as everywhere: no colours, colours, and no live view"],
  ],
)}

Which branch, tag, commit and pull request is being built is read from the CI service's own variables.`;

/** Every command with its help, as the program prints it on 80 columns. */
export function cliPage(): string {
  // Help is as wide as the terminal that asks for it; a page is not.
  Object.assign(process.stdout, { isTTY: false });
  const overview = table(
    ["command", "what it answers"],
    commands.map(({ name, summary }) => [`[${name}](#${anchor(name)})`, summary]),
  );
  const sections = commands.map(
    ({ name }) => `## ${name}\n\n${fence("text", help([...name.split(" "), "--help"]))}`,
  );
  return `${[generatedFrom("src/cli/commands.ts and src/cli/options.ts"), intro, overview, ...sections, variables].join("\n\n")}\n`;
}

function help(argv: readonly string[]): string {
  const parsed = parse(argv);
  if (!("help" in parsed)) throw new Error(`${argv.join(" ")} printed no help`);
  return parsed.help;
}
