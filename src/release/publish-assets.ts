import type { GitHubAsset, GitHubRelease } from "../clients/github/types.ts";
import { type Observed, type Step, StepFailure } from "../core/step.ts";
import { count, printable, showUrl } from "../core/text.ts";
import { markerOf } from "./publish-body.ts";
import { draftGone } from "./publish-draft.ts";
import { acting, ifThere, looking } from "./publish-failures.ts";
import { uploadAssets } from "./publish-uploads.ts";
import {
  assetProofs,
  type Comparison,
  compareAssets,
  digestNote,
  type Missing,
  namesOf,
  type Wanted,
} from "./publish-wanted.ts";
import { isOurs, otherBuild, type Session, usableDraft } from "./publish-world.ts";

/** Uploads what the release lacks. What has arrived is never replaced or deleted. */
export function assetsStep(session: Session): Step {
  const { request } = session;
  const { tag } = request;
  return {
    id: "github.assets",
    title: `Upload the assets of GitHub release ${tag}`,
    observe: (signal) =>
      looking(async () => {
        const { published } = await session.world(signal);
        const wanted = await ifThere(session.wanted);
        if (!wanted.found) return withoutAssets(published, session, wanted.why.message);
        return (await lookAt(session, wanted.found, signal)).state;
      }),
    async prove() {
      const wanted = await ifThere(session.wanted);
      if (wanted.found) return assetProofs(wanted.found);
      const { message, remedy = "build it first" } = wanted.why;
      return request.built
        ? [{ state: "notice", message: `the assets cannot be looked at yet: ${message}` }]
        : [{ state: "conflict", message, remedy }];
    },
    run: (signal) =>
      acting(session, async () => {
        const wanted = await session.wanted();
        const { release, state, missing } = await lookAt(session, wanted, signal);
        if (state.state === "conflict") throw new StepFailure(state.message, state.remedy);
        if (state.state === "done") return state.message;
        if (!release) throw draftGone(tag);
        const isSeal = (one: Missing) => one.wanted === wanted.seal;
        const others = missing.filter((one) => !isSeal(one));
        const stored = [
          ...(await uploadAssets(session, release, others, signal)),
          // Where it is, all the others are.
          ...(await uploadAssets(session, release, missing.filter(isSeal), signal)),
        ];
        return `${count(stored.length, "asset")} of GitHub release ${tag} uploaded${digestNote(stored)}`;
      }),
  };
}

interface Looked {
  /** Null while there is none that can be filled. */
  readonly release: GitHubRelease | null;
  readonly missing: readonly Missing[];
  readonly state: Observed;
}

async function lookAt(session: Session, wanted: Wanted, signal: AbortSignal): Promise<Looked> {
  const { github, request } = session;
  const world = await session.world(signal);
  if (world.published) {
    const release = world.published;
    const there = await github.assets(release.id, signal);
    const compared = { wanted, there, ...compareAssets(wanted, there) };
    return { release, missing: compared.missing, state: publishedState(release, compared, session) };
  }
  const draft = await usableDraft(session, world, wanted, signal);
  const missing = draft?.missing ?? wanted.assets.map((one) => ({ wanted: one, instead: null }));
  const isWhole = draft && missing.length === 0;
  const state = isWhole ? whole(wanted, draft.there, request.tag) : toUpload(missing, wanted);
  return { release: draft?.release ?? null, missing, state };
}

/** The assets are not here to be compared with. Nothing of ours is published before all of them are there. */
function withoutAssets(published: GitHubRelease | null, { request }: Session, why: string): Observed {
  const { tag } = request;
  if (!published) return { state: "needed", message: `the assets of ${tag} will be uploaded: ${why}` };
  if (isOurs(published, request)) return { state: "done", message: `GitHub release ${tag} has its assets` };
  return { state: "unknown", message: why, remedy: "build the assets, and run the same command again" };
}

const namesOfMissing = (missing: readonly Missing[]) => namesOf(missing.map(({ wanted }) => wanted));

function toUpload(missing: readonly Missing[], { assets }: Wanted): Observed {
  const message = `${count(missing.length, "asset")} of ${assets.length} will be uploaded: ${namesOfMissing(missing)}`;
  return { state: "needed", message };
}

function whole({ assets }: Wanted, there: readonly GitHubAsset[], tag: string): Observed {
  const message = `${count(assets.length, "asset")} of GitHub release ${tag} are there${digestNote(there)}`;
  return { state: "done", message };
}

interface Compared extends Comparison {
  readonly wanted: Wanted;
  readonly there: readonly GitHubAsset[];
}

function publishedState(release: GitHubRelease, compared: Compared, { request }: Session): Observed {
  const { tag } = request;
  const { wanted, there, missing, different } = compared;
  const other = otherBuild(release, request, wanted);
  if (other === null && missing.length + different.length === 0) return whole(wanted, there, tag);
  if (isOurs(release, request)) return ownState(release, compared, other, tag);
  const author = printable(release.author ?? "somebody", 100);
  const how =
    different.length > 0
      ? `with other content of ${namesOf(different)}`
      : `without ${namesOfMissing(missing)}`;
  return {
    state: "conflict",
    message: `GitHub release ${tag} was published by ${author}, ${how}: ${showUrl(release.url)}`,
    remedy: `ask ${author} about it, or release the next version: what is published stays as it is`,
  };
}

/**
 * Our own, published. With its seal it was whole then; what is built, or worded, otherwise since then is another thing.
 * Without it somebody has published it by hand: only the files that it was made for may be added.
 */
function ownState(
  release: GitHubRelease,
  { wanted, missing, different }: Compared,
  other: string | null,
  tag: string,
): Observed {
  if (!missing.some((one) => one.wanted === wanted.seal)) {
    const message = other ?? `GitHub release ${tag} keeps the assets that it was published with`;
    return { state: "done", message };
  }
  const conflict = (how: string): Observed => ({
    state: "conflict",
    message: `GitHub release ${tag} is published ${how}without ${namesOfMissing(missing)}`,
    remedy: "release the next version: what is published stays as it is",
  });
  if (release.immutable) return conflict("and immutable, ");
  const isThisBuild = markerOf(release.body)?.build === wanted.build;
  if (!isThisBuild || different.length > 0) return conflict("for other files than these, ");
  return toUpload(missing, wanted);
}
