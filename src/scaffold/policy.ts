import { deploySection, ownDeploys } from "./deploy-section.ts";
import { environmentsOf } from "./environments.ts";
import type { Facts, PackageManager } from "./facts.ts";
import type { Template } from "./target.ts";
import { hasRitual, sampleVersion } from "./templates/text.ts";
import { yamlList, yamlWord } from "./yaml-word.ts";

/** The configuration of a repository: what fits it, each line with why it is there. */
export function policyFile(facts: Facts, template: Exclude<Template, "org">): string {
  const sections = [head(facts), environments(facts, template), checks(facts)];
  if (template === "release")
    sections.push(
      releaseSection(facts),
      hasRitual(facts) ? ritualSection(facts) : noRitual(facts),
      deploySection(facts),
    );
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

function head(facts: Facts): readonly string[] {
  const schema = "# yaml-language-server: $schema=./node_modules/release-sentinel/schema/config.schema.json";
  return [
    // Elsewhere there is no node_modules that an editor could look into.
    ...(facts.languages.includes("node") ? [schema] : []),
    "# What a release of this repository must pass. Is it safe right now?",
    `#   release-sentinel check --env ${facts.environment} --version ${sampleVersion(facts.tagShape)}`,
    "# Is this file right?",
    "#   release-sentinel config validate",
    "# In a pull request this file is read from the branch that it goes to.",
  ];
}

function environments(facts: Facts, template: Template): readonly string[] {
  const own = template === "release" ? ownDeploys(facts) : new Map<string, string>();
  return [
    "# Where releases go. Each may have checks of its own: prod: { checks: { … } }",
    "environments:",
    ...environmentsOf(facts).map((name) => `  ${yamlWord(name)}: ${own.get(name) ?? "{}"}`),
  ];
}

function checks(facts: Facts): readonly string[] {
  const branches = yamlList([facts.defaultBranch, "release/*"]);
  return [
    "checks:",
    "  env.allowed: true # the environment is one of those above",
    "  git.repository: true # inside a git work tree",
    "  git.clean: true # nothing is changed, nothing untracked",
    `  git.branch: { allow: ${branches} } # releases are cut from these branches`,
    ...versionChecks(facts),
    "  git.tag: true # the tag is free, here and on origin (or is at this commit already)",
    `  repo.secrets: ${secretOptions(facts)} # no plaintext secret in what has changed since the last release`,
    "  # What else can be asked, when you need it:",
    '  # shop: { uses: http, url: "https://shop.example.com/health" } # a service that must answer',
    "  # env.secrets: { required: [DEPLOY_TOKEN] } # secrets that must be there, and real",
    '  # calendar.freeze: { timezone: Europe/Berlin, weekly: [{ from: "Fri 16:00", to: "Mon 08:00", reason: weekend }] }',
  ];
}

function versionChecks({ tagShape }: Facts): readonly string[] {
  if (tagShape === "plain" || tagShape === "package") {
    const shape = tagShape === "plain" ? "1.2.3" : "package@1.2.3";
    return [
      `  # Tags are written ${shape} here. These two are for v1.2.3 alone:`,
      "  git.version: false",
      "  git.order: false",
    ];
  }
  return [
    "  git.version: true # versions are written v1.2.3",
    "  git.order: true # and are above the last one",
  ];
}

const lockFiles: Partial<Record<PackageManager, string>> = {
  npm: "package-lock.json",
  pnpm: "pnpm-lock.yaml",
  yarn: "yarn.lock",
  uv: "uv.lock",
  poetry: "poetry.lock",
  go: "go.sum",
  cargo: "Cargo.lock",
  bundler: "Gemfile.lock",
  composer: "composer.lock",
};

function secretOptions({ packageManager }: Facts): string {
  const file = packageManager && lockFiles[packageManager];
  return file ? `{ ignore: ${yamlList([file])} }` : "true";
}

function ritualSection(facts: Facts): readonly string[] {
  const branches = yamlList([facts.defaultBranch, "release/*"]);
  return [
    "# release-sentinel ritual: everybody knows: changelog, metrics, the dashboard as it was, an archive, announcements",
    "ritual:",
    `  branches: ${branches} # releases that are told about are on these`,
    "  # dashboard: { uid: DASHBOARD-UID } # with GRAFANA_URL and GRAFANA_API_KEY",
    "  # broadcast: { channels: [{ type: slack, urlFrom: RELEASE_CHANNEL_WEBHOOK }] } # without it: SLACK_WEBHOOK_URL",
  ];
}

function noRitual({ tagShape }: Facts): readonly string[] {
  return [
    `# release-sentinel ritual tells everybody of a release: only of tags like v1.2.3, and here they are ${sampleVersion(tagShape)}.`,
  ];
}

function releaseSection(facts: Facts): readonly string[] {
  const assets = facts.languages.includes("go") ? '["dist/*.tar.gz"]' : '["dist/*.tgz"]';
  return [
    "# release-sentinel release: gate, notes, annotated tag, push, and on GitHub a release",
    "release:",
    "  notes: { style: grouped } # by what changed; plain: a line for each commit",
    `  # assets: ${assets} # files of the GitHub release`,
  ];
}
