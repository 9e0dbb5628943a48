import { join, resolve } from "node:path";
import { createStateFile, type StateFile } from "../clients/state-file.ts";
import type { Secrets } from "../core/mask.ts";
import { printable } from "../core/text.ts";
import type { SavedWatch } from "../flows/watch/watch.ts";
import type { WatchPolicy } from "../watch/policy.ts";
import { fits } from "../watch/state.ts";
import { workTree } from "./ledger-place.ts";

/** What a watch is known by: another one begins anew. */
export interface WatchKey {
  /** Who watches: `watch`, or `apply` after a deploy. */
  readonly command: string;
  readonly environment: string;
  readonly version: string | null;
  readonly source: string;
  /** Digest of what is asked of the source: other series are another watch. */
  readonly queries: string;
}

/** Where a watch is kept for the process that goes on with it. */
export interface WatchMemory {
  /** Undefined where there is nothing to go on from. */
  readonly saved: SavedWatch | undefined;
  save(saved: SavedWatch): void;
}

interface Kept {
  readonly schema: "release-sentinel/watch-state/v1";
  readonly key: WatchKey;
  readonly saved: SavedWatch;
}

export interface MemoryWorld {
  readonly cwd: string;
  readonly secrets: Secrets;
  tell(level: "info" | "warning", message: string): void;
}

/** In the git folder, where `git clean` does not come, and no pull request can bring it; undefined outside of a repository. */
function usualPlace(cwd: string, { command, environment }: WatchKey): string | undefined {
  const tree = workTree(cwd);
  return tree && join(tree.commonDir, "release-sentinel", command, `${encodeURIComponent(environment)}.json`);
}

/**
 * Opens what an earlier process has left.
 * @param wanted what must fit for it to be gone on with
 * @param named the file, wherever it would be otherwise
 */
export function openMemory(
  world: MemoryWorld,
  key: WatchKey,
  wanted: {
    readonly policy: WatchPolicy;
    readonly since: number | null;
    readonly now: number;
    readonly fresh: boolean;
  },
  named: string | undefined,
): WatchMemory {
  const path = named === undefined ? usualPlace(world.cwd, key) : resolve(world.cwd, named);
  const file = path === undefined ? undefined : createStateFile(path);
  let said = false;
  return {
    saved: file && !wanted.fresh ? readSaved(file, world, key, wanted) : undefined,
    save(saved) {
      if (!file) return;
      try {
        const kept: Kept = { schema: "release-sentinel/watch-state/v1", key, saved };
        file.write(world.secrets.maskDeep(kept));
      } catch (error) {
        if (said) return;
        said = true;
        const cause = (error as NodeJS.ErrnoException).code ?? "unknown cause";
        world.tell(
          "warning",
          `The watch cannot be kept in ${printable(file.path, 200)} (${cause}): killed, it begins anew`,
        );
      }
    },
  };
}

function readSaved(
  file: StateFile,
  { tell }: MemoryWorld,
  key: WatchKey,
  {
    policy,
    since,
    now,
  }: { readonly policy: WatchPolicy; readonly since: number | null; readonly now: number },
): SavedWatch | undefined {
  let kept: Partial<Kept> | undefined;
  try {
    kept = file.read() as Partial<Kept> | undefined;
  } catch {
    tell("warning", `${printable(file.path, 200)} cannot be read: the watch begins anew`);
    return undefined;
  }
  const { schema, saved } = kept ?? {};
  if (schema !== "release-sentinel/watch-state/v1" || !saved || !sameKey(kept?.key, key)) return undefined;
  const { state } = saved;
  if (since !== null && since !== state.deployedAt) return undefined;
  if (!fits(policy, state)) {
    tell("info", "The policy has changed since this watch was begun: it begins anew");
    return undefined;
  }
  // A canary's answer stands for its version: asking again until it suits is no test.
  if (state.decision !== null) return policy.judge !== null && key.version !== null ? saved : undefined;
  const end = state.deployedAt + (policy.judge?.maxMs ?? policy.forMs);
  if (now <= end + graceMs) return saved;
  tell("info", "An earlier watch was not finished, and its time is long over: it begins anew");
  return undefined;
}

/** A watch that should have ended longer ago than this was about something else. */
const graceMs = 15 * 60_000;

function sameKey(kept: WatchKey | undefined, key: WatchKey): boolean {
  const names = ["command", "environment", "version", "source", "queries"] as const;
  return kept !== undefined && names.every((name) => kept[name] === key[name]);
}
