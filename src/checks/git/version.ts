import type { SentinelCheck } from "../../clients/readers.ts";
import { printable } from "../../core/text.ts";
import { parseVersion } from "../../core/version.ts";

interface Options {
  /** Whether `v1.4.2-rc.1` is a version that may be released. */
  preReleases: boolean;
}

/** Is the version written as a release is: `vX.Y.Z`? */
export const gitVersion: SentinelCheck<Options, null> = {
  id: "git.version",
  question: "Is the version of the form vX.Y.Z?",
  kind: "policy",
  reach: "local",
  defaults: { preReleases: false },
  schema: (z) =>
    z.strictObject({
      preReleases: z.boolean().optional().describe("Also accept pre-releases such as v1.4.2-rc.1."),
    }),
  observe: async () => null,
  judge(_seen, { options, target }) {
    const text = target.version;
    if (text === undefined) return { status: "skipped", message: "No version is asked about" };
    const version = parseVersion(text);
    const bad = {
      status: "fail",
      message: `Invalid version format: ${text === "" ? "(empty)" : printable(text, 100)}`,
    } as const;
    if (!version) return { ...bad, remedy: example(text) };
    if (version.pre.length > 0 && !options.preReleases) {
      return {
        ...bad,
        remedy: "pre-releases need git.version: { preReleases: true }; otherwise write vX.Y.Z",
      };
    }
    return { status: "ok", message: `Version OK: ${text}` };
  },
};

function example(text: string): string {
  const numbers = /^[vV]?\s*(\d+)\.(\d+)\.(\d+)\s*$/.exec(text);
  if (!numbers) return "write it as vX.Y.Z, for example v1.4.2";
  return `write it as v${[numbers[1], numbers[2], numbers[3]].map(Number).join(".")}`;
}
