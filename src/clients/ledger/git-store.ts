import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import { createRefRace } from "../git/ref-race.ts";
import { commitFiles } from "./git-objects.ts";
import { type GitRemote, ledgerRef, RemoteFailure } from "./git-remote.ts";
import { type Head, headOf, readLine } from "./line.ts";
import { createLock, type Held, remotePatienceMs } from "./lock.ts";
import type { Anchor, Appended, LedgerStore, Lines } from "./store.ts";

const newline = 0x0a;

/** A ledger that all clones of a repository share: one commit for each append on a ref of the remote. */
export function createGitStore(remote: GitRemote, where: string, env: NodeJS.ProcessEnv): LedgerStore {
  const { gitDir } = remote;
  // Appends from one clone come one after the other by themselves; only clones race.
  const lock = createLock(
    join(dirname(gitDir), "ledger-git.lock"),
    () => statSync(join(gitDir, "refs", "ledger", "seen"), { throwIfNoEntry: false })?.mtimeMs,
    remotePatienceMs,
  );

  const race = createRefRace(
    remote,
    (how, seen) =>
      new SentinelError(
        "ledger-unwritable",
        `the ledger on the remote was ${how}: it no longer contains what this clone has seen of it (${seen.slice(0, 12)} in ${gitDir})`,
        `release-sentinel ledger verify; if that was meant: git --git-dir=${gitDir} update-ref -d refs/ledger/seen`,
      ),
  );

  async function locked<T>(
    code: "ledger-unwritable" | "ledger-unreadable",
    signal: AbortSignal,
    use: () => Promise<T>,
  ): Promise<T> {
    let held: Held | undefined;
    try {
      // The lock lies in the git folder, beside the private repository.
      await remote.seen(signal);
      held = await lock.take(signal);
      return await use();
    } catch (error) {
      signal.throwIfAborted();
      throw trouble(code, error, where);
    } finally {
      held?.release();
    }
  }

  async function headAt(tip: string | null, signal: AbortSignal): Promise<Head | null> {
    if (tip === null) return null;
    const lines = await remote.linesAt(tip, signal);
    const last = lines.subarray(lines.lastIndexOf(newline, lines.length - 2) + 1, lines.length - 1);
    const read = readLine(last);
    if (read === undefined || read === "damaged" || read.bodyEnd === 0)
      throw new RemoteFailure("its last entry is not as it was written");
    return headOf(read);
  }

  const linesCommit = async (tip: string | null, { text, head }: Lines, signal: AbortSignal) => {
    const message = `ledger: up to ${head.seq}\n\nsha256:${head.sha256}`;
    return {
      commit: await remote.commit(text, tip, message, signal),
      made: { head, notices: [] },
    };
  };

  async function* files(oldestFirst: boolean, signal: AbortSignal): AsyncGenerator<Buffer> {
    const tip = await locked("ledger-unreadable", signal, () => remote.fetch(true, signal));
    if (tip === null) return;
    try {
      yield* commitFiles({ gitDir, env, tip, oldestFirst }, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw trouble("ledger-unreadable", error, where);
    }
  }

  return {
    kind: "git",
    where,
    head: (signal) =>
      locked("ledger-unreadable", signal, async () => headAt(await remote.fetch(false, signal), signal)),
    append: (build, signal) =>
      locked("ledger-unwritable", signal, async () => {
        const make = async (tip: string | null) => linesCommit(tip, build(await headAt(tip, signal)), signal);
        return race.append<Appended>(make, false, signal);
      }),
    blocks: (signal) => files(true, signal),
    async *backwards(signal) {
      for await (const lines of files(false, signal)) {
        for (let end = lines.length - 1; end > 0; ) {
          const start = lines.lastIndexOf(newline, end - 1) + 1;
          yield lines.subarray(start, end);
          end = start - 1;
        }
      }
    },
    witnesses: (signal) =>
      locked("ledger-unreadable", signal, async (): Promise<readonly Anchor[]> => {
        const seen = await remote.seen(signal);
        const head = await headAt(seen, signal);
        return head === null
          ? []
          : [{ sha256: head.sha256, seq: head.seq, ledger: head.ledger, from: "what this clone has seen" }];
      }),
    probe: (signal) =>
      locked("ledger-unwritable", signal, async () => {
        const tip = await race.tip(false, signal);
        await headAt(tip, signal);
        await remote.push(await remote.commit("", tip, "probe", signal), tip, true, signal);
      }),
    close: () => lock.close(),
  };
}

/** It is this clone that cannot be written, and not the remote. */
const ownTrouble = /read-only file system|no space left|cannot mkdir|could not create|^E[A-Z]+:/i;

function trouble(
  code: "ledger-unwritable" | "ledger-unreadable",
  error: unknown,
  where: string,
): SentinelError {
  if (error instanceof SentinelError) return error;
  const verb = code === "ledger-unwritable" ? "write" : "read";
  const cause = printable(error instanceof Error ? error.message : String(error), 300);
  return new SentinelError(
    code,
    `cannot ${verb} the ledger ${where}: ${cause}`,
    ownTrouble.test(cause)
      ? "commits are made in .git/release-sentinel before they are pushed: let it be written, or clone by --repo"
      : /no (answer|end) within/.test(cause)
        ? "see that origin can be reached from here: git ls-remote origin"
        : verb === "write"
          ? `see that this account may push to ${ledgerRef} (in GitHub Actions: permissions: contents: write)`
          : "git ls-remote origin 'refs/release-sentinel/*'",
  );
}
