import type { GitHubRelease } from "../clients/github/types.ts";
import { type Observed, type Step, StepFailure } from "../core/step.ts";
import { count, printable, showUrl } from "../core/text.ts";
import { draftGone } from "./publish-draft.ts";
import { acting, ifThere, looking } from "./publish-failures.ts";
import { latestFlag } from "./publish-latest.ts";
import { immutableProofs } from "./publish-proofs.ts";
import type { PublishRequest } from "./publish-request.ts";
import { compareAssets, namesOf, type Wanted } from "./publish-wanted.ts";
import { isOurs, otherBuild, type Session, usableDraft, type World } from "./publish-world.ts";

/** Publishes the draft, and looks at everything it rests on just before. */
export function publicationStep(session: Session): Step {
  const { github, request } = session;
  const { tag } = request;
  /** What people should know although the release is out. */
  let remark: string | null = null;
  return {
    id: "github.publish",
    title: `Publish GitHub release ${tag}`,
    observe: (signal) =>
      looking(async () => {
        const state = await stateOf(await session.world(signal), session, signal);
        return state.state === "done" && remark !== null
          ? { ...state, message: `${state.message}; ${remark}` }
          : state;
      }),
    prove: (signal) => immutableProofs(github, signal),
    run: (signal) =>
      acting(session, async () => {
        session.wrote();
        const world = await session.world(signal);
        if (world.published) {
          await deleteLeftovers(session, world.published, signal);
          return (await remarkOn(world.published, session)) ?? `GitHub release ${tag} created`;
        }
        const wanted = await session.wanted();
        const latest = await latestFlag(github, request, signal);
        const draft = await usableDraft(session, world, wanted, signal);
        if (!draft) throw draftGone(tag);
        const release = await publish(session, { draft: draft.release, wanted, latest }, signal);
        await deleteLeftovers(session, release, signal);
        if (release.id === draft.release.id) {
          remark = await latestRemark(session, release, latest, signal);
          if (remark !== null)
            throw new StepFailure(
              `GitHub release ${tag} is published, but ${remark}`,
              `gh release edit ${tag} --latest=${latest}`,
            );
        }
        return otherBuild(release, request, wanted) ?? `GitHub release ${tag} created`;
      }),
  };
}

async function stateOf(
  { published, drafts }: World,
  session: Session,
  signal: AbortSignal,
): Promise<Observed> {
  const { github, request } = session;
  const { tag, commit } = request;
  if (!published) return { state: "needed", message: `GitHub release ${tag} will be published` };
  const at = await tagCommit(github, request, signal);
  if (at !== commit) {
    return {
      state: "conflict",
      message: `GitHub release ${tag} is published, but ${misplaced(at, request)}`,
      remedy: `see who moved or deleted the tag ${tag} on GitHub; it belongs to ${commit}`,
    };
  }
  if (drafts.length > 0) {
    const left = count(drafts.length, "left-over draft");
    return { state: "needed", message: `${left} of GitHub release ${tag} will be deleted` };
  }
  const other = await remarkOn(published, session);
  const what = other ?? `GitHub release ${tag} is published`;
  return { state: "done", message: `${what}: ${showUrl(published.url)}` };
}

/** Whether it was made of other files, where those of this machine can be looked at. */
async function remarkOn(release: GitHubRelease, { request, wanted }: Session): Promise<string | null> {
  if (!isOurs(release, request)) return null;
  const { found } = await ifThere(wanted);
  return found && otherBuild(release, request, found);
}

function misplaced(at: string | null, { tag, commit }: PublishRequest): string {
  if (at === null) return `its tag ${tag} is not there, or leads to no commit`;
  return `its tag ${tag} leads to ${at.slice(0, 12)}, not to ${commit.slice(0, 12)}`;
}

type Latest = "true" | "false" | "legacy";

interface Ready {
  readonly draft: GitHubRelease;
  readonly wanted: Wanted;
  readonly latest: Latest;
}

/** The one moment that people see. @returns the release that is out: that of another run, if that was quicker */
async function publish(
  session: Session,
  { draft, wanted, latest }: Ready,
  signal: AbortSignal,
): Promise<GitHubRelease> {
  const { github, request } = session;
  const { tag, prerelease } = request;
  await seeReady(session, draft, wanted, signal);
  const seen = async () => {
    const now = await github.release(draft.id, signal);
    if (now && !now.draft) return now;
    const other = await github.releaseByTag(tag, signal);
    if (!other || other.draft) return null;
    // GitHub publishes one release of a tag: that is the lock between two machines.
    if (isOurs(other, request) && (await hasSeal(session, other, wanted, signal))) return other;
    throw new StepFailure(
      `GitHub release ${tag} was published by ${printable(other.author ?? "somebody", 100)} meanwhile: ${showUrl(other.url)}`,
      "run the same command again: it looks at what is there",
    );
  };
  const write = () => github.publish(draft.id, { tag, prerelease, latest }, signal);
  const release = await github.certain(write, seen, signal);
  session.wrote(release);
  return release;
}

async function hasSeal(
  { github }: Session,
  { id }: GitHubRelease,
  { seal }: Wanted,
  signal: AbortSignal,
): Promise<boolean> {
  const there = await github.assets(id, signal);
  return there.some(({ name, state }) => name === seal?.name && state === "uploaded");
}

/** The commit that the tag leads to on GitHub. */
async function tagCommit(
  github: Session["github"],
  { tag, remoteTag }: PublishRequest,
  signal: AbortSignal,
): Promise<string | null> {
  const found = await github.tagCommit(tag, signal);
  return found === null && !(await github.showsRefs(signal)) ? remoteTag(signal) : found;
}

/** The tag is there and right, and the draft holds just what is wanted. @throws StepFailure */
async function seeReady(
  { github, request }: Session,
  draft: GitHubRelease,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const { tag, commit } = request;
  const [at, there] = await Promise.all([
    tagCommit(github, request, signal),
    github.assets(draft.id, signal),
  ]);
  // GitHub would make a tag that is missing itself: without its message, its signature, its tagger.
  if (at !== commit) {
    throw new StepFailure(
      `GitHub release ${tag} is not published: ${misplaced(at, request)}`,
      `push the tag first: git push REMOTE refs/tags/${tag}`,
    );
  }
  const { missing, different, unwanted } = compareAssets(wanted, there);
  const lacking = [...missing.map((one) => one.wanted), ...different];
  const wrong = [
    ...(lacking.length > 0 ? [`lacks ${namesOf(lacking)}`] : []),
    ...(unwanted.length > 0 ? [`holds ${namesOf(unwanted)} besides`] : []),
  ];
  if (wrong.length > 0) {
    throw new StepFailure(
      `GitHub release ${tag} is not published: the draft ${wrong.join(" and ")}`,
      "run the same command again: it uploads what is missing",
    );
  }
}

/** Which release GitHub shows as the latest is read back. @returns what is wrong with it; null when nothing is */
async function latestRemark(
  { github }: Session,
  { id }: GitHubRelease,
  latest: Latest,
  signal: AbortSignal,
): Promise<string | null> {
  if (latest === "legacy") return null;
  const isWanted = latest === "true";
  const right = await github.eventually(async () => {
    const shown = await github.latestRelease(signal);
    return (shown?.id === id) === isWanted ? true : null;
  }, signal);
  return right ? null : `GitHub ${isWanted ? "does not show" : "shows"} it as the latest release`;
}

/**
 * Drafts of ours that other runs, or an answer that was lost, have left; never anything that is published, or somebody
 * else's. While `release` is out, GitHub publishes none of them: nothing can become public between a look and its deletion.
 */
async function deleteLeftovers(session: Session, release: GitHubRelease, signal: AbortSignal): Promise<void> {
  const { github, request } = session;
  session.wrote(release);
  const { drafts } = await session.world(signal);
  for (const { id } of drafts) {
    const now = id === release.id ? null : await github.release(id, signal);
    if (!now?.draft || !isOurs(now, request)) continue;
    await github.certain(
      () => github.deleteRelease(id, signal),
      async () => null,
      signal,
    );
  }
}
