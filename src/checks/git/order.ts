import { printable } from "../../core/text.ts";
import { compareVersions, highestVersion, parseVersion } from "../../core/version.ts";
import { gitCheck } from "./git-check.ts";

type Seen = { last: string | null; shallow: boolean };

/** Is this version greater than the last one released on this line of history? */
export const gitOrder = gitCheck<object, Seen>({
  id: "git.order",
  question: "Is the version greater than the last one released from this history?",
  reach: "local",
  defaults: {},
  schema: (z) => z.strictObject({}),
  async observe(repository, { readers, target, signal }) {
    const tags = await readers.git.reachableVersionTags(signal);
    const last = highestVersion(tags.filter((tag) => tag !== target.version));
    return { last: last?.text ?? null, shallow: repository.shallow };
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
    if (last && compareVersions(version, last) < 0) {
      return {
        status: "fail",
        message: `Version ${printable(version.text)} is not greater than the last release ${last.text}`,
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
        ? `Version order OK: ${last.text} → ${version.text}`
        : "Version order OK: this is the first release",
    };
  },
});
