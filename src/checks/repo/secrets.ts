import picomatch from "picomatch";
import type { GitReader } from "../../clients/git/reader.ts";
import type { LeakedSecret } from "../../clients/readers.ts";
import type { Judgement } from "../../core/finding.ts";
import { count, printable } from "../../core/text.ts";
import { highestVersion } from "../../core/version.ts";
import { gitCheck } from "../git/git-check.ts";

export interface SecretsOptions {
  /** `last-release`, `all`, or a ref. */
  readonly since: string;
  /** Globs of paths from the repository's top. */
  readonly ignore: readonly string[];
  readonly maxFileBytes: number;
}

export type SecretsObservation = {
  /** What the files were compared with; null when every tracked file was looked at. */
  since: string | null;
  scanned: number;
  /** Files above `maxFileBytes`, the first 20. */
  skippedLarge: string[];
  skippedLargeTotal: number;
  /** The first 200. */
  leaks: { file: string; line: number; rule: string; what: string }[];
  leaksTotal: number;
};

const kept = { leaks: 200, large: 20 };
const shown = 50;

/** Is there a credential in what this release brings? The files are read as HEAD has them. */
export const repoSecrets = gitCheck<SecretsOptions, SecretsObservation>({
  id: "repo.secrets",
  question: "Is what changed since the last release free of plaintext secrets?",
  reach: "local",
  defaults: { since: "last-release", ignore: [], maxFileBytes: 1_048_576 },
  schema: (z) =>
    z.strictObject({
      since: z
        .string()
        .min(1)
        .optional()
        .describe("Look at files changed since `last-release`, since a ref, or at `all` tracked files."),
      ignore: z.array(z.string().min(1)).optional().describe("Globs of paths that are not looked at."),
      maxFileBytes: z.int().positive().optional().describe("Larger files are not looked at, and named."),
    }),

  async observe({ commit }, { readers: { git, secretScanner }, options, signal }) {
    const ignored = picomatch([...options.ignore], { dot: true });
    const base = await baseOf(git, options.since, commit, signal);
    const paths = (await git.changedFiles(base?.commit ?? null, signal)).filter((path) => !ignored(path));
    const large: string[] = [];
    const leaks: SecretsObservation["leaks"] = [];
    let scanned = 0;
    for await (const { path, content } of git.readFiles(paths, options.maxFileBytes, signal)) {
      signal.throwIfAborted();
      if (content === null) large.push(path);
      const text = content && decode(content);
      if (text === null) continue;
      scanned++;
      leaks.push(...(await secretScanner.scan({ path, content: text })).map((leak) => observed(path, leak)));
    }
    return {
      since: base && printable(base.name, 200),
      scanned,
      skippedLarge: large.slice(0, kept.large).map((path) => printable(path)),
      skippedLargeTotal: large.length,
      leaks: leaks.slice(0, kept.leaks),
      leaksTotal: leaks.length,
    };
  },

  judge(seen, { options }) {
    const found: Judgement[] = seen.leaks.slice(0, shown).map(leaked);
    const more = seen.leaksTotal - found.length;
    if (more > 0) {
      found.push({
        status: "fail",
        message: `Plaintext secrets in ${count(more, "more place")}`,
        remedy: "mend the ones above first, then check again",
      });
    }
    if (found.length === 0) found.push({ status: "ok", message: clean(seen) });
    if (seen.skippedLargeTotal > 0) {
      found.push({
        status: "notice",
        message: `Not looked into for secrets: ${count(seen.skippedLargeTotal, "file")} over ${options.maxFileBytes} bytes`,
        details: seen.skippedLarge,
        remedy: "raise maxFileBytes of repo.secrets to have them looked into",
      });
    }
    return found;
  },
});

function observed(path: string, { line, rule, what }: LeakedSecret): SecretsObservation["leaks"][number] {
  return { file: printable(path), line, rule, what };
}

function leaked({ file, line, what }: SecretsObservation["leaks"][number]): Judgement {
  return {
    status: "fail",
    message: `Plaintext secret in ${file}:${line} (${what})`,
    subject: file,
    location: { file, line },
    remedy: `revoke and replace it, then remove it from ${file} and, if it was pushed, from history (git filter-repo --replace-text)`,
  };
}

function clean({ since, scanned }: SecretsObservation): string {
  const files = since === null ? count(scanned, "file") : `${count(scanned, "file")} changed since ${since}`;
  return `No plaintext secrets in ${files}`;
}

/** What to compare HEAD with; null: nothing, look at everything. */
async function baseOf(
  git: GitReader,
  since: string,
  head: string,
  signal: AbortSignal,
): Promise<{ name: string; commit: string } | null> {
  if (since === "all") return null;
  if (since === "last-release") return releaseBefore(git, head, signal);
  const commit = await git.resolve(since, signal);
  if (commit === null) throw new Error(`${printable(since, 200)} is not a commit in this clone`);
  return { name: since, commit };
}

/** The tag of the release in hand may be on HEAD already: it is the one before that counts. */
async function releaseBefore(git: GitReader, head: string, signal: AbortSignal) {
  const passed = new Set<string>();
  const tags = await git.reachableVersionTags(signal);
  for (;;) {
    const release = highestVersion(tags, ({ text, pre }) => pre.length === 0 && !passed.has(text));
    if (!release) return null;
    const commit = await git.resolve(`refs/tags/${release.text}`, signal);
    if (commit !== null && commit !== head) return { name: release.text, commit };
    passed.add(release.text);
  }
}

/** Null for a binary file: one with a NUL among its first bytes, unless it says that it is UTF-16. */
function decode(content: Buffer): string | null {
  if (content[0] === 0xff && content[1] === 0xfe) return new TextDecoder("utf-16le").decode(content);
  if (content[0] === 0xfe && content[1] === 0xff) return new TextDecoder("utf-16be").decode(content);
  return content.subarray(0, 8000).includes(0) ? null : content.toString("utf8");
}
