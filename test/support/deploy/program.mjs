// A program with the five verbs: it deploys into a folder. What a release does is said by its version.
// PLACE/now.json is what runs; PLACE/fault.json makes one verb fail; PLACE/calls has a line for each call.
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const [place] = process.argv.slice(2);
const asked = JSON.parse(readFileSync(0, "utf8"));
const { verb, version, expected, to } = asked;
const file = `${place}/now.json`;
const now = () => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null);
const put = (next) => {
  if (next === null) return rmSync(file, { force: true });
  writeFileSync(`${file}.tmp`, JSON.stringify(next));
  renameSync(`${file}.tmp`, file);
};
const answer = (value) => process.stdout.write(JSON.stringify(value));
const state = (version) => ({
  image: `app:${version}`,
  digest: `app@sha256:${Buffer.from(version).toString("hex").padEnd(64, "0")}`,
});

const verbs = {
  plan() {
    const before = now();
    const wanted = state(version);
    const same = before?.image === wanted.image;
    answer({
      target: `folder ${place}`,
      changes: [
        {
          subject: "app",
          action: before === null ? "create" : same ? "unchanged" : "change",
          diff: same ? "" : `${before ? `-image: ${before.image}\n` : ""}+image: ${wanted.image}\n`,
        },
      ],
      images: [
        {
          subject: "app",
          image: wanted.image,
          digest: wanted.digest.slice(4),
          isNew: before?.image !== wanted.image,
        },
      ],
      wayBack: before
        ? { state: "ready", message: `back to ${before.image}`, version: before.image.slice(4) }
        : { state: "nothing", message: "nothing is there: what is created will be removed" },
    });
  },
  capture: () => answer({ message: "kept", kept: { was: now() }, revision: now()?.image ?? "" }),
  apply() {
    put({ ...state(version), broken: version === "broken" });
    answer({ message: `${version} applied` });
  },
  status() {
    const is = now();
    if (expected === "restored" && is === null)
      return answer({ state: "healthy", message: "nothing is there" });
    if (is === null) return answer({ state: "other", message: "nothing is there" });
    if (expected === "applied" && is.image !== state(version).image)
      return answer({ state: "other", message: `${is.image} is there` });
    if (is.broken) return answer({ state: "failed", message: "app 0 of 1 ready", why: "it says: broken" });
    answer({ state: "healthy", message: "app 1 of 1 ready", digests: [is.digest] });
  },
  restore() {
    if (to.kind === "captured" || to.kind === "good") put(to.kept.was);
    else put({ ...state(to.revision ?? to.image), broken: false });
    answer({ message: "restored" });
  },
};

const fault = existsSync(`${place}/fault.json`)
  ? JSON.parse(readFileSync(`${place}/fault.json`, "utf8"))
  : {};
const mine = fault[verb];
if (mine?.once) {
  delete fault[verb];
  writeFileSync(`${place}/fault.json`, JSON.stringify(fault));
}
// Whoever waits for the call may end this process at once: what was taken away above must not be there again.
appendFileSync(`${place}/calls`, `${verb}${expected ? ` ${expected}` : ""}\n`);
if (mine?.kill) {
  if (mine.kill === "after") verbs[verb]();
  process.kill(process.ppid, mine.signal ?? "SIGKILL");
  await sleep(60_000);
}
if (mine?.hang) await sleep(mine.hang);
while (mine?.until && !existsSync(`${place}/${mine.until}`)) await sleep(20);
if (mine && !mine.hang && !mine.until) {
  if (mine.after) verbs[verb]();
  if (mine.said) process.stdout.write(JSON.stringify({ error: mine.said }));
  process.stderr.write(`${mine.stderr ?? "it went wrong"}\n`);
  process.exit(mine.code ?? 1);
}
verbs[verb]();
