import type { GitHubAsset, GitHubRelease } from "../clients/github/types.ts";
import { StepFailure } from "../core/step.ts";
import { count, printable } from "../core/text.ts";
import { isSame, type Missing } from "./publish-wanted.ts";
import type { Session } from "./publish-world.ts";

const atOnce = 4;

/** Uploads what is missing, several at once. An upload that was begun is let end, so that a failure of another leaves less to do. */
export async function uploadAssets(
  session: Session,
  release: GitHubRelease,
  all: readonly Missing[],
  signal: AbortSignal,
): Promise<readonly GitHubAsset[]> {
  const queue = [...all];
  const stored: GitHubAsset[] = [];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next && failures.length === 0; next = queue.shift()) {
      await upload(session, release, next, signal).then(
        (asset) => stored.push(asset),
        (error: unknown) => failures.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.length > 0) throw failures[0];
  return stored;
}

async function upload(
  { github }: Session,
  release: GitHubRelease,
  { wanted, instead }: Missing,
  signal: AbortSignal,
): Promise<GitHubAsset> {
  const { name, contentType, body } = wanted;
  // What arrived whole is never deleted: somebody else may publish it at this very moment.
  const clear = async ({ id, state }: GitHubAsset) => {
    if (state !== "starter") return;
    await github.certain(
      () => github.deleteAsset(id, signal),
      async () => null,
      signal,
    );
  };
  if (instead) await clear(instead);
  const seen = async () => {
    const there = (await github.assets(release.id, signal)).find((asset) => asset.name === name);
    if (there?.state === "uploaded") return there;
    if (there) await clear(there);
    return null;
  };
  const stored = await github.certain(
    () => github.upload(release, { name, contentType, body }, signal),
    seen,
    signal,
  );
  if (stored.name === name && stored.state === "uploaded" && isSame(wanted, stored)) return stored;
  throw new StepFailure(
    `asset ${printable(name, 200)} is on GitHub with other content than here (${count(stored.bytes, "byte")}, ${printable(stored.digest ?? "no digest", 80)})`,
    "let nothing change the assets while they are uploaded, and run the same command again",
  );
}
