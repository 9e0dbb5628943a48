import { join } from "node:path";
import { showUrl } from "../../core/text.ts";
import { type NotPicked, type Picked, parseRefs, pickRef, refFormat } from "./clone-ref.ts";
import { CloneRefused, cloneRefusal } from "./clone-refusal.ts";
import { type GitAnswer, hardened } from "./command.ts";
import { userEnvironment } from "./writer-environment.ts";
import { createUserGit, type UserGit } from "./writer-run.ts";

export interface CloneRequest {
  /** Of `addressOf`. */
  readonly url: string;
  readonly isPath: boolean;
  /** A branch, a tag, a commit; null: the default branch. */
  readonly ref: string | null;
  /** Is made; its parent must be there. */
  readonly folder: string;
  /** With what git needs to reach the server. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** What was cloned. */
export interface Cloned extends Picked {
  /** File contents come when they are needed. */
  readonly partial: boolean;
}

/** What neither the repository nor the user's own settings may add to a clone that is looked at and thrown away. */
const settings = [
  ...hardened,
  "submodule.recurse=false",
  "fetch.recurseSubmodules=false",
  "clone.defaultRemoteName=origin",
  "remote.origin.tagOpt=--tags",
  "transfer.bundleURI=false",
  "advice.detachedHead=false",
  // Nothing may go on working in it after the end.
  "gc.auto=0",
  "maintenance.auto=false",
  // A server that stops in the middle is no server.
  "http.lowSpeedLimit=1",
  "http.lowSpeedTime=30",
];

/**
 * Clones every branch and tag with their whole history, the files' contents of one ref only, and checks that out: its branch,
 * or detached. Submodules and Git LFS objects stay where they are.
 * @throws CloneRefused; the signal's reason when aborted
 */
export async function clone({ url, isPath, ref, folder, env, signal }: CloneRequest): Promise<Cloned> {
  const environment = { ...userEnvironment(env), GIT_LFS_SKIP_SMUDGE: "1" };
  const shown = showUrl(url);
  const partial = await fetchInto(
    { url, isPath, folder },
    createUserGit(join(folder, ".."), environment),
    signal,
  );
  const inside = createUserGit(folder, environment);
  const ask = (words: readonly string[]) => inside(words, { settings, signal, isListing: true });
  const expect = async (words: readonly string[]): Promise<GitAnswer> => {
    const answer = await ask(words);
    if (answer.code !== 0) throw cloneRefusal(answer, shown);
    return answer;
  };
  if (!partial) await forgetPromise(ask);
  const refs = parseRefs((await expect(["for-each-ref", `--format=${refFormat}`])).stdout.toString("utf8"));
  const found = await pickRef(ref, refs, (name) => commitOf(ask, name, partial));
  if (isProblem(found)) throw new CloneRefused("ref", `${found.problem} at ${shown}`, found.remedy);
  await expect(["checkout", "--quiet", "--force", "--detach", found.commit]);
  if (found.branch !== null) {
    // By plumbing: no name of the server's stands where an option could.
    await expect(["update-ref", `refs/heads/${found.branch}`, found.commit]);
    await expect(["symbolic-ref", "HEAD", `refs/heads/${found.branch}`]);
  }
  return { ...found, partial };
}

/**
 * Without the files' contents where the server can leave them out; answers whether it did. Of a shallow repository everything
 * is taken, and nothing is fetched on demand meanwhile: from a server that cannot filter and lacks objects, git would fetch the
 * same one in ever more processes.
 */
async function fetchInto(
  { url, isPath, folder }: Pick<CloneRequest, "url" | "isPath" | "folder">,
  git: UserGit,
  signal: AbortSignal,
): Promise<boolean> {
  const once = (flags: readonly string[]) =>
    git(["clone", ...plain, ...flags, "--", url, folder], {
      settings,
      signal,
      env: { GIT_NO_LAZY_FETCH: "1" },
    });
  const filtered = isPath ? null : await once(["--filter=blob:none", "--reject-shallow"]);
  if (filtered?.code === 0) return !/filtering not recognized by server/.test(filtered.stderr);
  const isShallow = filtered !== null && /source repository is shallow/i.test(filtered.stderr);
  const answer = filtered === null || isShallow ? await once(["--no-reject-shallow"]) : filtered;
  if (answer.code !== 0) throw cloneRefusal(answer, showUrl(url));
  return false;
}

const plain = [
  "--quiet",
  "--no-checkout",
  "--no-local",
  "--no-recurse-submodules",
  "--template=",
  "--origin=origin",
];

type Ask = (words: readonly string[]) => Promise<GitAnswer>;

/** The server has sent everything: nothing is to be fetched later, and nobody is to be told that it might be. */
async function forgetPromise(ask: Ask): Promise<void> {
  for (const key of ["remote.origin.promisor", "remote.origin.partialclonefilter", "extensions.partialclone"])
    await ask(["config", "--local", "--unset-all", key]);
}

/** Of what was cloned only: an object that no branch or tag leads to is not fetched, whoever made it. */
async function commitOf(ask: Ask, name: string, partial: boolean): Promise<string | null> {
  if (partial && name.length >= 40) {
    // Asked for by its whole name, git would fetch what is missing.
    const all = await ask(["rev-list", "--all"]);
    return all.stdout.toString("utf8").includes(`${name}\n`) ? name : null;
  }
  const answer = await ask(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
  const commit = answer.code === 0 ? answer.stdout.toString("utf8").trim() : "";
  return commit.startsWith(name) ? commit : null;
}

function isProblem(found: Picked | NotPicked): found is NotPicked {
  return "problem" in found;
}
