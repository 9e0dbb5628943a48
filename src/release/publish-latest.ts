import type { GitHub } from "../clients/github/types.ts";
import { compareVersions, parseVersion, type Version } from "../core/version.ts";
import type { PublishRequest } from "./publish-request.ts";

/** Pages of releases that are searched for a higher version, besides the latest one: 300 releases. */
const pages = 3;

/**
 * Whether this release becomes the one that GitHub shows as the latest: not if a published one has a higher version.
 * What cannot be compared is left to GitHub, which goes by date and version.
 */
export async function latestFlag(
  github: GitHub,
  { tag, prerelease }: PublishRequest,
  signal: AbortSignal,
): Promise<"true" | "false" | "legacy"> {
  if (prerelease) return "false";
  const ours = parseVersion(tag);
  if (!ours) return "legacy";
  const shown = await github.latestRelease(signal);
  if (!shown || shown.tag === tag) return "true";
  const theirs = parseVersion(shown.tag);
  if (theirs && compareVersions(theirs, ours) > 0) return "false";
  if (await isHigherPublished(github, ours, signal)) return "false";
  return theirs ? "true" : "legacy";
}

async function isHigherPublished(github: GitHub, ours: Version, signal: AbortSignal): Promise<boolean> {
  let read = 0;
  for await (const { releases } of github.releases(signal)) {
    const higher = releases.some(({ draft, prerelease, tag }) => {
      const version = draft || prerelease ? undefined : parseVersion(tag);
      return version !== undefined && version.pre.length === 0 && compareVersions(version, ours) > 0;
    });
    if (higher) return true;
    if (++read >= pages) return false;
  }
  return false;
}
