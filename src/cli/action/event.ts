import { readFileSync } from "node:fs";

/** What GitHub says of why the workflow runs, as far as it matters here. */
export interface Event {
  readonly name: string;
  /** Why a pull request's job gets no secrets, unless the repository is set to give them; null where it gets them. */
  readonly withoutSecrets: "fork" | "dependabot" | null;
}

interface Payload {
  readonly pull_request?: {
    readonly head?: { readonly repo?: { readonly full_name?: string } | null };
    readonly base?: { readonly repo?: { readonly full_name?: string } };
  };
}

/** Reads the event. A payload that is missing or broken says nothing. */
export function readEvent(env: NodeJS.ProcessEnv): Event {
  const name = env["GITHUB_EVENT_NAME"] ?? "";
  return { name, withoutSecrets: name === "pull_request" ? withoutSecrets(env) : null };
}

function withoutSecrets(env: NodeJS.ProcessEnv): Event["withoutSecrets"] {
  if (env["GITHUB_ACTOR"] === "dependabot[bot]") return "dependabot";
  const { pull_request: request } = payload(env["GITHUB_EVENT_PATH"]);
  if (!request) return null;
  // A fork that has been deleted has no name any more.
  const from = request.head?.repo?.full_name ?? null;
  const into = request.base?.repo?.full_name ?? env["GITHUB_REPOSITORY"];
  return from === into ? null : "fork";
}

function payload(path: string | undefined): Payload {
  if (!path) return {};
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof parsed === "object" && parsed !== null ? (parsed as Payload) : {};
  } catch {
    return {};
  }
}

/** The sentence for people. */
export function whyNoSecrets(reason: NonNullable<Event["withoutSecrets"]>): string {
  return reason === "fork"
    ? "this pull request comes from a fork, and GitHub gives no secrets to those unless it is told to"
    : "Dependabot opened this pull request, and GitHub gives it no secrets but Dependabot's own";
}
