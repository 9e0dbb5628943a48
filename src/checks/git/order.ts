import type { ReadyRepository } from "../../clients/git/reader.ts";
import type { Readers } from "../../clients/readers.ts";
import type { ObserveContext } from "../../core/check.ts";
import { printable } from "../../core/text.ts";
import { compareVersions, highestVersion, mayFollow, parseVersion } from "../../core/version.ts";
import { gitCheck } from "./git-check.ts";
import { remoteOf, type TagOptions } from "./tag-words.ts";

type Seen = {
  /** The highest version released from this history. */
  last: string | null;
  /** The remote that has its tag, where this clone has not. */
  onlyOn: string | null;
  shallow: boolean;
};

/** Is this version greater than the last one released on this line of history? */
export const gitOrder = gitCheck<TagOptions, Seen>({
  id: "git.order",
  question: "Is the version greater than the last one released from this history?",
  reach: "network",
  defaults: { remote: "origin" },
  schema: (z) =>
    z.strictObject({
      remote: z
        .union([z.string().min(1), z.literal(false)])
        .optional()
        .describe("The remote whose tags count besides those of this clone; false: none."),
    }),
  async observe(repository, context) {
    const { shallow } = repository;
    const { purpose, version } = context.target;
    if (purpose === "pull-request" || version === undefined) return { last: null, onlyOn: null, shallow };
    const here = await context.readers.git.reachableVersionTags(context.signal);
    const there = shallow ? [] : await tagsNotHere(repository, here, context);
    const asked = parseVersion(version);
    const others = [...here, ...there].filter((tag) => tag !== version);
    const last = highestVersion(others, (tag) => !asked || mayFollow(tag, asked))?.text ?? null;
    const onlyOn = last !== null && !here.includes(last) ? remoteOf(repository, context.options) : null;
    return { last, onlyOn, shallow };
  },
  judge(seen, { target }) {
    if (target.purpose === "pull-request")
      return { status: "skipped", message: "Versions are not compared for a pull request" };
    if (target.version === undefined) return { status: "skipped", message: "No version is asked about" };
    const version = parseVersion(target.version);
    if (!version)
      return {
        status: "unknown",
        message: "Not a version that could be compared",
        remedy: "write it as vX.Y.Z",
      };
    const last = seen.last === null ? undefined : parseVersion(seen.last);
    const where = seen.onlyOn ? ` (on ${printable(seen.onlyOn, 100)}, not in this clone)` : "";
    if (last && compareVersions(version, last) < 0) {
      return {
        status: "fail",
        message: `Version ${printable(version.text)} is not greater than the last release ${last.text}${where}`,
        remedy: `choose a version above ${last.text}`,
      };
    }
    if (seen.shallow) {
      return {
        status: "unknown",
        message: "The last release cannot be seen in a shallow clone",
        remedy: "git fetch --unshallow --tags (GitHub Actions: actions/checkout with fetch-depth: 0)",
      };
    }
    return {
      status: "ok",
      message: last
        ? `Version order OK: ${last.text}${where} → ${version.text}`
        : "Version order OK: this is the first release",
    };
  },
});

/** Version tags on HEAD's history that the remote has and this clone has not: `git clone --no-tags` makes such clones. */
async function tagsNotHere(
  repository: ReadyRepository,
  here: readonly string[],
  { readers: { git }, options, signal }: ObserveContext<TagOptions, Readers>,
): Promise<string[]> {
  const remote = remoteOf(repository, options);
  if (remote === null) return [];
  const known = new Set(here);
  const missing = (await git.remoteVersionTags(remote, signal)).filter(
    ({ name }) => !known.has(name) && parseVersion(name),
  );
  const released = await git.inHistory(
    missing.map(({ commit }) => commit),
    signal,
  );
  return missing.filter(({ commit }) => released.has(commit)).map(({ name }) => name);
}
