import type { Secrets } from "../../core/mask.ts";
import { sleep } from "../../core/sleep.ts";
import { printable } from "../../core/text.ts";
import type { HttpDownloader, HttpReader, HttpWriter } from "../readers.ts";
import { apiAddress, repositoryPath, uploadAddress } from "./address.ts";
import { GitHubError } from "./errors.ts";
import { type GitHubLimits, gitHubLimits } from "./limits.ts";
import { pages } from "./pages.ts";
import { createTracker } from "./pulls.ts";
import { tokenKind } from "./refusal.ts";
import {
  activeTagRuleset,
  asset,
  committedAt,
  enabled,
  list,
  pointed,
  release,
  repository,
  ruleset,
} from "./shapes.ts";
import { createTransport, type Transport } from "./transport.ts";
import type { GitHub, GitHubReader, GitHubRelease, GitHubWriter } from "./types.ts";

export interface GitHubOptions {
  readonly http: HttpReader & HttpWriter & HttpDownloader;
  /** Gets the token, and masks what GitHub says. */
  readonly secrets: Secrets;
  /** `GITHUB_API_URL`; https, or http on loopback. */
  readonly apiUrl: string | undefined;
  /** `owner/name`. */
  readonly repository: string;
  readonly token: string;
  /** `monotonicMs()` when the run's time is up: a limit that lasts longer is not waited for. */
  readonly deadlineAt?: number;
  /** Told when a limit has to be waited for. */
  readonly onWait?: (message: string) => void;
  readonly limits?: Partial<GitHubLimits>;
}

/** GitHub's commits, tags and releases, over our own HTTP door. @throws SentinelError for an address that cannot be used */
export function createGitHub(options: GitHubOptions): GitHub {
  const { secrets } = options;
  const token = options.token.trim();
  secrets.add(token);
  const api = apiAddress(options.apiUrl ?? "https://api.github.com");
  const repositoryName = repositoryPath(options.repository);
  const limits = { ...gitHubLimits, ...options.limits };
  const { deadlineAt, onWait = () => {} } = options;
  const transport = createTransport({
    http: options.http,
    api,
    token,
    limits,
    patience: { deadlineAt, patienceMs: limits.patienceMs, onWait },
    explain: {
      repository: repositoryName,
      whose: api.host === "api.github.com" ? "GitHub" : `GitHub (${api.host})`,
      token: tokenKind(token),
      mask: (text) => secrets.mask(text),
    },
  });
  // A renamed repository answers under its old name with redirects; its own is used as soon as it is known.
  const place = { path: `/repos/${repositoryName}` };
  return {
    repositoryName,
    ...createReader(transport, place, tokenKind(token) === "installation"),
    ...createTracker(transport, place),
    ...createWriter(transport, place, api),
    async certain(write, seen, signal) {
      for (let attempt = 0; ; attempt++) {
        try {
          return await write();
        } catch (error) {
          if (!(error instanceof GitHubError) || !(error.uncertain || error.kind === "exists")) throw error;
          await sleep(limits.backoffMs[attempt] ?? 0, signal);
          const found = await seen();
          if (found !== null) return found;
          if (attempt >= limits.backoffMs.length) throw error;
        }
      }
    },
    async eventually(read, signal) {
      for (const ms of [0, ...limits.backoffMs]) {
        if (ms > 0) await sleep(ms, signal);
        const found = await read();
        if (found !== null) return found;
      }
      return null;
    },
  };
}

function createReader(transport: Transport, place: { path: string }, isInstallation: boolean): GitHubReader {
  const optional = async (path: string, doing: string, signal: AbortSignal) => {
    const answer = await transport.find(`${place.path}${path}`, { doing, signal });
    return answer === null ? null : release(answer.json);
  };
  return {
    async repository(signal) {
      const { json, headers } = await transport.read(place.path, { doing: "read the repository", signal });
      const found = repository(json, headers);
      place.path = `/repos/${found.fullName}`;
      return found;
    },
    async isInstallation(signal) {
      if (isInstallation) return true;
      const path = "/installation/repositories?per_page=1";
      try {
        return (await transport.find(path, { doing: "read what the token is", signal })) !== null;
      } catch (error) {
        if (error instanceof GitHubError && error.kind === "permission") return false;
        throw error;
      }
    },
    releaseByTag: (tag, signal) => optional(`/releases/tags/${segments(tag)}`, "read the release", signal),
    release: (id, signal) => optional(`/releases/${id}`, "read the release", signal),
    latestRelease: (signal) => optional("/releases/latest", "read the latest release", signal),
    async *releases(signal) {
      for await (const { json, isLast } of pages(
        transport,
        `${place.path}/releases`,
        "list the releases",
        signal,
      )) {
        yield { releases: list(json, release), isLast };
      }
    },
    async assets(releaseId, signal) {
      const all = [];
      const path = `${place.path}/releases/${releaseId}/assets`;
      for await (const { json } of pages(transport, path, "list the release's assets", signal)) {
        all.push(...list(json, asset));
      }
      return all;
    },
    download: ({ id, name, bytes }, into, signal) =>
      transport.download(`${place.path}/releases/assets/${id}`, {
        doing: `download ${printable(name, 200)}`,
        into,
        maxBytes: bytes,
        signal,
      }),
    async tagCommit(tag, signal) {
      const doing = "read the tag";
      const ref = await transport.find(`${place.path}/git/ref/tags/${segments(tag)}`, { doing, signal });
      let target = ref && pointed(ref.json);
      // A tag may lead to another tag.
      for (let i = 0; target?.type === "tag" && i < 10; i++) {
        target = pointed(
          (await transport.read(`${place.path}/git/tags/${target.sha}`, { doing, signal })).json,
        );
      }
      return target?.type === "commit" ? target.sha : null;
    },
    async showsRefs(signal) {
      const path = `${place.path}/git/matching-refs/heads`;
      const answer = await transport.find(path, { doing: "read the branches", signal });
      return Array.isArray(answer?.json) && answer.json.length > 0;
    },
    async commitDate(commit, signal) {
      const call = { doing: "read the commit", signal };
      const answer = await transport.find(`${place.path}/git/commits/${commit}`, call);
      return answer && committedAt(answer.json);
    },
    async tagRulesets(signal) {
      const call = { doing: "read the tag rulesets", signal };
      const path = `${place.path}/rulesets`;
      const ids: number[] = [];
      for await (const { json } of pages(transport, path, call.doing, signal, "&targets=tag")) {
        ids.push(...list(json, activeTagRuleset).flatMap((id) => id ?? []));
      }
      return Promise.all(ids.map(async (id) => ruleset((await transport.read(`${path}/${id}`, call)).json)));
    },
    async immutableReleases(signal) {
      const call = { doing: "read whether releases are immutable", signal };
      const answer = await transport.find(`${place.path}/immutable-releases`, call);
      return answer !== null && enabled(answer.json);
    },
  };
}

function createWriter(
  transport: Transport,
  place: { path: string },
  api: URL,
): Omit<GitHubWriter, "certain" | "eventually"> {
  const remove = async (path: string, doing: string, signal: AbortSignal) => {
    await transport.write(`${place.path}${path}`, { method: "DELETE", doing, signal });
  };
  return {
    async createDraft({ tag, name, body, prerelease }, signal) {
      // No target_commitish: the tag is there, and a workflow's token is refused a commit that changes workflows.
      const json = { tag_name: tag, name, body, draft: true, prerelease };
      const doing = "create the draft release";
      return release(
        await transport.write(`${place.path}/releases`, { method: "POST", json, doing, signal }),
      );
    },
    async publish(id, { tag, prerelease, latest }, signal): Promise<GitHubRelease> {
      const json = {
        tag_name: tag,
        draft: false,
        prerelease,
        make_latest: latest,
      };
      const call = { method: "PATCH" as const, json, doing: "publish the release", signal };
      return release(await transport.write(`${place.path}/releases/${id}`, call));
    },
    deleteRelease: (id, signal) => remove(`/releases/${id}`, "delete a left-over draft", signal),
    async upload({ uploadUrl }, { name, contentType, body }, signal) {
      const doing = `upload ${printable(name, 200)}`;
      const url = uploadAddress(uploadUrl, api, name);
      return asset(await transport.upload(url, { contentType, body, doing, signal }));
    },
    deleteAsset: (id, signal) =>
      remove(`/releases/assets/${id}`, "delete what an upload left behind", signal),
  };
}

/** A tag's name in a path: its slashes are the path's. */
function segments(tag: string): string {
  return tag.split("/").map(encodeURIComponent).join("/");
}
