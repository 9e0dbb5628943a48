import type { Secrets } from "../../core/mask.ts";
import { printable, shellWord } from "../../core/text.ts";
import type { GitAnswer } from "./command.ts";
import { oneLine } from "./git.ts";
import { GitFailure } from "./reader.ts";

/** git did not do something here. For people; holds no secret. */
export class LocalRefused extends GitFailure {
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** Why git made no tag, or did not delete one. */
export function localRefusal(answer: GitAnswer, doing: string, secrets: Secrets): LocalRefused {
  const said = secrets.mask(answer.stderr);
  const lock = /Unable to create '(.+?\.lock)': File exists/.exec(said)?.[1];
  if (lock !== undefined) {
    return new LocalRefused(
      `${doing}: another git process holds ${printable(lock, 300)}, or left it behind`,
      `wait for it; if no git runs here any more: rm ${shellWord(printable(lock, 300))}`,
    );
  }
  const line = printable(reason(said), 400) || `git exited with ${answer.code}`;
  const [, remedy] = remedies.find(([when]) => when.test(said)) ?? [];
  return new LocalRefused(`${doing}: ${line}`, remedy ?? "see what git says: git status");
}

const byHook = /in '\w+' phase|aborted by hook/;
const bySigner = /^(error: )?(gpg: (?!WARNING)|(Enter passphrase: )?Load key |ssh-keygen)/;

/** git's own line, and what a hook or a signing program says of the cause. */
function reason(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && line !== "error: unable to sign the tag");
  const own = oneLine(lines.filter((line) => !bySigner.test(line)).join("\n"));
  const signer = lines
    .filter((line) => bySigner.test(line))
    .map((line) => line.replace(/^(error: )?(Enter passphrase: )?/, ""));
  const hook = byHook.test(stderr) ? lines.filter((line) => !/^(fatal|error):/.test(line)).slice(-2) : [];
  return [...new Set([own, ...hook, ...signer.slice(0, 2)])].filter((line) => line !== "").join("; ");
}

export const unlock =
  "unlock the signing key, or name one that is here (git config user.signingKey), or do not sign: release.sign: never";

const remedies: readonly (readonly [RegExp, string])[] = [
  [byHook, "the reference-transaction hook declined it: do what it asks for, then run the release again"],
  [/failed to sign|unable to sign|signingkey|secret key|gpg:|Load key|ssh-keygen/i, unlock],
  [/no space left|disk quota/i, "make room on the disk, then run the release again"],
  [
    /permission denied|insufficient permission|read-only file system/i,
    "run it as the user that the repository belongs to, on a folder that can be written",
  ],
  [/nonexistent object/i, "the remote has another tag by now: run the release again"],
  [/but expected|reference already exists/i, "the tag has changed here meanwhile: run the release again"],
  [/cannot lock ref/i, "see which tags are in the way: git tag --list"],
];
