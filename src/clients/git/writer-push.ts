import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Secrets } from "../../core/mask.ts";
import { printable } from "../../core/text.ts";
import type { GitCommand } from "./command.ts";
import { parseRemoteRefs } from "./parse.ts";
import { parseTagObject } from "./tag-object.ts";
import { branchesThere } from "./writer-branches.ts";
import type { GitSettings } from "./writer-config.ts";
import { batchSsh } from "./writer-environment.ts";
import { type Refusal, RemoteRefused } from "./writer-refusal.ts";
import { createRemoteCalls, type RemoteAccess, type RemotePlace, remotePlaces } from "./writer-remote.ts";
import type { UserGit } from "./writer-run.ts";
import { withOwnObjects } from "./writer-signing.ts";
import type { TagPusher, TagThere } from "./writer-types.ts";

const remoteLimitMs = 60_000;
/** A pre-push hook may run a project's tests. */
const hookLimitMs = 600_000;
/** Who made somebody else's tag is nice to know, no more. */
const wordsLimitMs = 10_000;

/** What the user's settings would add to a push: not to this one. */
const pushSettings = ["push.followTags=false", "push.recurseSubmodules=no", "push.autoSetupRemote=false"];
const pushFlags = ["--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--no-force"];
const fetchSettings = ["gc.auto=0", "maintenance.auto=false", "fetch.writeCommitGraph=false"];
// An empty map keeps what is fetched from being written wherever `remote.<name>.fetch` would have it.
const fetchFlags = ["--quiet", "--no-tags", "--no-prune", "--refmap=", "--no-write-fetch-head"];

export function createTagPusher(world: {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  readonly limitMs: number | undefined;
  readonly read: GitCommand;
  /** git with the user's hooks, credentials and ssh. */
  readonly git: UserGit;
  readonly settings: () => Promise<GitSettings>;
}): TagPusher {
  const { cwd, env, secrets, read, git } = world;
  const limitMs = world.limitMs ?? remoteLimitMs;
  const reach = createRemoteCalls(git, secrets);
  const ssh = async () => batchSsh(env, await world.settings());
  const known = new Map<string, ReturnType<typeof remotePlaces>>();
  const placesOf = async (remote: string, signal: AbortSignal) => {
    const places = known.get(remote) ?? remotePlaces(git, remote, { env, secrets, signal });
    known.set(remote, places);
    try {
      return await places;
    } catch (error) {
      known.delete(remote);
      throw error;
    }
  };

  const readPlace = async ({ remote }: RemoteAccess, signal: AbortSignal) =>
    (await placesOf(remote, signal))?.find(({ isRead }) => isRead);

  const push = async (
    access: RemoteAccess,
    tag: string,
    how: {
      readonly refspec: string;
      readonly flags: readonly string[];
      readonly limitMs: number;
      readonly hooked: boolean;
    },
    to: { readonly name: string; readonly places: readonly RemotePlace[]; readonly env: NodeJS.ProcessEnv },
    signal: AbortSignal,
  ): Promise<Refusal | null> => {
    const { limitMs, hooked, flags, refspec } = how;
    const { refusal } = await reach({
      ...{ access, places: to.places, tag: printable(tag, 100), purpose: "push", limitMs, hooked, signal },
      doing: `git push to ${printable(access.remote, 100)}`,
      args: ["push", ...pushFlags, ...flags, "--", to.name, refspec],
      options: {
        // A mirror would push everything there is, and delete the rest.
        settings: [...pushSettings, `remote.${to.name}.mirror=false`],
        env: { ...(await ssh()), ...to.env },
      },
    });
    return refusal;
  };

  const list = async (
    access: RemoteAccess,
    place: RemotePlace,
    { tag = "", args }: { readonly tag?: string; readonly args: (name: string) => readonly string[] },
    signal: AbortSignal,
  ) => {
    const { answer, refusal } = await reach({
      ...{ access, places: [place], tag: printable(tag, 100), purpose: "read", limitMs, signal },
      doing: `reading ${place.label}`,
      args: ["ls-remote", ...args(place.name)],
      options: { env: { ...(await ssh()), ...place.env }, isListing: true },
    });
    if (refusal) throw new RemoteRefused(refusal);
    return parseRemoteRefs(answer.stdout.toString("utf8"));
  };

  const tagAt = async (
    access: RemoteAccess,
    place: RemotePlace,
    name: string,
    signal: AbortSignal,
  ): Promise<TagThere> => {
    const ref = `refs/tags/${name}`;
    const args = (remote: string) => ["--", remote, ref, `${ref}^{}`];
    const refs = await list(access, place, { tag: name, args }, signal);
    const [object, peeled] = [refs.get(ref), refs.get(`${ref}^{}`)];
    const tag = object ? { object, annotated: peeled !== undefined, commit: peeled ?? object } : null;
    return { where: place.label, isPushed: place.isPushed, tag };
  };

  /** What a ref leads to: no ref is written here, and for a tag nothing that leads to it. */
  const fetch = async (
    access: RemoteAccess,
    place: RemotePlace,
    ref: string,
    { objects, limitMs }: { readonly objects: NodeJS.ProcessEnv; readonly limitMs: number },
    signal: AbortSignal,
  ) => {
    const { refusal } = await reach({
      ...{ access, places: [place], tag: printable(nameOf(ref), 100), purpose: "read", limitMs, signal },
      doing: `reading ${place.label}`,
      args: ["fetch", ...fetchFlags, "--no-recurse-submodules", "--", place.name, ref],
      options: {
        settings: [...fetchSettings, `remote.${place.name}.followRemoteHEAD=never`],
        env: { ...(await ssh()), ...place.env, ...objects },
      },
    });
    if (refusal) throw new RemoteRefused(refusal);
  };

  return {
    async remoteTag(access, name, signal) {
      const places = await placesOf(access.remote, signal);
      return places && Promise.all(places.map((place) => tagAt(access, place, name, signal)));
    },
    async remoteWords(access, name, object, signal) {
      const words = async (env: Readonly<Record<string, string>>) => {
        const content = await read(["cat-file", "tag", object], { signal, env, network: true });
        return content.code === 0 ? parseTagObject(content.stdout.toString("utf8")) : null;
      };
      const known = await words({});
      if (known) return known;
      return withOwnObjects(git, { cwd, signal }, async (objects) => {
        for (const place of (await placesOf(access.remote, signal)) ?? []) {
          const briefly = { objects, limitMs: wordsLimitMs };
          await fetch(access, place, `refs/tags/${name}`, briefly, signal).catch(() =>
            signal.throwIfAborted(),
          );
          const found = await words(objects);
          if (found) return found;
        }
        return null;
      });
    },
    async fetchTag(access, name, from, signal) {
      const places = (await placesOf(access.remote, signal)) ?? [];
      for (const place of places.filter(({ label }) => label === from)) {
        await fetch(access, place, `refs/tags/${name}`, { objects: {}, limitMs }, signal);
      }
    },
    async remoteBranches(access, commit, signal) {
      const place = await readPlace(access, signal);
      const args = (remote: string) => ["--heads", "--", remote];
      const ask = async () => place && [...(await list(access, place, { args }, signal)).values()];
      return branchesThere(read, { remote: access.remote, commit, ask }, signal);
    },
    async remoteHeads(access, signal) {
      const place = await readPlace(access, signal);
      if (!place) return null;
      const refs = await list(access, place, { args: (remote) => ["--heads", "--", remote] }, signal);
      return new Map([...refs].map(([ref, commit]) => [nameOf(ref), commit]));
    },
    async fetchHead(access, branch, signal) {
      const place = await readPlace(access, signal);
      if (place) await fetch(access, place, `refs/heads/${branch}`, { objects: {}, limitMs }, signal);
    },
    async pushTag(access, name, signal) {
      const places = (await placesOf(access.remote, signal))?.filter(({ isPushed }) => isPushed);
      if (!places) return noRemote(access.remote);
      const hook = await git(["rev-parse", "--git-path", "hooks/pre-push"], { signal });
      const hooked = existsSync(resolve(cwd, hook.stdout.toString("utf8").replace(/\n$/, "")));
      const refspec = `refs/tags/${name}:refs/tags/${name}`;
      const patience = world.limitMs ?? (hooked ? hookLimitMs : remoteLimitMs);
      const how = { refspec, flags: [], limitMs: patience, hooked };
      return push(access, name, how, { name: access.remote, places, env: {} }, signal);
    },
    async probePush(access, name, commit, signal) {
      const places = (await placesOf(access.remote, signal))?.filter(({ isPushed }) => isPushed);
      if (!places) return noRemote(access.remote);
      const flags = ["--dry-run", "--no-verify"];
      const how = { refspec: `${commit}:refs/tags/${name}`, flags, limitMs, hooked: false };
      // Asked as the remote that it is, with what is set for that; of several, each gives its own answer.
      const whole = { name: access.remote, places, env: {} };
      const to =
        places.length === 1
          ? [whole]
          : places.map((place) => ({ name: place.name, places: [place], env: place.env }));
      const refusals = await Promise.all(to.map((one) => push(access, name, how, one, signal)));
      // One that has the tag already has let this account come that far.
      return refusals.find((refusal) => refusal !== null && refusal.kind !== "exists") ?? null;
    },
  };
}

function nameOf(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, "");
}

function noRemote(remote: string): Refusal {
  const shown = printable(remote, 100);
  return {
    kind: "missing",
    message: `there is no remote named ${shown}`,
    remedy: `git remote add ${shown} URL`,
  };
}
