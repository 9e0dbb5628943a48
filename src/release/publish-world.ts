import type { GitHub, GitHubRelease } from "../clients/github/types.ts";
import { monotonicMs } from "../core/clock.ts";
import { markerOf } from "./publish-body.ts";
import type { PublishRequest } from "./publish-request.ts";

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
  /** The draft that this very process made. */
  made: GitHubRelease | null;
  /** What people should know although the release is out. */
  remark: string | null;
  /** For people; null before it is published. */
  url: string | null;
}

export function createSession(github: GitHub, request: PublishRequest): Session {
  let look: { readonly at: number; readonly world: Promise<World> } | undefined;
  let known: number | undefined;
  const session: Session = {
    github,
    request,
    made: null,
    remark: null,
    url: null,
    world(signal) {
      if (!look || monotonicMs() - look.at > sharedMs) {
        look = { at: monotonicMs(), world: readWorld(github, request, known, signal) };
        look.world.then(
          ({ published }) => {
            session.url = published?.url ?? null;
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
      known = release?.id ?? known;
    },
  };
  return session;
}

/** Whether a release was made by this tool for just this tag and commit. */
export function isOurs({ body }: GitHubRelease, { tag, commit }: PublishRequest): boolean {
  const marker = markerOf(body);
  return marker?.tag === tag && marker.commit === commit;
}

async function readWorld(
  github: GitHub,
  request: PublishRequest,
  known: number | undefined,
  signal: AbortSignal,
): Promise<World> {
  // Lists show what was written a little later; by its id it is there at once.
  const [byTag, listed, byId] = await Promise.all([
    github.releaseByTag(request.tag, signal),
    draftsOf(github, request, signal),
    known === undefined ? null : github.release(known, signal),
  ]);
  const own = byId && byId.tag === request.tag ? byId : null;
  const published = byTag && !byTag.draft ? byTag : own && !own.draft ? own : null;
  const all = own?.draft ? [own, ...listed] : listed;
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
