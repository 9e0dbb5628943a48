import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository, type TestRepository } from "../../support/repository.ts";

/**
 * Answers as an `exec` source: what each minute since `begun` was like stands in minutes.json, by kind of signal; the last
 * one goes on. A number that is negative: none.
 */
const program = `
import { readFileSync } from "node:fs";
const { kind, from, to } = JSON.parse(readFileSync(0, "utf8"));
const { begun, error, bad } = JSON.parse(readFileSync(new URL("minutes.json", import.meta.url), "utf8"));
if (error) { console.error(error); process.exit(3); }
const counts = [];
for (let start = Date.parse(from); start < Date.parse(to); start += 60000) {
  const n = Math.floor((start - begun) / 60000);
  const said = n < 0 ? 0 : (bad[kind] ?? [0])[Math.min(n, (bad[kind] ?? [0]).length - 1)];
  if (said >= 0) counts.push({ start: new Date(start).toISOString(), total: 600, bad: said });
}
console.log(JSON.stringify(counts.length > 0 ? { counts } : { noData: "nothing was measured" }));
`;

export interface WatchedWorld {
  readonly repo: TestRepository;
  /** RFC 3339: a deploy that long ago. */
  since(minutes: number): string;
  /** What each minute since then was like: bad ones of 600 requests. */
  minutes(since: string, bad: Readonly<Record<string, readonly number[]>>, error?: string): void;
}

/** A repository whose watch asks a program. */
export function watchedWorld(watch: object = {}, more: object = {}): WatchedWorld {
  const repo = repository();
  const config = {
    checks: { "git.repository": true },
    watch: {
      exec: { run: [process.execPath, "numbers.mjs"] },
      signals: { burn: false },
      ...watch,
    },
    ...more,
  };
  repo.write("release-sentinel.yaml", JSON.stringify(config));
  repo.write("numbers.mjs", program);
  return {
    repo,
    since: (minutes) => new Date(Math.floor(Date.now() / 60_000) * 60_000 - minutes * 60_000).toISOString(),
    minutes(since, bad, error) {
      const told = { begun: Date.parse(since), bad, error };
      writeFileSync(join(repo.path, "minutes.json"), JSON.stringify(told));
    },
  };
}
