import { SentinelError } from "../../core/errors.ts";
import { oneLine } from "../git/git.ts";
import { createRefRemote, type RefRemote, RemoteFailure } from "../git/ref-remote.ts";
import { linesFile } from "./git-objects.ts";

export { RemoteFailure } from "../git/ref-remote.ts";

export const ledgerRef = "refs/release-sentinel/ledger";

/** A ref of the remote whose commits hold the ledger's lines. */
export interface GitRemote extends Omit<RefRemote, "commit"> {
  /** The lines that a commit added. */
  linesAt(commit: string, signal: AbortSignal): Promise<Buffer>;
  /** A commit with these lines; nobody sees it before it is pushed. */
  commit(lines: string, parent: string | null, message: string, signal: AbortSignal): Promise<string>;
}

/** A ledger on a git remote, through a bare repository of its own inside the clone's git folder. */
export function createGitRemote(options: {
  readonly root: string;
  /** The common git folder of all work trees. */
  readonly commonDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly remote?: string;
}): GitRemote {
  const { remote: name = "origin" } = options;
  const remote = createRefRemote({
    ...options,
    remote: name,
    ref: ledgerRef,
    store: "ledger.git",
    seenRef: "refs/ledger/seen",
    fetchedRef: "refs/ledger/fetched",
    noRemote: () =>
      new SentinelError(
        "ledger-unwritable",
        `RS_LEDGER=git: there is no remote named ${name}`,
        `git remote add ${name} URL, or RS_LEDGER=off`,
      ),
  });
  return {
    ...remote,
    async linesAt(commit, signal) {
      const answer = await remote.git(["cat-file", "blob", `${commit}:${linesFile}`], { signal });
      if (answer.code !== 0) throw new RemoteFailure(oneLine(answer.stderr));
      return answer.stdout;
    },
    async commit(lines, parent, message, signal) {
      const write = ["hash-object", "-w", "--no-filters", "--stdin"];
      const blob = await remote.ask(write, { signal, input: lines });
      const tree = await remote.ask(["mktree"], { signal, input: `100644 blob ${blob}\t${linesFile}\n` });
      return remote.commit(tree, parent, message, signal);
    },
  };
}
