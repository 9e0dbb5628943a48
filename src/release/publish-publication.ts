import type { GitHubRelease } from "../clients/github/types.ts";
import { type Observed, type Step, StepFailure } from "../core/step.ts";
import { count, printable, showUrl } from "../core/text.ts";
import { target } from "./publish-draft.ts";
import { acting, looking } from "./publish-failures.ts";
import { latestFlag } from "./publish-latest.ts";
import { immutableProofs } from "./publish-proofs.ts";
import type { PublishRequest } from "./publish-request.ts";
import { compareAssets, wantedAssets } from "./publish-uploads.ts";
import { isOurs, type Session, type World } from "./publish-world.ts";

/** Publishes the draft, and looks at everything it rests on just before. */
export function publicationStep(session: Session): Step {
  const { github, request } = session;
  const { tag } = request;
  return {
    id: "github.publish",
    title: `Publish GitHub release ${tag}`,
    observe: (signal) => looking(async () => stateOf(await session.world(signal), session, signal)),
    prove: (signal) => immutableProofs(github, signal),
    run: (signal) =>
      acting(async () => {
        session.wrote();
        const world = await session.world(signal);
        const latest = await latestFlag(github, request, signal);
        const release = world.published ?? (await publish(session, target(world, tag), latest, signal));
        await deleteLeftovers(session, release, signal);
        if (!world.published) await seeLatest(session, release, latest, signal);
        return `GitHub release ${tag} created`;
      }),
  };
}

async function stateOf(
  { published, drafts }: World,
  { github, request, remark }: Session,
  signal: AbortSignal,
): Promise<Observed> {
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
  const note = remark === null ? "" : `; ${remark}`;
  return { state: "done", message: `GitHub release ${tag} is published: ${showUrl(published.url)}${note}` };
}

function misplaced(at: string | null, { tag, commit }: PublishRequest): string {
  if (at === null) return `its tag ${tag} is not there, or leads to no commit`;
  return `its tag ${tag} leads to ${at.slice(0, 12)}, not to ${commit.slice(0, 12)}`;
}

type Latest = "true" | "false" | "legacy";

/** The one moment that people see. */
async function publish(
  session: Session,
  draft: GitHubRelease,
  latest: Latest,
  signal: AbortSignal,
): Promise<GitHubRelease> {
  const { github, request } = session;
  const { tag, prerelease } = request;
  await seeReady(session, draft, signal);
  const seen = async () => {
    const now = await github.release(draft.id, signal);
    if (now && !now.draft) return now;
    const other = await github.releaseByTag(tag, signal);
    if (!other || other.draft) return null;
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

/** The commit that the tag leads to on GitHub. */
async function tagCommit(
  github: Session["github"],
  { tag, remoteTag }: PublishRequest,
  signal: AbortSignal,
): Promise<string | null> {
  const found = await github.tagCommit(tag, signal);
  return found === null && !(await github.showsRefs(signal)) ? remoteTag(signal) : found;
}

/** The tag is there and right, and nothing is missing from the draft. @throws StepFailure */
async function seeReady(
  { github, request }: Session,
  draft: GitHubRelease,
  signal: AbortSignal,
): Promise<void> {
  const { tag, commit } = request;
  const [at, wanted, there] = await Promise.all([
    tagCommit(github, request, signal),
    request.assets().then(wantedAssets),
    github.assets(draft.id, signal),
  ]);
  // GitHub would make a tag that is missing itself: without its message, its signature, its tagger.
  if (at !== commit) {
    throw new StepFailure(
      `GitHub release ${tag} is not published: ${misplaced(at, request)}`,
      `push the tag first: git push origin refs/tags/${tag}`,
    );
  }
  const { missing, different } = compareAssets(wanted, there);
  const lacking = [...missing, ...different].map(({ wanted: { name } }) => printable(name, 200));
  if (lacking.length > 0) {
    throw new StepFailure(
      `GitHub release ${tag} is not published: the draft lacks ${lacking.join(", ")}`,
      "run the same command again: it uploads what is missing",
    );
  }
}

/** Which release GitHub shows as the latest is read back. @throws StepFailure when it is not as it should be */
async function seeLatest(
  session: Session,
  { id, tag }: GitHubRelease,
  latest: Latest,
  signal: AbortSignal,
): Promise<void> {
  if (latest === "legacy") return;
  const isWanted = latest === "true";
  const right = await session.github.eventually(async () => {
    const shown = await session.github.latestRelease(signal);
    return (shown?.id === id) === isWanted ? true : null;
  }, signal);
  if (right) return;
  session.remark = `GitHub ${isWanted ? "does not show" : "shows"} it as the latest release`;
  throw new StepFailure(
    `GitHub release ${tag} is published, but ${session.remark}`,
    `gh release edit ${tag} --latest=${isWanted}`,
  );
}

/** Drafts of ours that two machines, or an answer that was lost, have left; never anything that is published, or somebody else's. */
async function deleteLeftovers(session: Session, release: GitHubRelease, signal: AbortSignal): Promise<void> {
  const { github, request } = session;
  session.wrote();
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
  session.wrote();
}
