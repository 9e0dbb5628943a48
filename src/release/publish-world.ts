import { GitHubError } from "../clients/github/errors.ts";
import type { GitHub, GitHubAsset, GitHubRelease } from "../clients/github/types.ts";
import { monotonicMs } from "../core/clock.ts";
import { markerOf } from "./publish-body.ts";
import type { PublishRequest } from "./publish-request.ts";
import { compareAssets, type Missing, type Wanted, wantedOf } from "./publish-wanted.ts";

const dayMs = 86_400_000;
/** Steps that are looked at together share one look. */
const sharedMs = 1000;

/** What GitHub has of a tag's release. */
export interface World {
  readonly published: GitHubRelease | null;
  /** Drafts of ours for this tag and commit; the first was made first. */
  readonly drafts: readonly GitHubRelease[];
  /** Everybody else's drafts of this tag, and ours of another commit. */
  readonly others: readonly GitHubRelease[];
}

/** Where three steps meet: they read the same world, and tell each other when it has changed. */
export interface Session {
  readonly github: GitHub;
  readonly request: PublishRequest;
  world(signal: AbortSignal): Promise<World>;
  /** Something was written: what was read before no longer counts. A release that was made or published is read by its id from now on. */
  wrote(release?: GitHubRelease): void;
  /** What is to be released, as it is on this machine now. Rejects as the request does. */
  wanted(): Promise<Wanted>;
  /** For people; null before it is published. */
  url(): string | null;
}

export function createSession(github: GitHub, request: PublishRequest): Session {
  let look: { readonly at: number; readonly world: Promise<World> } | undefined;
  const known = new Set<number>();
  let reading: Promise<Wanted> | undefined;
  let url: string | null = null;
  return {
    github,
    request,
    world(signal) {
      if (!look || monotonicMs() - look.at > sharedMs) {
        look = { at: monotonicMs(), world: readWorld(github, request, known, signal) };
        look.world.then(
          ({ published }) => {
            url = published?.url ?? null;
          },
          () => {
            look = undefined;
          },
        );
      }
      return look.world;
    },
    wrote(release) {
      look = undefined;
      if (release) known.add(release.id);
    },
    wanted() {
      // Steps that are looked at together hash the files once; a later look hashes them again: a hook may have built them.
      reading ??= request
        .assets()
        .then(wantedOf)
        .finally(() => {
          reading = undefined;
        });
      return reading;
    },
    url: () => url,
  };
}

/** Whether a release was made by this tool for just this tag and commit. */
export function isOurs({ body }: GitHubRelease, { tag, commit }: PublishRequest): boolean {
  const marker = markerOf(body);
  return marker?.tag === tag && marker.commit === commit;
}

/** A draft that can be published when `missing` is there. */
export interface UsableDraft {
  readonly release: GitHubRelease;
  readonly there: readonly GitHubAsset[];
  readonly missing: readonly Missing[];
}

/**
 * The draft to fill: made for just these files, and with nothing else in it. Whoever builds other files at the same commit
 * has a draft of its own: which one is out, GitHub decides when they are published.
 */
export async function usableDraft(
  { github }: Session,
  { drafts }: World,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<UsableDraft | null> {
  for (const release of drafts) {
    if (markerOf(release.body)?.build !== wanted.build) continue;
    const there = await draftAssets(github, release, signal);
    if (!there) continue;
    const { missing, different, unwanted } = compareAssets(wanted, there);
    const isClear = missing.every(({ instead }) => (instead?.state ?? "starter") === "starter");
    if (isClear && different.length + unwanted.length === 0) return { release, there, missing };
  }
  return null;
}

/** Null when the draft is gone: who publishes deletes the others. */
async function draftAssets(
  github: GitHub,
  { id }: GitHubRelease,
  signal: AbortSignal,
): Promise<readonly GitHubAsset[] | null> {
  try {
    return await github.assets(id, signal);
  } catch (error) {
    if (!(error instanceof GitHubError) || error.kind !== "missing") throw error;
    if ((await github.release(id, signal)) === null) return null;
    throw error;
  }
}

/** What to say of a published release of ours that another run has made of other files; null for every other one. */
export function otherBuild(release: GitHubRelease, request: PublishRequest, wanted: Wanted): string | null {
  const build = isOurs(release, request) ? (markerOf(release.body)?.build ?? null) : null;
  if (build === null || build === wanted.build) return null;
  return `GitHub release ${request.tag} was published by another run at this commit: its files are not the ones built here`;
}

async function readWorld(
  github: GitHub,
  request: PublishRequest,
  known: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<World> {
  // Lists show what was written a little later; by its id it is there at once.
  const [byTag, listed, byId] = await Promise.all([
    github.releaseByTag(request.tag, signal),
    draftsOf(github, request, signal),
    Promise.all([...known].map((id) => github.release(id, signal))),
  ]);
  const own = byId.filter((release) => release?.tag === request.tag).flatMap((release) => release ?? []);
  const published = byTag && !byTag.draft ? byTag : (own.find(({ draft }) => !draft) ?? null);
  const all = [...own.filter(({ draft }) => draft), ...listed];
  const drafts = [...new Map(all.map((draft) => [draft.id, draft])).values()].sort((a, b) => a.id - b.id);
  return {
    published,
    drafts: drafts.filter((draft) => isOurs(draft, request) && draft.id !== published?.id),
    others: drafts.filter((draft) => !isOurs(draft, request) && draft.id !== published?.id),
  };
}

/**
 * The list is as long as the project is old, newest first: a draft of this commit cannot be behind what is older than the
 * commit itself.
 */
async function draftsOf(
  github: GitHub,
  { tag, commit }: PublishRequest,
  signal: AbortSignal,
): Promise<readonly GitHubRelease[]> {
  const found: GitHubRelease[] = [];
  let since: number | undefined;
  for await (const { releases, isLast } of github.releases(signal)) {
    found.push(...releases.filter((release) => release.draft && release.tag === tag));
    if (isLast) break;
    since ??= Date.parse((await github.commitDate(commit, signal)) ?? "");
    // GitHub does not have the commit yet: nor a draft of it.
    if (Number.isNaN(since) || Date.parse(releases.at(-1)?.createdAt ?? "") < since - dayMs) break;
  }
  return found;
}
