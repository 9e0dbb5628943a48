import { type Json, least } from "./github-description.ts";
import type { Incoming, Routed } from "./github-routes.ts";
import { paged, refuse } from "./github-routes.ts";

/** What a test may put there; everything has a default. */
export interface SeedPull {
  readonly number: number;
  readonly title?: string;
  readonly body?: string;
  readonly login?: string;
  readonly labels?: readonly string[];
  /** RFC 3339; null: closed without. */
  readonly mergedAt?: string | null;
  readonly updatedAt?: string;
  readonly mergeCommit?: string | null;
}

export interface SeedIssue {
  readonly number: number;
  readonly title: string;
  readonly labels?: readonly string[];
  readonly state?: "open" | "closed";
}

export interface Tracked {
  readonly repository: string;
  readonly pulls: readonly SeedPull[];
  readonly issues: readonly SeedIssue[];
  readonly authors: Readonly<Record<string, string | null>>;
}

const time = "2026-11-20T10:00:00Z";

/** Pull requests, issues and who wrote commits, by GitHub's names of the operations. */
export function trackingRoutes({
  repository,
  pulls,
  issues,
  authors,
}: Tracked): Readonly<Record<string, (incoming: Incoming) => Routed>> {
  const web = `https://github.example/${repository}`;
  const label = (name: string, i: number): Json => {
    const url = `${web}/labels/${i}`;
    return { id: i + 1, node_id: "x", url, name, description: "", color: "ededed", default: false };
  };
  const user = (login: string): Json => ({ ...least("simple-user"), login });
  const pull = (schema: string, seed: SeedPull): Json => ({
    ...least(schema),
    number: seed.number,
    title: seed.title ?? `Pull request ${seed.number}`,
    body: seed.body ?? null,
    state: "closed",
    user: user(seed.login ?? "somebody"),
    labels: (seed.labels ?? []).map(label),
    html_url: `${web}/pull/${seed.number}`,
    merged_at: seed.mergedAt === undefined ? time : seed.mergedAt,
    updated_at: seed.updatedAt ?? seed.mergedAt ?? time,
    merge_commit_sha: seed.mergeCommit ?? null,
    ...(schema === "pull-request" ? { merged: seed.mergedAt !== null } : {}),
  });
  const numbered = (value: string | undefined) => Number(value);
  return {
    "pulls/list": (incoming) => {
      const { query } = incoming;
      const newest = [...pulls].sort((a, b) =>
        (b.updatedAt ?? b.mergedAt ?? time).localeCompare(a.updatedAt ?? a.mergedAt ?? time),
      );
      const sorted = query.get("sort") === "updated" && query.get("direction") === "desc" ? newest : pulls;
      return paged(query.get("state") === "open" ? [] : sorted, incoming, (seed) =>
        pull("pull-request-simple", seed),
      );
    },
    "pulls/get": ({ parameters }) => {
      const found = pulls.find(({ number }) => number === numbered(parameters["pull_number"]));
      return found ? { status: 200, body: pull("pull-request", found) } : refuse(404, "Not Found");
    },
    "repos/get-commit": ({ parameters, query }) => {
      const sha = parameters["ref"] ?? "";
      const login = authors[sha];
      if (login === undefined) return refuse(422, `No commit found for SHA: ${sha}`);
      const files = Array.from({ length: Math.min(30, Number(query.get("per_page") ?? 30)) }, () => ({
        ...least("diff-entry"),
      }));
      const author = login === null ? null : user(login);
      return { status: 200, body: { ...least("commit"), sha, author, files } };
    },
    "issues/get": ({ parameters }) => {
      const found = issues.find(({ number }) => number === numbered(parameters["issue_number"]));
      if (!found) return refuse(404, "Not Found");
      const { number, title, labels = [], state = "closed" } = found;
      const about = { number, title, state, labels: labels.map(label), html_url: `${web}/issues/${number}` };
      return { status: 200, body: { ...least("issue"), ...about, user: user("somebody") } };
    },
  };
}
