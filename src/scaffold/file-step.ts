import { accessSync, constants, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { writeNew, writeWhole } from "../clients/whole-file.ts";
import { type Observed, type Proof, type Step, StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";
import { withHeader } from "./header.ts";
import { type JudgedFile, judgeFile, nearestFolder } from "./judge.ts";
import type { Target } from "./target.ts";

export interface FileStepWorld {
  readonly root: string;
  /** Words of the command, and the tool's version, for the file's header. */
  readonly by: { readonly args: readonly string[]; readonly version: string };
  /** Files that `init` wrote and nobody changed may be replaced. */
  readonly update: boolean;
}

/** Everybody who may read the repository's other files may read this one. */
const mode = 0o666;

/** Writes one file, whole, where none is. One that is there under another name for the same thing keeps that. */
export function createFileStep(target: Target, world: FileStepWorld): Step {
  const { root, by, update } = world;
  const judge = () => judgeTarget(target, world);
  const { there } = judge();
  const path = join(root, there);
  const shown = printable(there, 300);
  return {
    id: `file:${there}`,
    title: `Write ${shown}`,
    local: true,
    observe: async () => observed(judge(), update),
    prove: async () => [writable(path)],
    async run() {
      const text = withHeader(target.body, target.style, by);
      const { state } = judge();
      try {
        if (state === "outdated" && update) writeWhole(path, text, mode);
        else writeNew(path, text, mode);
      } catch (error) {
        throw unwritten(shown, error as NodeJS.ErrnoException);
      }
      return `${state === "outdated" ? "updated" : "written"}: ${shown}`;
    },
  };
}

/** Where a file stands. What was chosen when it was written matters where it may be written anew. */
export function judgeTarget(target: Target, { root, by, update }: FileStepWorld): JudgedFile {
  return judgeFile(root, target, update ? by.args : undefined);
}

/** What is found in a file's place, as the steps of a plan say it. */
function observed({ target, state, there, why }: JudgedFile, update: boolean): Observed {
  const shown = printable(there, 300);
  if (state === "current") return { state: "done", message: `${shown} is there, as it would be written` };
  if (state === "edited")
    return { state: "done", message: `${shown} was written by init and edited by you: it stays` };
  if (state === "needed") return { state: "needed", message: `${shown} will be written` };
  if (state === "outdated" && update)
    return { state: "needed", message: `${shown} will be updated: nobody has edited it` };
  if (state === "outdated")
    return {
      state: "conflict",
      message: `${shown} is out of date: it would be written otherwise now`,
      remedy: "release-sentinel init --update",
    };
  if (state === "refused")
    return {
      state: "conflict",
      message: `${printable(target.path, 300)} is not written: ${printable(why ?? "", 300)}`,
      remedy: "take it away, or leave the file out: --skip FILE",
    };
  return {
    state: "conflict",
    message: `${shown} is there already, and not written by init: it stays as it is`,
    remedy: target.otherwise ?? `leave ours out: --skip ${target.path}`,
  };
}

function writable(path: string): Proof {
  const folder = nearestFolder(path);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return { state: "ok", message: `${folder} can be written` };
  } catch (error) {
    const { code = "unknown cause" } = error as NodeJS.ErrnoException;
    return {
      state: "unknown",
      message: `${printable(folder, 300)} cannot be written (${code})`,
      remedy: "run it where you may write, or see the files first: release-sentinel init --dry-run",
    };
  }
}

/** What a run that was killed left beside the file, before that was there or just after. */
export function removeDrafts(path: string): void {
  const folder = dirname(path);
  const draft = new RegExp(
    `^${basename(path).replace(/[.*+?^$()[\]{}|\\]/g, "\\$&")}\\.[0-9a-f-]{36}\\.tmp$`,
  );
  try {
    for (const name of readdirSync(folder)) if (draft.test(name)) rmSync(join(folder, name), { force: true });
  } catch {
    // Nothing is there, or nothing can be done there: who writes there will hear of it.
  }
}

function unwritten(shown: string, error: NodeJS.ErrnoException): StepFailure {
  const cause = error.code ?? printable(error.message, 200);
  if (cause === "EEXIST")
    return new StepFailure(
      `${shown} came to be meanwhile: it stays as it is`,
      "release-sentinel init --dry-run",
    );
  const remedy =
    cause === "ENOSPC" || cause === "EDQUOT"
      ? "free some space, and run it again: it goes on from what is there"
      : "see that the folder can be written, and run it again: it goes on from what is there";
  return new StepFailure(`${shown} cannot be written (${cause})`, remedy);
}
