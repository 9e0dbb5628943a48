import { GitMissing } from "../../clients/git/command.ts";
import { GitFailure, type ReadyRepository } from "../../clients/git/reader.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import type { RitualRelease } from "../release.ts";
import { judgeBranch } from "./branch.ts";
import { judgeForge } from "./forge.ts";
import type { IntegrityFinding, IntegrityRequest, IntegrityWorld, ReleaseReading } from "./model.ts";
import { judgeName } from "./name.ts";
import { fail, lookAtTag, moved, type SeenTag } from "./tag.ts";

export const defaultBranches: readonly string[] = ["main", "master", "release/*"];
const aroundMs = 30 * 60_000;

/**
 * Reads what a ritual is about, and whether it is what it says. Every finding is there, not only the first; nothing is written.
 * @throws the signal's reason when aborted
 */
export async function readRelease(
  world: IntegrityWorld,
  request: IntegrityRequest,
  signal: AbortSignal,
): Promise<ReleaseReading> {
  const name = judgeName(request.tag, request.rehearsal);
  // The gatekeeper: nothing else is asked about what is no release.
  if (name.status === "fail") return { release: null, findings: [name] };
  const sought = { tag: request.tag, remote: request.remote ?? "origin" };
  const findings: IntegrityFinding[] = [name];
  const without = (finding: IntegrityFinding) => ({ release: null, findings: [...findings, finding] });
  try {
    const repository = await world.git.repository();
    if (repository.state !== "ready")
      return without(fail("repository", repository.message, repository.remedy));
    const { seen, here, findings: ofTag } = await lookAtTag(world, sought, signal);
    findings.push(...ofTag);
    if (seen === null) return { release: null, findings };
    const access = { remote: sought.remote, token: world.token };
    const words =
      here?.object === seen.object
        ? here.words
        : await world.tags.remoteWords(access, sought.tag, seen.object, signal);
    if (!words?.date) return without(undated(request.tag));
    const rest = await lookFurther(world, request, { ...sought, seen, repository }, signal);
    const release = releaseOf(request, { ...sought, ...seen, taggedAt: words.date, ...rest.facts });
    return { release, findings: [...findings, ...rest.findings] };
  } catch (error) {
    signal.throwIfAborted();
    return without(unread(error));
  }
}

/** Whether the tag is what it was when the release was read: asked before each step acts. Null: it is. */
export function stillTheSame(
  world: Pick<IntegrityWorld, "tags" | "token">,
  { tag, remote, tagObject, commit }: RitualRelease,
  signal: AbortSignal,
): Promise<IntegrityFinding | null> {
  return moved(world, { tag, remote }, { object: tagObject, commit }, signal);
}

interface Found {
  readonly tag: string;
  readonly remote: string;
  readonly seen: SeenTag;
  readonly repository: ReadyRepository;
}

/** What is asked of the commit, all at once. */
async function lookFurther(
  world: IntegrityWorld,
  request: IntegrityRequest,
  { tag, remote, seen, repository }: Found,
  signal: AbortSignal,
) {
  const { commit } = seen;
  const { rehearsal, environment, branches = defaultBranches, forge: policy = "auto" } = request;
  await bringHere(world, { tag, remote, seen, repository }, signal);
  const [branch, previous, verdict, forge] = await Promise.all([
    judgeBranch(world, { commit, remote, branches, shallow: repository.shallow }, signal),
    previousOf(world, tag, commit, signal),
    judgeVerdict(world, { tag, commit }, signal),
    judgeForge(world, { tag, commit, rehearsal, environment, policy }, signal),
  ]);
  return {
    facts: {
      previous: previous.release,
      url: forge.url,
      repository: world.forge.repository,
      project: world.project,
    },
    findings: [branch, previous.finding, verdict, ...forge.findings],
  };
}

/** A clone that was made before the tag was lacks its commit. One that is cut off might get all of the history. */
async function bringHere(
  { git, tags, token }: IntegrityWorld,
  { tag, remote, seen, repository }: Found,
  signal: AbortSignal,
): Promise<void> {
  if (repository.shallow || (await git.resolve(seen.commit, signal)) !== null) return;
  const access = { remote, token };
  const places = (await tags.remoteTag(access, tag, signal)) ?? [];
  const from = places.find((place) => place.tag?.object === seen.object)?.where;
  if (from !== undefined) await tags.fetchTag(access, tag, from, signal);
}

async function previousOf(
  world: IntegrityWorld,
  tag: string,
  commit: string,
  signal: AbortSignal,
): Promise<{ release: RitualRelease["previous"]; finding: IntegrityFinding }> {
  const question = "previous";
  try {
    const release = await world.previous(tag, commit, signal);
    const message = release
      ? `The release before is ${printable(release.tag, 100)}`
      : "There is no release before";
    return { release, finding: { question, status: "ok", message } };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SentinelError || error instanceof GitFailure)) throw error;
    const remedy = error instanceof SentinelError && error.remedy ? error.remedy : "git fetch --tags";
    return {
      release: null,
      finding: { question, status: "unknown", message: printable(error.message), remedy },
    };
  }
}

async function judgeVerdict(
  { verdict }: IntegrityWorld,
  subject: { tag: string; commit: string },
  signal: AbortSignal,
): Promise<IntegrityFinding> {
  const question = "verdict";
  if (verdict === null) return { question, status: "skipped", message: "No signed verdict is demanded" };
  try {
    return { question, ...(await verdict(subject, signal)) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SentinelError)) throw error;
    const remedy = error.remedy ? { remedy: error.remedy } : {};
    return { question, status: "unknown", message: printable(error.message), ...remedy };
  }
}

function releaseOf(
  { rehearsal, environment, deployed, window }: IntegrityRequest,
  found: SeenTag &
    Pick<RitualRelease, "tag" | "remote" | "taggedAt" | "previous" | "url" | "repository" | "project">,
): RitualRelease {
  const { tag, remote, commit, object, taggedAt, previous, url, repository, project } = found;
  const tagged = Date.parse(taggedAt);
  const span = deployed ?? { from: tagged, to: tagged };
  return {
    tag,
    rehearsal,
    commit,
    tagObject: object,
    taggedAt,
    previous,
    remote,
    repository,
    project,
    url,
    environment,
    deployed: span,
    window: window ?? { from: span.from - aroundMs, to: span.to + aroundMs },
  };
}

function undated(tag: string): IntegrityFinding {
  return {
    question: "tag.annotated",
    status: "unknown",
    message: `What git tag ${printable(tag, 100)} says of itself cannot be read`,
    remedy: "git fetch --tags, and run the ritual again",
  };
}

function unread(error: unknown): IntegrityFinding {
  const isGit = error instanceof GitFailure || error instanceof GitMissing;
  if (!isGit) throw error;
  const remedy = error instanceof GitMissing ? error.remedy : "see what git says: git fsck";
  const message = `The repository cannot be read: ${printable(error.message, 300)}`;
  return { question: "repository", status: "unknown", message, remedy };
}
