import type { GitHubAsset, GitHubRelease } from "../clients/github/types.ts";
import { type Observed, type Step, StepFailure } from "../core/step.ts";
import { count, printable, showUrl } from "../core/text.ts";
import { target } from "./publish-draft.ts";
import { acting, isForPeople, looking } from "./publish-failures.ts";
import { assetProofs, compareAssets, uploadAssets, type Wanted, wantedAssets } from "./publish-uploads.ts";
import { isOurs, type Session } from "./publish-world.ts";

/** Uploads what the release lacks. What is published is never replaced. */
export function assetsStep(session: Session): Step {
  const { github, request } = session;
  const { tag } = request;
  return {
    id: "github.assets",
    title: `Upload the assets of GitHub release ${tag}`,
    observe: (signal) =>
      looking(async () => {
        const { published, drafts } = await session.world(signal);
        const release = published ?? drafts[0] ?? null;
        let wanted: readonly Wanted[];
        try {
          wanted = await wantedAssets(await request.assets());
        } catch (error) {
          if (!isForPeople(error)) throw error;
          return withoutAssets(release, session, error.message);
        }
        const there = release ? await github.assets(release.id, signal) : [];
        return assetState(release, wanted, there, session);
      }),
    async prove() {
      try {
        return assetProofs(await wantedAssets(await request.assets()));
      } catch (error) {
        if (!isForPeople(error)) throw error;
        return [{ state: "notice", message: `the assets cannot be looked at yet: ${error.message}` }];
      }
    },
    run: (signal) =>
      acting(async () => {
        const release = target(await session.world(signal), tag);
        const wanted = await wantedAssets(await request.assets());
        const unbuilt = wanted
          .filter(({ digest }) => digest === null)
          .map(({ name }) => printable(name, 200));
        if (unbuilt.length > 0) {
          throw new StepFailure(
            `not built yet: ${unbuilt.join(", ")}`,
            "build it, and run the same command again",
          );
        }
        const there = await github.assets(release.id, signal);
        const state = assetState(release, wanted, there, session);
        if (state.state === "conflict") throw new StepFailure(state.message, state.remedy);
        const { missing, different } = lacking(release, wanted, there, request);
        await uploadAssets(session, release, [...missing, ...different], signal);
        session.wrote(release);
        return `${count(wanted.length, "asset")} of GitHub release ${tag} uploaded`;
      }),
  };
}

/** The assets are not here to be compared with. Nothing of ours is published before all of them are there. */
function withoutAssets(release: GitHubRelease | null, { request }: Session, why: string): Observed {
  const { tag } = request;
  if (!release || release.draft)
    return { state: "needed", message: `the assets of ${tag} will be uploaded: ${why}` };
  if (isOurs(release, request)) return { state: "done", message: `GitHub release ${tag} has its assets` };
  return { state: "unknown", message: why, remedy: "build the assets, and run the same command again" };
}

/**
 * What our own published release held was compared before it was published: what has been built, or worded, otherwise since
 * then is another thing, and replaces nothing.
 */
function lacking(
  release: GitHubRelease | null,
  wanted: readonly Wanted[],
  there: readonly GitHubAsset[],
  request: Session["request"],
): ReturnType<typeof compareAssets> {
  const found = compareAssets(wanted, there);
  return release && !release.draft && isOurs(release, request) ? { ...found, different: [] } : found;
}

function assetState(
  release: GitHubRelease | null,
  wanted: readonly Wanted[],
  there: readonly GitHubAsset[],
  { request }: Session,
): Observed {
  const { tag } = request;
  const { missing, different } = lacking(release, wanted, there, request);
  const names = (some: typeof missing) => some.map(({ wanted: { name } }) => printable(name, 200)).join(", ");
  if (missing.length + different.length === 0) {
    return { state: "done", message: `${count(wanted.length, "asset")} of GitHub release ${tag} are there` };
  }
  const needed: Observed = {
    state: "needed",
    message: `${count(missing.length + different.length, "asset")} of ${wanted.length} will be uploaded: ${names([...missing, ...different])}`,
  };
  if (!release || release.draft) return needed;
  const next = "release the next version: what is published stays as it is";
  if (different.length > 0) {
    return {
      state: "conflict",
      message: `GitHub release ${tag} is published with other content of ${names(different)}`,
      remedy: next,
    };
  }
  if (!isOurs(release, request)) {
    const author = printable(release.author ?? "somebody", 100);
    return {
      state: "conflict",
      message: `GitHub release ${tag} was published by ${author}, without ${names(missing)}: ${showUrl(release.url)}`,
      remedy: `ask ${author} to add what is missing, or release the next version`,
    };
  }
  if (release.immutable) {
    return {
      state: "conflict",
      message: `GitHub release ${tag} is published and immutable, without ${names(missing)}`,
      remedy: next,
    };
  }
  return needed;
}
