import type { CiFacts } from "../clients/ci.ts";
import { gitHubServer } from "../clients/git/credentials.ts";
import type { RemoteSettings } from "../clients/git/history.ts";
import { createGitHub } from "../clients/github/github.ts";
import type { GitHub } from "../clients/github/types.ts";
import type { EnvReader } from "../clients/readers.ts";
import { SentinelError } from "../core/errors.ts";
import type { Emit } from "../core/event.ts";
import type { Secrets } from "../core/mask.ts";
import { printable } from "../core/text.ts";
import type { Clients } from "./clients.ts";

/** Where releases are published. */
export interface Forge {
  readonly github: GitHub;
  /** `owner/name` */
  readonly repository: string;
}

export interface ForgeWorld {
  readonly clients: Clients;
  readonly secrets: Secrets;
  readonly emit: Emit;
  /** `monotonicMs()` when the run's time is up. */
  readonly deadlineAt: number;
}

/** The forge by CI's variables and the remote's URL. @throws SentinelError `release-impossible` */
export function forgeOf({ clients, secrets, emit, deadlineAt }: ForgeWorld, remote: RemoteSettings): Forge {
  const { env, ci, http: reader } = clients.readers;
  const { http: writer } = clients;
  const repository = repositoryOf(env, ci, remote);
  const token = env.secret("GITHUB_TOKEN");
  if (token === undefined) {
    throw new SentinelError(
      "release-impossible",
      "a GitHub release needs GITHUB_TOKEN",
      "set it (in a workflow: env: GITHUB_TOKEN: ${{ github.token }}), or make the tag alone: release --tag",
    );
  }
  const github = createGitHub({
    http: { request: reader.request, post: writer.post, send: writer.send, download: writer.download },
    secrets,
    apiUrl: env.get("GITHUB_API_URL"),
    repository,
    token,
    deadlineAt,
    onWait: (message) => emit({ type: "notice", level: "info", from: "release-sentinel.github", message }),
  });
  return { github, repository };
}

/** @throws SentinelError `release-impossible` where it is on another forge, or two are named */
export function repositoryOf(env: EnvReader, ci: CiFacts, { urls, pushUrls }: RemoteSettings): string {
  const server = gitHubServer(env.get);
  // What counts is where the tag goes.
  const fromRemote = [...pushUrls, ...urls]
    .map((url) => slugOn(url, server))
    .find((slug) => slug !== undefined);
  const named = namedRepository(env, ci);
  if (named && fromRemote && named.toLowerCase() !== fromRemote.toLowerCase()) {
    throw new SentinelError(
      "release-impossible",
      `GITHUB_REPOSITORY is ${printable(named, 200)}, but the remote is ${printable(fromRemote, 200)}`,
      "release from a clone of the repository that is meant, or unset GITHUB_REPOSITORY",
    );
  }
  const repository = named ?? fromRemote;
  if (repository !== undefined && /^[\w.-]+\/[\w.-]+$/.test(repository)) return repository;
  throw new SentinelError(
    "release-impossible",
    repository === undefined
      ? "the remote is not on GitHub, and GITHUB_REPOSITORY does not name a repository"
      : `GITHUB_REPOSITORY is not owner/name: ${printable(repository, 200)}`,
    "set GITHUB_REPOSITORY=owner/name, or make the tag alone: release --tag",
  );
}

/** What GITHUB_REPOSITORY says of what is looked at: a job's own repository is not the one that its caller has named. */
function namedRepository(env: EnvReader, ci: CiFacts): string | undefined {
  return ci.elsewhere && ci.name !== null ? undefined : env.get("GITHUB_REPOSITORY");
}

/** `owner/name` of a remote on this server, whatever way it is reached; undefined for another one. */
function slugOn(url: string, server: string): string | undefined {
  const { hostname } = new URL(server);
  const [, host, path] =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/+(.+)$/i.exec(url) ??
    /^(?:[^@/:]+@)?([^/:]+):\/*(.+)$/.exec(url) ??
    [];
  const here = host?.toLowerCase() === hostname || (hostname === "github.com" && host === "ssh.github.com");
  const slug = path?.replace(/\/$/, "").replace(/\.git$/, "");
  return here && slug !== undefined && /^[\w.-]+\/[\w.-]+$/.test(slug) ? slug : undefined;
}
