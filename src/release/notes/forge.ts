import { percentDecoded } from "../../core/text.ts";

/** Where a repository is on the web. Everything in it is made from the remote's URL, without asking anybody. */
export interface Forge {
  readonly kind: "github" | "gitlab" | "gitea" | "bitbucket" | "bitbucket-server";
  /** Of the repository, without a slash at the end, without credentials. */
  readonly url: string;
  /** `owner/name`, with GitLab's subgroups between. */
  readonly path: string;
}

interface Place {
  readonly protocol: "http:" | "https:";
  readonly host: string;
  /** Of the web, with its colon; empty when there is none, or when the URL's is that of ssh. */
  readonly port: string;
  readonly path: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Null for local paths, and for hosts that nothing is known about. */
export function forgeOf(remoteUrl: string, env: Variables = {}): Forge | null {
  const place = readUrl(remoteUrl.trim());
  if (!place || place.path.length < 2) return null;
  const kind = kindOf(place.host, env);
  if (kind === null) return null;
  const own = serverUrl(place.host, env);
  const origin = own ?? `${place.protocol}//${place.host}${place.port}`;
  const path = kind === "bitbucket-server" ? projectPath(place.path) : place.path.map(encoded).join("/");
  const name = place.path.filter((segment) => segment !== "scm").join("/");
  return path === null ? null : { kind, url: `${origin}/${path}`, path: name };
}

const scpLike = /^(?:[^@/\s]+@)?(\[[0-9a-f:]+\]|[\w.-]{2,}):(?!\/\/|\\)(.+)$/i;

function readUrl(text: string): Place | null {
  if (/[\u0000-\u0020\u007f]/.test(text) || text.length > 2000) return null;
  const isUrl = /^(https?|ssh|git|git\+ssh|git\+https):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (isUrl !== undefined) {
    try {
      // Other schemes are not read as the web's are: their hosts keep their case, and would keep escapes.
      const url = new URL(text.replace(/^[a-z+]+:/i, isUrl === "http" ? "http:" : "https:"));
      const isWeb = isUrl.startsWith("http");
      const protocol = isUrl === "http" ? "http:" : "https:";
      return { protocol, host: url.hostname, port: isWeb ? portOf(url) : "", path: segments(url.pathname) };
    } catch {
      return null;
    }
  }
  if (text.includes("://")) return null;
  const [, host = "", path = ""] = scpLike.exec(text) ?? [];
  return host === ""
    ? null
    : { protocol: "https:", host: host.toLowerCase(), port: "", path: segments(path) };
}

function portOf(url: URL): string {
  return url.port === "" ? "" : `:${url.port}`;
}

function segments(path: string): string[] {
  const parts = path
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .split("/")
    .filter((part) => part !== "");
  return parts.map(percentDecoded);
}

/** Parentheses would end a Markdown link. */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const byHost = [
  [/^(www\.)?github\.com$|(^|[.-])(github|ghe)([.-]|$)/, "github"],
  [/(^|[.-])gitlab([.-]|$)/, "gitlab"],
  [/^codeberg\.org$|(^|[.-])(gitea|forgejo)([.-]|$)/, "gitea"],
  [/^bitbucket\.org$/, "bitbucket"],
  [/(^|[.-])(bitbucket|stash)([.-]|$)/, "bitbucket-server"],
] as const;

function kindOf(host: string, env: Variables): Forge["kind"] | null {
  if (hostOf(env["CI_SERVER_URL"]) === host && env["GITLAB_CI"]) return "gitlab";
  if (hostOf(env["GITHUB_SERVER_URL"]) === host)
    return env["GITEA_ACTIONS"] || env["FORGEJO_ACTIONS"] ? "gitea" : "github";
  return byHost.find(([pattern]) => pattern.test(host))?.[1] ?? null;
}

/** The CI knows its forge's scheme and port, which an ssh URL does not tell. */
function serverUrl(host: string, env: Variables): string | null {
  for (const text of [env["CI_SERVER_URL"], env["GITHUB_SERVER_URL"]]) {
    if (text && hostOf(text) === host) return new URL(text).origin;
  }
  return null;
}

function hostOf(url: string | undefined): string | null {
  return url && URL.canParse(url) && /^https?:/.test(url) ? new URL(url).hostname : null;
}

/** `scm/PROJECT/name` over http, `PROJECT/name` over ssh; a person's own repositories begin with `~`. */
function projectPath(path: readonly string[]): string | null {
  const [project = "", name = ""] = path.filter((segment) => segment !== "scm");
  if (project === "" || name === "") return null;
  return project.startsWith("~")
    ? `users/${encoded(project.slice(1))}/repos/${encoded(name)}`
    : `projects/${encoded(project)}/repos/${encoded(name)}`;
}

const commitPath = {
  github: "commit",
  gitlab: "-/commit",
  gitea: "commit",
  bitbucket: "commits",
  "bitbucket-server": "commits",
} as const;

export function commitUrl({ kind, url }: Forge, hash: string): string {
  return `${url}/${commitPath[kind]}/${hash}`;
}

const pullRequestPath = {
  github: "pull",
  gitlab: "-/merge_requests",
  gitea: "pulls",
  bitbucket: "pull-requests",
  "bitbucket-server": "pull-requests",
} as const;

export function pullRequestUrl({ kind, url }: Forge, number: number): string {
  return `${url}/${pullRequestPath[kind]}/${number}`;
}

/** Null where the forge has no issues of its own. `path`: of another repository on the same forge. */
export function issueUrl({ kind, url, path: own }: Forge, number: number, path = own): string | null {
  if (kind === "bitbucket-server") return null;
  const repository = path === own ? url : `${new URL(url).origin}/${path.split("/").map(encoded).join("/")}`;
  return `${repository}/${kind === "gitlab" ? "-/issues" : "issues"}/${number}`;
}

/** From one tag or commit to another. */
export function compareUrl({ kind, url }: Forge, from: string, to: string): string {
  const [a, b] = [from, to].map((ref) => ref.split("/").map(encoded).join("/"));
  if (kind === "gitlab") return `${url}/-/compare/${a}...${b}`;
  if (kind === "bitbucket") return `${url}/branches/compare/${encoded(to)}%0D${encoded(from)}#diff`;
  if (kind === "bitbucket-server")
    return `${url}/compare/commits?targetBranch=${encoded(from)}&sourceBranch=${encoded(to)}`;
  return `${url}/compare/${a}...${b}`;
}
