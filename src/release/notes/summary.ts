import type { ReadCommit } from "./commit.ts";
import type { Change, ChangeSummary, Risk } from "./model.ts";
import { oneLine } from "./text.ts";

const risks: readonly (readonly [Risk["kind"], RegExp])[] = [
  ["migration", /(^|\/)(migrations?|db\/migrate|alembic\/versions|flyway|liquibase)\/|\.sql$/i],
  [
    "ci",
    /^\.(github|gitea|forgejo)\/(workflows|actions)\/|^\.gitlab-ci|^\.gitlab\/ci\/|^\.circleci\/|^\.buildkite\/|(^|\/)(Jenkinsfile|azure-pipelines\.ya?ml|bitbucket-pipelines\.yml|\.travis\.yml|\.drone\.yml|\.woodpecker(\.ya?ml|\/.*))$/,
  ],
  [
    "lockfile",
    /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|go\.sum|poetry\.lock|uv\.lock|Pipfile\.lock|Gemfile\.lock|composer\.lock|gradle\.lockfile|packages\.lock\.json)$/,
  ],
  [
    "container",
    /(^|\/)((Docker|Container)file(\.[\w-]+)?|[\w-]+\.[Dd]ockerfile|(docker-)?compose[\w.-]*\.ya?ml)$/,
  ],
  [
    "infrastructure",
    /\.tf(vars)?$|(^|\/)(Chart\.yaml|kustomization\.ya?ml|terragrunt\.hcl)$|(^|\/)(helm|k8s|kubernetes|terraform|ansible)\//,
  ],
  ["secrets", /(^|\/)(\.env(\.[\w-]+)?|.*\.(pem|key|p12|pfx|jks)|CODEOWNERS|\.npmrc|\.netrc)$/],
];

const mostPaths = 50;

/** Paths that are worth a second look before they go out, by kind. */
export function risksOf(paths: readonly string[], mask: (text: string) => string): readonly Risk[] {
  return risks.flatMap(([kind, pattern]) => {
    const touched = paths.filter((path) => pattern.test(path)).slice(0, mostPaths);
    return touched.length === 0 ? [] : [{ kind, paths: touched.map((path) => oneLine(mask(path))) }];
  });
}

export interface Summarized {
  readonly commits: readonly ReadCommit[];
  /** Only a part of the files counts, and merges may be there that did not touch it. */
  readonly partial: boolean;
  readonly changes: readonly Change[];
  readonly risky: readonly Risk[];
  readonly contributors: number;
  readonly previous: string | null;
}

export function summaryOf({ commits, partial, changes, ...rest }: Summarized): ChangeSummary {
  const byType = new Map<string, number>();
  for (const { type } of changes) byType.set(type ?? "other", (byType.get(type ?? "other") ?? 0) + 1);
  return {
    commits: partial ? commits.filter(({ parents }) => parents.length < 2).length : commits.length,
    byType: Object.fromEntries(byType),
    breaking: changes.filter(({ breaking }) => breaking).map(said),
    security: changes.filter(({ security }) => security).map(said),
    ...rest,
  };
}

function said({ scope, text }: Change): string {
  return scope === null ? text : `${scope}: ${text}`;
}
