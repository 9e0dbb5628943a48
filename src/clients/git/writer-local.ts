import { accessSync, constants, existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Secrets } from "../../core/mask.ts";
import { duration, printable } from "../../core/text.ts";
import { limited } from "../../core/within.ts";
import type { GitCommand } from "./command.ts";
import { oneLine } from "./git.ts";
import { LocalRefused, localRefusal, unlock } from "./local-refusal.ts";
import { GitFailure } from "./reader.ts";
import { tagHere } from "./tag-here.ts";
import type { GitSettings } from "./writer-config.ts";
import { tagMessage } from "./writer-message.ts";
import type { UserGit, UserGitOptions } from "./writer-run.ts";
import { signForNothing, signingOptions, willSign } from "./writer-signing.ts";
import type { Person, TagMaker } from "./writer-types.ts";

/** A key in hardware may wait for a finger. */
const createLimitMs = 60_000;
const probeLimitMs = 15_000;

export function createTagMaker(world: {
  readonly cwd: string;
  readonly secrets: Secrets;
  readonly read: GitCommand;
  /** git with the user's hooks and keys. */
  readonly git: UserGit;
  readonly settings: () => Promise<GitSettings>;
}): TagMaker {
  const { cwd, secrets, read, git, settings } = world;

  const identity = async (signal: AbortSignal) => {
    const explicit = ["user.useConfigOnly=true"];
    const answer = await read(["var", "GIT_COMMITTER_IDENT"], { signal, settings: explicit });
    return answer.code === 0 ? answer.stdout.toString("utf8").replace(/ \d+ [+-]\d{4}\s*$/, "") : null;
  };
  const taggerOr = async (fallback: Person, signal: AbortSignal): Promise<NodeJS.ProcessEnv> => {
    if ((await identity(signal)) !== null) return {};
    return { GIT_COMMITTER_NAME: fallback.name, GIT_COMMITTER_EMAIL: fallback.email };
  };
  const act = (limitMs: number, doing: string, args: readonly string[], options: UserGitOptions) => {
    const late = () =>
      new LocalRefused(
        `${doing}: git, or what it asks to sign, did not end within ${duration(limitMs)}`,
        unlock,
      );
    return limited(limitMs, options.signal, (signal) => git(args, { ...options, signal }), late);
  };
  const remove = async (name: string, object: string, signal: AbortSignal) => {
    const doing = `${printable(name, 100)} was not deleted here`;
    const args = ["update-ref", "-d", `refs/tags/${name}`, object];
    const answer = await act(createLimitMs, doing, args, { signal });
    if (answer.code !== 0) throw localRefusal(answer, doing, secrets);
  };

  return {
    identity,
    tag: (name, signal) => tagHere(read, name, signal),
    async isTagName(name, signal) {
      if (name.startsWith("-") || name === "HEAD" || name.includes("\0")) return false;
      return (await read(["check-ref-format", `refs/tags/${name}`], { signal })).code === 0;
    },
    async createTag({ name, commit, message, trailers, sign, fallbackTagger }, signal) {
      const doing = `${printable(name, 100)} was not created`;
      const { settings: forSigning, args: how } = signingOptions(sign);
      const args = ["tag", ...how, "--cleanup=verbatim", "-F", "-", "--", name, commit];
      const input = tagMessage(message, trailers);
      const env = await taggerOr(fallbackTagger, signal);
      const answer = await act(createLimitMs, doing, args, { signal, settings: forSigning, input, env });
      const made = answer.code === 0 ? await tagHere(read, name, signal) : null;
      if (made === null) throw localRefusal(answer, doing, secrets);
      // Some gits make the tag all the same when an ssh key cannot be used.
      if (made.words?.signed === false && willSign(sign, await settings())) {
        await remove(name, made.object, signal);
        throw localRefusal({ ...answer, code: 1 }, doing, secrets);
      }
      return made.object;
    },
    deleteTag: remove,
    async adoptTag(name, object, instead, signal) {
      const doing = `${printable(name, 100)} was not taken over`;
      // An empty old value: there must be none.
      const args = ["update-ref", "--no-deref", `refs/tags/${name}`, object, instead ?? ""];
      const answer = await act(createLimitMs, doing, args, { signal });
      if (answer.code !== 0) throw localRefusal(answer, doing, secrets);
    },
    async probeSigning(sign, fallback, signal) {
      if (!willSign(sign, await settings())) return null;
      const doing = "signing does not work here";
      const committer = await taggerOr(fallback, signal);
      const env = { ...committer, GIT_AUTHOR_NAME: fallback.name, GIT_AUTHOR_EMAIL: fallback.email };
      const late = () =>
        new LocalRefused(`${doing}: nothing was signed within ${duration(probeLimitMs)}`, unlock);
      const probe = (limit: AbortSignal) => signForNothing(git, { sign, cwd, env }, limit);
      try {
        const answer = await limited(probeLimitMs, signal, probe, late);
        return answer.code === 0 ? null : localRefusal(answer, doing, secrets);
      } catch (error) {
        if (error instanceof LocalRefused) return error;
        throw error;
      }
    },
    async unwritable(signal) {
      const asked = ["--git-common-dir", "--git-path", "refs/tags", "--git-path", "objects"];
      const answer = await read(["rev-parse", ...asked], { signal });
      if (answer.code !== 0) throw new GitFailure(oneLine(answer.stderr));
      const folders = answer.stdout
        .toString("utf8")
        .split("\n")
        .slice(0, asked.length - 2);
      // References may be kept in another form.
      const there = folders.map((folder) => resolve(cwd, folder)).filter((folder) => existsSync(folder));
      return there.find((folder) => !mayWrite(folder)) ?? null;
    },
  };
}

function mayWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
