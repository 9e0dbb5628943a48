import type { GitCommand } from "./command.ts";
import type { BranchesThere } from "./writer-types.ts";

/**
 * Whether a branch of a remote holds a commit: by the branches as of the last fetch, and where none of those does, by what
 * the remote has now. Null where nothing was ever fetched, or the remote gives no answer.
 */
export async function branchesThere(
  git: GitCommand,
  asked: {
    readonly remote: string;
    readonly commit: string;
    /** The commits that the remote's branches are at. */
    ask(): Promise<readonly string[] | undefined>;
  },
  signal: AbortSignal,
): Promise<BranchesThere | null> {
  const tracked = async (...args: readonly string[]) => {
    const scope = `refs/remotes/${asked.remote}`;
    const answer = await git(["for-each-ref", "--format=%(objectname)", ...args, scope], { signal });
    const lines = `${answer.stdout}`.split("\n").filter((line) => line !== "");
    return answer.code === 0 ? lines : null;
  };
  const [holding, tips] = await Promise.all([tracked("--count=1", `--contains=${asked.commit}`), tracked()]);
  if (holding === null || tips === null || tips.length === 0) return null;
  if (holding.length > 0) return { contain: true, current: true };
  const now = await asked.ask();
  if (now === undefined) return null;
  const known = new Set(tips);
  return { contain: now.includes(asked.commit), current: now.every((tip) => known.has(tip)) };
}
