import { gitHubToken } from "../clients/git/credentials.ts";
import { GitFailure, type ReadyRepository } from "../clients/git/reader.ts";
import { createGitWriter } from "../clients/git/writer.ts";
import type { ConfigFile } from "../config/file.ts";
import { parseDuration } from "../config/schema.ts";
import { SentinelError } from "../core/errors.ts";
import { type Step, StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";
import type { Verdict } from "../core/verdict.ts";
import { parseVersion } from "../core/version.ts";
import type { ReleaseOutcome } from "../flows/release/outcome.ts";
import { type Prepared, release } from "../flows/release/release.ts";
import {
  contradictions,
  digestOf,
  type Foundation,
  type SavedPlan,
  seal,
} from "../flows/release/saved-plan.ts";
import type { LedgerEvent } from "../ledger/entry.ts";
import { defaultRequired, type LedgerSettings } from "../ledger/settings.ts";
import { type AssetPattern, checksums, findAssets } from "../release/assets.ts";
import { type HookWorld, hookSteps } from "../release/hooks.ts";
import { type Notes, renderNotes } from "../release/notes/index.ts";
import { publishSteps } from "../release/publish.ts";
import type { HookPlace, HookSettings, ReleaseSettings } from "../release/settings.ts";
import { tagSteps } from "../release/tag.ts";
import { type Forge, forgeOf } from "./forge.ts";
import type { Job } from "./job.ts";
import { createMatcher } from "./matcher.ts";
import { makeNotes } from "./notes.ts";

/** What to release, and how. */
export interface ReleaseRequest {
  readonly environment: string;
  readonly version: string;
  /** `tag`: tag and push, no forge is needed. */
  readonly scope: "tag" | "release";
  readonly dryRun?: boolean;
  readonly allowWarnings?: boolean;
  /** Files of the release besides the configuration's: paths or globs from `home`. */
  readonly assets?: readonly string[];
  /** The folder of those files. Default: the top of the work tree. */
  readonly home?: string | undefined;
  /** Only if everything is still as it was when this was made. */
  readonly plan?: SavedPlan | undefined;
  /** The command that is run again after a failure, ready to type. */
  readonly resume: string;
  /** Written into the tag. */
  readonly toolVersion: string;
}

export interface ReleaseAnswer {
  readonly outcome: ReleaseOutcome;
  /** Null when the gate did not let it come to a plan. */
  readonly plan: SavedPlan | null;
}

export interface ReleaseWorld extends Omit<Job, "gate" | "config"> {
  /** Asks the gate; answers besides what the configuration says of releases. */
  gate(): Promise<{ verdict: Verdict; config: ConfigFile }>;
}

/** Wires the parts of a release together: which steps there are, in which order, with which clients. */
export async function runRelease(world: ReleaseWorld, request: ReleaseRequest): Promise<ReleaseAnswer> {
  let settings: ReleaseSettings = {};
  let required: readonly string[] = defaultRequired;
  let made: Materials | undefined;
  const outcome = await release({
    ...request,
    dryRun: request.dryRun ?? false,
    allowWarnings: request.allowWarnings ?? false,
    emit: world.emit,
    signal: world.signal,
    async gate() {
      const { verdict, config } = await world.gate();
      settings = (config.release ?? {}) as ReleaseSettings;
      required = ((config.ledger ?? {}) as LedgerSettings).required ?? defaultRequired;
      return verdict;
    },
    async prepare(verdict) {
      if (!request.dryRun) await mayRecord(world, request, required);
      made = await gather(world, request, settings, verdict).catch((error) => unready(error));
      return prepared(world, request, made);
    },
  });
  const plan = made && outcome.plan.length > 0 ? savedPlan(world, request, made, outcome) : null;
  if (!request.dryRun && outcome.plan.length > 0) await world.book.note(releaseEvent(outcome));
  return { outcome, plan };
}

/** @throws SentinelError where a release that leaves no trace is not wanted */
async function mayRecord(
  { book }: ReleaseWorld,
  { environment }: ReleaseRequest,
  required: readonly string[],
): Promise<void> {
  if (!required.includes(environment)) return;
  const error = await book.probe();
  if (error) throw error;
}

/** What the ledger keeps of a release; the verdict has an entry of its own. */
function releaseEvent({ environment, version, commit, ...outcome }: ReleaseOutcome): LedgerEvent {
  const { outcome: end, message, reasons, plan, steps, url, summary, allowWarnings } = outcome;
  const data = { outcome: end, message, reasons, plan, steps, url, summary, allowWarnings };
  return { kind: "release", command: "release", environment, version, commit, data };
}

/** What the parts throw, as an error for people. */
function unready(error: unknown): never {
  if (error instanceof StepFailure)
    throw new SentinelError("release-impossible", error.message, error.remedy);
  if (error instanceof GitFailure) {
    throw new SentinelError(
      "release-unready",
      `git failed: ${printable(error.message)}`,
      "see what git says: git fsck",
    );
  }
  throw error;
}

/** Everything a release is made of, read before the first step. */
interface Materials {
  readonly verdict: Verdict;
  readonly settings: ReleaseSettings;
  readonly repository: ReadyRepository;
  readonly forge: Forge | null;
  readonly notes: Notes | null;
  readonly markdown: string;
  readonly foundation: Foundation;
}

async function gather(
  world: ReleaseWorld,
  request: ReleaseRequest,
  settings: ReleaseSettings,
  verdict: Verdict,
): Promise<Materials> {
  const { readers, history } = world.clients;
  const repository = await readers.git.repository();
  if (repository.state !== "ready")
    throw new SentinelError("release-impossible", repository.message, repository.remedy);
  if (verdict.commit === null) {
    throw new SentinelError(
      "release-impossible",
      "git was too slow to say which commit the gate looked at",
      "run the release again; best with a check of git in the policy, which waits for it: git.repository",
    );
  }
  if (repository.commit !== verdict.commit) {
    throw new SentinelError(
      "release-impossible",
      `HEAD has moved to ${repository.commit.slice(0, 12)} since the gate looked at it`,
      "run the release again",
    );
  }
  const { remote: name = "origin", notes: { style = "grouped", paths = [] } = {} } = settings;
  const remote = await history.remote(name, world.signal);
  if (!remote) {
    throw new SentinelError(
      "release-impossible",
      `there is no remote named ${printable(name, 100)} to release to`,
      `git remote add ${printable(name, 100)} URL, or name another one: release.remote in the configuration`,
    );
  }
  const forge = request.scope === "tag" ? null : forgeOf(world, remote);
  const asked = {
    version: request.version,
    to: repository.commit,
    style,
    paths,
    remote: name,
    firstTimers: true,
  };
  const [notes, found] = await Promise.all([
    forge && makeNotes({ clients: world.clients, secrets: world.secrets }, asked, world.signal),
    forge
      ? currentAssets(world, patternsOf(settings, request, repository.root))
      : { assets: [], missing: [] },
  ]);
  // It is published, and saved with the plan.
  const markdown = world.secrets.mask(notes ? renderNotes(notes, "markdown") : "");
  const foundation = world.secrets.maskDeep({
    commit: repository.commit,
    policyDigest: verdict.policyDigest,
    settingsDigest: digestOf(settings),
    remote: { name, url: withoutUserinfo(remote.urls[0]) },
    repository: forge?.repository ?? null,
    assets: mayBeBuilt(settings) ? [] : found.assets.map(({ file, ...asset }) => asset),
    notes: markdown,
  });
  return { verdict, settings, repository, forge, notes, markdown, foundation };
}

function prepared(world: ReleaseWorld, request: ReleaseRequest, made: Materials): Prepared {
  const { clients, secrets, signal } = world;
  const { repository, forge, notes, foundation, settings } = made;
  const hooks = settings.hooks ?? {};
  const writer = createGitWriter({ cwd: repository.root, env: world.env, secrets });
  const [create, push] = tagSteps({ reader: clients.readers.git, writer }, tagRequest(world, request, made));
  const publishing = forge && publishSteps(forge.github, publishRequest(world, request, made));
  const hookWorld: HookWorld = {
    programs: clients.readers.programs,
    env: clients.readers.env,
    git: clients.readers.git,
    root: repository.root,
    variables: {
      RS_VERSION: request.version,
      RS_COMMIT: repository.commit,
      RS_ENVIRONMENT: request.environment,
    },
  };
  const around = (place: HookPlace, guarded: Step) =>
    hookSteps(place, (hooks[place] ?? []).map(timed), guarded, hookWorld);
  const last = publishing ? publishing.steps[2] : push;
  const steps: readonly Step[] = [
    // What must be there before there is a tag.
    ...around("beforeTag", create),
    // Annotated, here.
    create,
    // The remote's creation of it is the lock between two machines.
    push,
    ...(publishing
      ? [
          // What is built from the tag.
          ...around("beforePublish", publishing.steps[2]),
          // Nobody sees a draft: it is filled first, and published when it is whole.
          ...publishing.steps,
        ]
      : []),
    ...around("afterPublish", last),
  ];
  return {
    steps,
    summary: notes?.summary ?? null,
    url: () => publishing?.url() ?? null,
    contradictions: (planned) => {
      signal.throwIfAborted();
      return request.plan ? contradictions(request.plan, foundation, planned) : [];
    },
  };
}

function tagRequest(
  { clients, book, secrets }: ReleaseWorld,
  { version, toolVersion, allowWarnings = false }: ReleaseRequest,
  made: Materials,
) {
  // A tag is seen by everybody, and stays.
  const { actor, runUrl, name } = secrets.maskDeep(clients.readers.ci);
  const anchor = book.anchorOf(made.verdict);
  const github = name === "GitHub Actions";
  const trailers: [string, string][] = [
    ["Release-Sentinel", toolVersion],
    ...(actor ? [["Released-By", actor] as [string, string]] : []),
    ...(runUrl ? [["Run", runUrl] as [string, string]] : []),
    ...(anchor ? [["Ledger-Head", anchor] as [string, string]] : []),
    ...(allowWarnings ? [["Warnings", "allowed"] as [string, string]] : []),
  ];
  return {
    name: version,
    commit: made.repository.commit,
    remote: made.foundation.remote.name,
    message: `Release ${version}`,
    trailers,
    sign: made.settings.sign ?? ("auto" as const),
    // CI's actor where it has one, else the tool: never a guess at a person.
    fallbackTagger: actor
      ? {
          name: actor,
          email: github ? `${actor}@users.noreply.github.com` : "noreply@release-sentinel.invalid",
        }
      : { name: "release-sentinel", email: "noreply@release-sentinel.invalid" },
    token: gitHubToken(clients.readers.env),
  };
}

function publishRequest(world: ReleaseWorld, request: ReleaseRequest, made: Materials) {
  const notes = { name: "RELEASE_NOTES.md", content: made.markdown };
  return {
    tag: request.version,
    commit: made.repository.commit,
    name: request.version,
    body: made.markdown,
    prerelease: (parseVersion(request.version)?.pre.length ?? 0) > 0,
    // A key of ssh is often somebody else's than the token.
    pushedByToken: !/^(ssh:\/\/|[^/\s]+@[^/:]+:)/i.test(made.foundation.remote.url ?? ""),
    built: mayBeBuilt(made.settings),
    remoteTag: async (signal: AbortSignal) =>
      (await world.clients.readers.git.remoteTag(made.foundation.remote.name, request.version, signal))
        ?.commit ?? null,
    /** Read when they are uploaded: a hook may have built them by then. */
    assets: async () => {
      const wanted = patternsOf(made.settings, request, made.repository.root);
      const { assets, missing } = await currentAssets(world, wanted);
      if (missing.length > 0)
        throw new SentinelError(
          "release-impossible",
          `no file for the asset ${missing.map((p) => printable(p, 200)).join(", ")}`,
          request.home === undefined
            ? "build it first, or let a hook build it: release.hooks.beforePublish"
            : "with --repo, --asset names files from where the command was started; for those of the repository: release.assets",
        );
      const { createHash } = await import("node:crypto");
      const sha256 = createHash("sha256").update(notes.content).digest("hex");
      const sums = { name: "SHA256SUMS", content: checksums([...assets, { name: notes.name, sha256 }]) };
      return [...assets.map(({ file, ...asset }) => ({ ...asset, path: file })), notes, sums];
    },
  };
}

function currentAssets(world: ReleaseWorld, patterns: readonly AssetPattern[]) {
  const matcher = createMatcher();
  return findAssets(patterns, {
    files: world.files,
    matcher: (glob) => matcher(glob),
    signal: world.signal,
  });
}

/** The configuration's, and what flags name besides. */
function patternsOf(
  { assets = [] }: ReleaseSettings,
  { assets: flagged = [], home }: ReleaseRequest,
  root: string,
): readonly AssetPattern[] {
  const tree = { root, place: "the work tree" };
  const named = home === undefined ? tree : { root: home, place: "the folder that this was started in" };
  return [...assets.map((glob) => ({ glob, ...tree })), ...flagged.map((glob) => ({ glob, ...named }))];
}

/** A hook that runs before the assets are needed may build them. */
function mayBeBuilt({ hooks = {} }: ReleaseSettings): boolean {
  return [hooks.beforeTag, hooks.beforePublish].some((some) => some !== undefined && some.length > 0);
}

const hookMs = 5 * 60_000;

function timed(hook: HookSettings) {
  return { ...hook, timeoutMs: (hook.timeout && parseDuration(hook.timeout)) || hookMs };
}

function savedPlan(
  { secrets }: ReleaseWorld,
  { environment, version, scope, toolVersion, allowWarnings = false, assets: patterns = [] }: ReleaseRequest,
  { foundation }: Materials,
  { plan }: ReleaseOutcome,
): SavedPlan {
  const createdAt = new Date().toISOString();
  const masked = secrets.maskDeep({
    schema: "release-sentinel/plan/v1",
    createdAt,
    toolVersion,
    environment,
    version,
    scope,
    allowWarnings,
    patterns,
    ...foundation,
    steps: plan,
  } as const);
  return seal(masked);
}

function withoutUserinfo(url: string | undefined): string | null {
  return url?.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1") ?? null;
}
