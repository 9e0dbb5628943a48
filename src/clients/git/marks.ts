import { statSync } from "node:fs";
import { join } from "node:path";
import type { Mark, Marks } from "../../core/marks.ts";
import { StepFailure } from "../../core/step.ts";
import { printable, shellWord } from "../../core/text.ts";
import { createLock, type Held, remotePatienceMs } from "../ledger/lock.ts";
import { makeFolder } from "../make-folder.ts";
import { asIs, markLine, maskedMark, readMark } from "./mark-text.ts";
import { createRefRace } from "./ref-race.ts";
import { createRefRemote, type RefRemote, RemoteFailure } from "./ref-remote.ts";

/** A ritual of a day that renews its lease every minute has fewer. */
const mostMarks = 5000;
const mostBytes = 4 * 1024 * 1024;

export function marksRef(tag: string): string {
  return `refs/release-sentinel/ritual/${tag}`;
}

/** A ritual's marks on a ref of the remote: one commit a mark, with an empty tree and the mark as its message. */
export function createRemoteMarks(place: {
  readonly root: string;
  /** The common git folder of all work trees. */
  readonly commonDir: string;
  /** The folder of the lock, and of what is seen of the remote: without it, in the git folder. */
  readonly beside?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly remote: string;
  /** A version: its name is part of the ref's. */
  readonly tag: string;
  /** Everybody who may read the repository can read the marks. */
  readonly mask?: (text: string) => string;
}): Marks {
  const {
    remote: name,
    tag,
    commonDir,
    beside: folder = join(commonDir, "release-sentinel"),
    mask = asIs,
  } = place;
  const ref = marksRef(tag);
  const shown = printable(name, 100);
  const where = `${ref} of ${shown}`;
  const remote = createRefRemote({
    ...place,
    ref,
    store: "ritual.git",
    seenRef: `refs/seen/${tag}`,
    fetchedRef: `refs/fetched/${tag}`,
    noRemote: () =>
      new StepFailure(
        `there is no remote named ${shown}`,
        "keep the marks on this machine alone: ritual.marks: local",
        true,
      ),
  });
  const gone = (how: string, seen: string) =>
    new StepFailure(
      `the ritual's marks were ${how} on ${shown}: what was sent is not known any more (this clone has seen ${seen.slice(0, 12)})`,
      `look at what was sent; if that was meant: git --git-dir=${shellWord(remote.gitDir)} update-ref -d refs/seen/${tag}`,
    );
  const race = createRefRace(remote, gone);
  // Runs from one clone come one after the other by themselves; only clones race. Other tags are nobody's business: a
  // remote may take its time for them.
  const lock = createLock(
    join(folder, `ritual-${tag}.lock`),
    () => statSync(join(remote.gitDir, "refs", "seen", tag), { throwIfNoEntry: false })?.mtimeMs,
    remotePatienceMs,
  );
  let known: { readonly tip: string; readonly marks: readonly Mark[] } | undefined;

  async function marksAt(tip: string | null, signal: AbortSignal): Promise<readonly Mark[]> {
    if (tip === null) return [];
    if (known?.tip !== tip) known = { tip, marks: await readChain(remote, tip, where, signal) };
    return known.marks;
  }

  async function locked<T>(verb: "read" | "write", signal: AbortSignal, use: () => Promise<T>): Promise<T> {
    let held: Held | undefined;
    try {
      makeFolder(folder);
      held = await lock.take(signal);
      return await use();
    } catch (error) {
      signal.throwIfAborted();
      throw trouble(error, verb, where, remote.gitDir);
    } finally {
      held?.release();
    }
  }

  const commit = async (mark: Mark, tip: string | null, signal: AbortSignal) => {
    const tree = await remote.ask(["mktree"], { signal, input: "" });
    return remote.commit(tree, tip, `${markLine(mark)}\n`, signal);
  };

  return {
    where,
    read: (signal) => locked("read", signal, async () => marksAt(await race.tip(true, signal), signal)),
    append: (mark, allowed, signal) =>
      locked("write", signal, () => {
        const written = maskedMark(mark, mask);
        const make = async (tip: string | null) => {
          const marks = await marksAt(tip, signal);
          if (!allowed(marks)) return { commit: null, made: null };
          return { commit: await commit(written, tip, signal), made: [...marks, written] };
        };
        return race.append<readonly Mark[] | null>(make, true, signal);
      }),
    async prove(signal) {
      try {
        await locked("write", signal, async () => {
          const tip = await race.tip(true, signal);
          await marksAt(tip, signal);
          const probe = await remote.commit(
            await remote.ask(["mktree"], { signal, input: "" }),
            tip,
            "probe",
            signal,
          );
          await remote.push(probe, tip, true, signal);
        });
        return [{ state: "ok", message: `${shown} lets this account write the ritual's marks (${ref})` }];
      } catch (error) {
        if (!(error instanceof StepFailure)) throw error;
        const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
        return [{ state: error.final ? "conflict" : "unknown", message: error.message, ...remedy }];
      }
    },
    close: () => lock.close(),
  };
}

/** Every mark, oldest first. @throws StepFailure for what is not as it was written: nothing may follow from it */
async function readChain(
  remote: RefRemote,
  tip: string,
  where: string,
  signal: AbortSignal,
): Promise<readonly Mark[]> {
  const strange = (what: string) =>
    new StepFailure(
      `the ritual's marks are not as this version writes them (${where}): ${what}`,
      "see who wrote there, and what was sent, before anything is sent again: git ls-remote REMOTE 'refs/release-sentinel/*'",
    );
  const args = ["rev-list", "--first-parent", "--reverse", `--max-count=${mostMarks + 1}`, tip];
  const commits = (await remote.ask(args, { signal })).split("\n");
  if (commits.length > mostMarks) throw strange(`more than ${mostMarks} of them`);
  const input = commits.map((commit) => `${commit}\n`).join("");
  const sizes = await remote.ask(["cat-file", "--batch-check=%(objectsize)"], { signal, input });
  const bytes = sizes.split("\n").reduce((sum, size) => sum + Number(size), 0);
  if (!(bytes <= mostBytes)) throw strange(`more than ${mostBytes} bytes`);
  const { stdout } = await remote.git(["cat-file", "--batch"], { signal, input });
  let at = 0;
  return sizes.split("\n").map((size, n) => {
    // Each is "<object> commit <size>\n<content>\n".
    const start = stdout.indexOf(10, at) + 1;
    const text = stdout.toString("utf8", start, start + Number(size));
    at = start + Number(size) + 1;
    const mark = readMark(text.slice(text.indexOf("\n\n") + 2).trimEnd());
    if (mark === undefined) throw strange(`number ${n + 1}`);
    return mark;
  });
}

/** What another try, at another moment, would be told again. */
const definite =
  /hook declined|protected|rule violations|permission|denied|not allowed|read-only|prohibited|not authorized|returned error: 403|GH0\d\d/i;

/** What git cannot write on this machine, whatever the remote allows. */
const here =
  /^(?!remote:).*(unable to (create temporary|write|open)|cannot (mkdir|create)|could not create)/i;

function trouble(error: unknown, verb: "read" | "write", where: string, gitDir: string): StepFailure {
  if (error instanceof StepFailure) return error;
  const { code } = error as NodeJS.ErrnoException;
  const cause = printable(error instanceof Error ? error.message : String(error), 300);
  const isHere = code !== undefined || here.test(cause);
  const isFinal =
    (error instanceof RemoteFailure && definite.test(cause)) || code === "EROFS" || code === "EACCES";
  const remedy = isHere
    ? `let git write into ${gitDir}: what is seen of the remote is kept there; or run the ritual in a clone that can be written`
    : verb === "write"
      ? "let this account push refs/release-sentinel/* (in GitHub Actions: permissions: contents: write), or keep the marks on this machine alone: ritual.marks: local"
      : "see that the remote answers: git ls-remote REMOTE 'refs/release-sentinel/*'";
  return new StepFailure(`cannot ${verb} the ritual's marks (${where}): ${cause}`, remedy, isFinal);
}
