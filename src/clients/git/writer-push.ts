import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Secrets } from "../../core/mask.ts";
import { printable } from "../../core/text.ts";
import type { GitCommand } from "./command.ts";
import { parseRemoteRefs } from "./parse.ts";
import { parseTagObject } from "./tag-object.ts";
import type { GitSettings } from "./writer-config.ts";
import { batchSsh } from "./writer-environment.ts";
import { type Refusal, RemoteRefused } from "./writer-refusal.ts";
import { createRemoteCalls, type PushTarget, pushTargets, type RemoteAccess } from "./writer-remote.ts";
import type { UserGit } from "./writer-run.ts";
import { withOwnObjects } from "./writer-signing.ts";
import type { TagPusher } from "./writer-types.ts";

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
  const known = new Map<string, ReturnType<typeof pushTargets>>();
  const targetsOf = async (remote: string, signal: AbortSignal) => {
    const targets = known.get(remote) ?? pushTargets(git, remote, { env, secrets, signal });
    known.set(remote, targets);
    try {
      return await targets;
    } catch (error) {
      known.delete(remote);
      throw error;
    }
  };

  const push = async (
    access: RemoteAccess,
    tag: string,
    how: { readonly refspec: string; readonly flags: readonly string[]; readonly limitMs: number },
    signal: AbortSignal,
  ): Promise<Refusal | null> => {
    const { remote } = access;
    const targets = await targetsOf(remote, signal);
    if (targets === null) return noRemote(remote);
    const { refusal } = await reach({
      ...{ access, targets, tag: printable(tag, 100), purpose: "push", limitMs: how.limitMs, signal },
      doing: `git push to ${printable(remote, 100)}`,
      args: ["push", ...pushFlags, ...how.flags, "--", remote, how.refspec],
      // A mirror would push everything there is, and delete the rest.
      options: { settings: [...pushSettings, `remote.${remote}.mirror=false`], env: await ssh() },
    });
    return refusal;
  };

  const list = async (access: RemoteAccess, target: PushTarget, name: string, signal: AbortSignal) => {
    const ref = `refs/tags/${name}`;
    const { answer, refusal } = await reach({
      ...{ access, targets: [target], tag: printable(name, 100), purpose: "read", limitMs, signal },
      doing: `reading ${target.label}`,
      args: ["ls-remote", "--", target.name, ref, `${ref}^{}`],
      options: { env: { ...(await ssh()), ...target.env } },
    });
    if (refusal) throw new RemoteRefused(refusal);
    const refs = parseRemoteRefs(answer.stdout.toString("utf8"));
    const [object, peeled] = [refs.get(ref), refs.get(`${ref}^{}`)];
    const tag = object ? { object, annotated: peeled !== undefined, commit: peeled ?? object } : null;
    return { where: target.label, tag };
  };

  const fetchQuietly = async (
    access: RemoteAccess,
    target: PushTarget,
    name: string,
    objects: NodeJS.ProcessEnv,
    signal: AbortSignal,
  ) => {
    await reach({
      ...{ access, targets: [target], tag: printable(name, 100), purpose: "read", signal },
      limitMs: wordsLimitMs,
      doing: `reading ${target.label}`,
      args: ["fetch", ...fetchFlags, "--no-recurse-submodules", "--", target.name, `refs/tags/${name}`],
      options: {
        settings: [...fetchSettings, `remote.${target.name}.followRemoteHEAD=never`],
        env: { ...(await ssh()), ...target.env, ...objects },
      },
    }).catch(() => signal.throwIfAborted());
  };

  return {
    async remoteTag(access, name, signal) {
      const targets = await targetsOf(access.remote, signal);
      return targets && Promise.all(targets.map((target) => list(access, target, name, signal)));
    },
    async remoteWords(access, name, object, signal) {
      const words = async (env: Readonly<Record<string, string>>) => {
        const content = await read(["cat-file", "tag", object], { signal, env, network: true });
        return content.code === 0 ? parseTagObject(content.stdout.toString("utf8")) : null;
      };
      const known = await words({});
      if (known) return known;
      return withOwnObjects(git, { cwd, signal }, async (objects) => {
        for (const target of (await targetsOf(access.remote, signal)) ?? []) {
          await fetchQuietly(access, target, name, objects, signal);
          const found = await words(objects);
          if (found) return found;
        }
        return null;
      });
    },
    async pushTag(access, name, signal) {
      const hook = await git(["rev-parse", "--git-path", "hooks/pre-push"], { signal });
      const hooked = existsSync(resolve(cwd, hook.stdout.toString("utf8").replace(/\n$/, "")));
      const refspec = `refs/tags/${name}:refs/tags/${name}`;
      const patience = world.limitMs ?? (hooked ? hookLimitMs : remoteLimitMs);
      return push(access, name, { refspec, flags: [], limitMs: patience }, signal);
    },
    probePush(access, name, commit, signal) {
      const flags = ["--dry-run", "--no-verify"];
      return push(access, name, { refspec: `${commit}:refs/tags/${name}`, flags, limitMs }, signal);
    },
  };
}

function noRemote(remote: string): Refusal {
  const shown = printable(remote, 100);
  return {
    kind: "missing",
    message: `there is no remote named ${shown}`,
    remedy: `git remote add ${shown} URL`,
  };
}
