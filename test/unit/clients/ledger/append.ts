// A process that appends to a ledger (a file, or the remote of a repository), and prints the hash of every entry once it is acknowledged.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createFileStore } from "../../../../src/clients/ledger/file.ts";
import { createGitRemote } from "../../../../src/clients/ledger/git-remote.ts";
import { createGitStore } from "../../../../src/clients/ledger/git-store.ts";
import { appendTo } from "./appending.ts";

const [path = "", who, times] = process.argv.slice(2);
const git = join(path, ".git");
const store = existsSync(git)
  ? createGitStore(createGitRemote({ root: path, commonDir: git, env: process.env }), "origin", process.env)
  : createFileStore({ path, lock: `${path}.lock` });
await appendTo(store, who, times);
