import type { GitReader } from "../clients/git/reader.ts";
import type { GitWriter } from "../clients/git/writer.ts";
import type { Proof } from "../core/step.ts";
import { printable, shellWord } from "../core/text.ts";
import type { TagRequest } from "./tag-request.ts";
import { short } from "./tag-seen.ts";

/** What people should know where a commit would be published by its tag alone. Silent where that cannot be told. */
export async function aloneNotice(
  { reader, writer }: { readonly reader: GitReader; readonly writer: GitWriter },
  { commit, remote, token }: TagRequest,
  signal: AbortSignal,
): Promise<readonly Proof[]> {
  const repository = await reader.repository();
  // Where history is cut off, "no" means nothing.
  if (repository.state !== "ready" || repository.shallow) return [];
  const branches = await writer
    .remoteBranches({ remote, token }, commit, signal)
    .catch(() => signal.throwIfAborted());
  if (!branches || branches.contain) return [];
  const name = printable(remote, 100);
  const on = `commit ${short(commit)} is on no branch of ${name}`;
  const message = branches.current
    ? `${on}: it would be reachable by the tag alone`
    : `${on} that this clone knows of: it may be reachable by the tag alone`;
  const what = repository.branch === null ? "HEAD:refs/heads/BRANCH" : printable(repository.branch, 200);
  const push = `git push ${shellWord(name)} ${shellWord(what)}`;
  const remedy = branches.current
    ? push
    : `git fetch ${shellWord(name)}, and if it is on none then either: ${push}`;
  return [{ state: "notice", message, remedy }];
}
