import { printable } from "../../core/text.ts";
import { parseVersion } from "../../core/version.ts";
import type { IntegrityFinding } from "./model.ts";

/** The gatekeeper: a tag of another form is no release, and nothing else is looked at. */
export function judgeName(tag: string, rehearsal: boolean): IntegrityFinding {
  const question = "tag.format";
  const shown = printable(tag, 100);
  const version = parseVersion(tag);
  const isTrial = version !== undefined && version.pre.length > 0;
  if (version === undefined) {
    return {
      question,
      status: "fail",
      message: `Invalid version format: ${shown}`,
      remedy: `give the tag as it is released: --tag v1.2.3${rehearsal ? "-test" : ""}`,
    };
  }
  if (isTrial && !rehearsal) {
    return {
      question,
      status: "fail",
      message: `Invalid version format: ${shown} (a ritual is for vX.Y.Z)`,
      remedy: `to try it out: release-sentinel ritual --tag ${shown} --rehearsal`,
    };
  }
  if (!isTrial && rehearsal) {
    return {
      question,
      status: "fail",
      message: `${shown} is a release: a rehearsal has a tag of its own`,
      remedy: `git tag -a ${shown}-test -m "Rehearsal" && git push origin ${shown}-test, then --tag ${shown}-test --rehearsal`,
    };
  }
  return {
    question,
    status: "ok",
    message: `${shown} is the name of a ${rehearsal ? "rehearsal" : "release"}`,
  };
}
