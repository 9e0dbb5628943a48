import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "../clients/ledger/place.ts";
import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";

/** The work tree around a folder, found without running git. */
export interface WorkTree {
  /** Its top folder. */
  readonly root: string;
  /** The git folder that all work trees of this repository share. */
  readonly commonDir: string;
}

/** What RS_LEDGER asks for. */
export type LedgerChoice =
  | { readonly kind: "off" }
  | { readonly kind: "file"; readonly place: Place }
  | { readonly kind: "postgres"; readonly url: string }
  | ({ readonly kind: "git" } & WorkTree);

/**
 * Which ledger is meant: `off`, `git`, `postgres://…`, a path, or nothing, which is the work tree's own file. `off` too where there is no work tree.
 * @param cwd where a path is meant from
 * @param folder where the work tree is looked for
 * @throws SentinelError `flag-invalid`
 */
export function chooseLedger(value: string | undefined, cwd: string, folder: string = cwd): LedgerChoice {
  const asked = value?.trim() ?? "";
  if (/^(off|none|no|false|0)$/i.test(asked)) return { kind: "off" };
  if (asked === "git") {
    const tree = workTree(folder);
    if (tree) return { kind: "git", ...tree };
    throw new SentinelError("flag-invalid", "RS_LEDGER=git: there is no repository here", "RS_LEDGER=off");
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(asked)?.[1];
  if (scheme !== undefined && /^postgres(ql)?$/i.test(scheme)) return { kind: "postgres", url: asked };
  if (scheme !== undefined && scheme !== "file") {
    throw new SentinelError(
      "flag-invalid",
      `RS_LEDGER: a ledger at ${scheme}:// is not in this version`,
      "use git, postgres://…, a file's path, or off",
    );
  }
  if (asked === "") {
    const tree = workTree(folder);
    return tree ? { kind: "file", place: defaultPlace(tree) } : { kind: "off" };
  }
  // As a shell would have it, where a file of variables has gone through none.
  const path = /^file:/i.test(asked) ? pathOf(asked) : resolve(cwd, asked.replace(/^~(?=\/)/, homedir()));
  return { kind: "file", place: { path, lock: `${path}.lock` } };
}

/** @throws SentinelError `flag-invalid` where it is no file of this machine, named from the top */
function pathOf(url: string): string {
  try {
    if (/^file:\/\/\//i.test(url)) return fileURLToPath(url);
  } catch {
    // said below
  }
  throw new SentinelError(
    "flag-invalid",
    `RS_LEDGER=${printable(url, 200)} names no file of this machine`,
    "write the whole path: RS_LEDGER=file:///var/ledger.jsonl, or a path alone",
  );
}

/** One ledger for a repository: a linked work tree, which may be removed any day, uses the main one's. */
function defaultPlace({ root, commonDir }: WorkTree): Place {
  const main = basename(commonDir) === ".git" ? dirname(commonDir) : root;
  const beside = join(commonDir, "release-sentinel");
  return {
    path: join(main, ".release-sentinel", "ledger.jsonl"),
    // Not beside the ledger: a pull request could bring a file of that name.
    lock: join(beside, "ledger.lock"),
    twin: join(beside, "ledger.jsonl"),
  };
}

/** The nearest work tree upwards; undefined outside of any. */
export function workTree(cwd: string): WorkTree | undefined {
  for (let root = resolve(cwd); ; root = dirname(root)) {
    const gitDir = gitDirOf(root);
    if (gitDir !== undefined) return { root, commonDir: commonDirOf(gitDir) };
    if (dirname(root) === root) return undefined;
  }
}

function gitDirOf(root: string): string | undefined {
  const path = join(root, ".git");
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return path;
  if (!found?.isFile()) return undefined;
  const named = /^gitdir: (.*)$/m.exec(readFileSync(path, "utf8"))?.[1];
  return named === undefined ? undefined : resolve(root, named.trim());
}

function commonDirOf(gitDir: string): string {
  const path = join(gitDir, "commondir");
  return existsSync(path) ? resolve(gitDir, readFileSync(path, "utf8").trim()) : gitDir;
}
