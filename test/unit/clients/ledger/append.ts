// A process that appends to a ledger (a file, or the remote of a repository), and prints the hash of every entry once it is acknowledged.
import { existsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createFileStore } from "../../../../src/clients/ledger/file.ts";
import { createGitRemote } from "../../../../src/clients/ledger/git-remote.ts";
import { createGitStore } from "../../../../src/clients/ledger/git-store.ts";
import { createLedgerWriter } from "../../../../src/ledger/ledger.ts";

const [path = "", who, times] = process.argv.slice(2);
const git = join(path, ".git");
const store = existsSync(git)
  ? createGitStore(createGitRemote({ root: path, commonDir: git, env: process.env }), "origin", process.env)
  : createFileStore({ path, lock: `${path}.lock` });
const ledger = createLedgerWriter({
  store,
  mask: (value) => value,
  circumstances: { actor: null, run: { ci: null, url: null }, host: null, tool: "0.0.0" },
});
for (let n = 0; n < Number(times); n++) {
  const data = { who: Number(who), n, text: "x".repeat(2000) };
  const about = { kind: "note", command: "test", environment: null, version: null, commit: null, data };
  const { hash } = await ledger.record(about, new AbortController().signal);
  writeSync(1, `${hash}\n`);
}
