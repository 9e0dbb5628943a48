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
        if (request.built)
          return [{ state: "notice", message: `the assets cannot be looked at yet: ${error.message}` }];
        const { message, remedy = "build it first" } = error;
        return [{ state: "conflict", message, remedy }];
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
        if (state.state === "done") return state.message;
        const { missing, different } = compareAssets(wanted, there);
        // Of what is published nothing is replaced.
        const lacking = release.draft ? [...missing, ...different] : missing;
        const isSeal = (one: (typeof lacking)[number]) => one.wanted === wanted.at(-1);
        await uploadAssets(
          session,
          release,
          lacking.filter((one) => !isSeal(one)),
          signal,
        );
        // Where it is, all the others are.
        await uploadAssets(session, release, lacking.filter(isSeal), signal);
        session.wrote(release);
        return `${count(lacking.length, "asset")} of GitHub release ${tag} uploaded`;
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

function assetState(
  release: GitHubRelease | null,
  wanted: readonly Wanted[],
  there: readonly GitHubAsset[],
  { request }: Session,
): Observed {
  const { tag } = request;
  const { missing, different } = compareAssets(wanted, there);
  const lacking = [...missing, ...different];
  const names = (some: typeof missing) => some.map(({ wanted: { name } }) => printable(name, 200)).join(", ");
  if (lacking.length === 0) {
    return { state: "done", message: `${count(wanted.length, "asset")} of GitHub release ${tag} are there` };
  }
  if (!release || release.draft) {
    const message = `${count(lacking.length, "asset")} of ${wanted.length} will be uploaded: ${names(lacking)}`;
    return { state: "needed", message };
  }
  if (isOurs(release, request)) return ownState(release, wanted, missing, tag);
  const author = printable(release.author ?? "somebody", 100);
  const how =
    different.length > 0 ? `with other content of ${names(different)}` : `without ${names(missing)}`;
  return {
    state: "conflict",
    message: `GitHub release ${tag} was published by ${author}, ${how}: ${showUrl(release.url)}`,
    remedy: `ask ${author} about it, or release the next version: what is published stays as it is`,
  };
}

/** Our own, published. With its seal it was whole then; what is built, or worded, otherwise since then is another thing. */
function ownState(
  release: GitHubRelease,
  wanted: readonly Wanted[],
  missing: ReturnType<typeof compareAssets>["missing"],
  tag: string,
): Observed {
  const names = missing.map(({ wanted: { name } }) => printable(name, 200)).join(", ");
  if (!missing.some((lacking) => lacking.wanted === wanted.at(-1))) {
    return { state: "done", message: `GitHub release ${tag} keeps the assets that it was published with` };
  }
  if (release.immutable) {
    return {
      state: "conflict",
      message: `GitHub release ${tag} is published and immutable, without ${names}`,
      remedy: "release the next version: what is published stays as it is",
    };
  }
  return {
    state: "needed",
    message: `${count(missing.length, "asset")} of ${wanted.length} will be uploaded: ${names}`,
  };
}
