// Appends so many marks to a ritual's ref, as a process of its own: WORKTREE TAG WHO TIMES
import { writeSync } from "node:fs";
import { join } from "node:path";
import { createRemoteMarks } from "../../../../src/clients/git/marks.ts";

const [root = "", tag = "", who = "", times = "1"] = process.argv.slice(2);
const marks = createRemoteMarks({
  root,
  commonDir: join(root, ".git"),
  env: process.env,
  remote: "origin",
  tag,
});
const { signal } = new AbortController();
for (let n = 0; n < Number(times); n++) {
  const mark = { kind: "sent", key: `${who}/${n}`, at: new Date().toISOString(), by: who, run: who } as const;
  await marks.append(mark, () => true, signal);
  writeSync(1, `${mark.key}\n`);
}
marks.close();
