import { GitMissing } from "../clients/git/command.ts";
import { GitFailure } from "../clients/git/reader.ts";
import type { EnvReader } from "../clients/readers.ts";
import { SentinelError } from "../core/errors.ts";
import type { Secrets } from "../core/mask.ts";
import { printable } from "../core/text.ts";
import {
  collectNotes,
  type NextRelease,
  type NextRequest,
  type Notes,
  type NotesRequest,
  proposeNext,
} from "../release/notes/index.ts";
import type { Clients } from "./clients.ts";

interface World {
  readonly clients: Clients;
  readonly secrets: Secrets;
}

/** Release notes of the repository around. @throws SentinelError when its history cannot be read, or is not whole */
export function makeNotes(
  { clients, secrets }: World,
  request: Omit<NotesRequest, "mask" | "env">,
  signal: AbortSignal,
): Promise<Notes> {
  const { git, env } = clients.readers;
  const whole = { ...request, mask: (text: string) => secrets.mask(text), env: forgeVariables(env) };
  return explained(collectNotes({ git, history: clients.history }, whole, signal));
}

/** Where the CI says that its forge is. */
export function forgeVariables(env: EnvReader): Readonly<Record<string, string | undefined>> {
  const names = ["CI_SERVER_URL", "GITLAB_CI", "GITHUB_SERVER_URL", "GITEA_ACTIONS", "FORGEJO_ACTIONS"];
  return Object.fromEntries(names.map((name) => [name, env.get(name)]));
}

/** What the next version would be. @throws SentinelError when its history cannot be read, or is not whole */
export function findNextVersion(
  { clients, secrets }: World,
  request: Omit<NextRequest, "mask">,
  signal: AbortSignal,
): Promise<NextRelease> {
  const readers = { git: clients.readers.git, history: clients.history };
  return explained(proposeNext(readers, { ...request, mask: (text) => secrets.mask(text) }, signal));
}

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GitMissing) throw new SentinelError("history-unusable", error.message, error.remedy);
    if (!(error instanceof GitFailure)) throw error;
    const message = `the history cannot be read: ${printable(error.message, 300)}`;
    throw new SentinelError("history-unusable", message, "git log -1; git fsck");
  }
}
