const version = "v?\\d+\\.\\d+(?:\\.\\d+)?(?:-[\\w.]+)?";
const type = "(?:(?:chore|build|ci|release)(?:\\([^()]{0,100}\\))?: )?";
const releasing =
  "(?:prepar(?:e|ing)(?: for)?|(?:prepare |publish |cut |new )?(?:release|version|releasing)|bump(?:ed|s)? version|version bump|set version|tag)";
const noise = [
  // The commit that a release makes.
  new RegExp(`^${type}(?:[\\w@/.-]{1,60}@)?${version}\\.?$`, "i"),
  new RegExp(
    `^${type}${releasing}(?: (?:for|to|of|version|packages?|from ${version}))*:? ?(?:[\\w@/-]{1,60}[@ -])?${version}\\.?$`,
    "i",
  ),
  new RegExp(
    `^${type}(?:version packages|(?:bump(?:ed|s)? )?version(?: bump)?|release|(?:update )?changelog|prepare (?:for )?(?:next )?(?:release|development)(?: iteration| version| cycle)?|back to dev(?:elopment)?)\\.?$`,
    "i",
  ),
  // What was meant to be squashed, and what keeps branches in step.
  /^(?:fixup|squash|amend)! /,
  /^(?:wip|\.+|-+)$/i,
  /^merge (?:remote-tracking )?branch |^sync(?:ed)? (?:with )?\S+ (?:in|to|into|with|from) \S+$/i,
  // A title that is a branch's name.
  /^(?:develop(?:ment)?|dev|staging|master|main|next|production|release[/ -]\S+)$/i,
  /^(?:merge |release )?(?:develop(?:ment)?|dev|staging|master|main|next) (?:in|to|into|->|→) (?:develop(?:ment)?|dev|staging|master|main|next|prod(?:uction)?)$/i,
];

/** How all of these begin; most subjects begin otherwise. */
const suspicious =
  /^(?:chore|build|ci|release|releasing|v?\d|[\w/.-]*@|prepare|publish|cut|new|version|bump|set|tag|update|changelog|back|start|fixup|squash|amend|wip|[.-]|merge|sync|dev|staging|master|main|next|prod)/i;

/** Whether a subject says nothing to those who read release notes. */
export function isNoise(subject: string): boolean {
  return (
    suspicious.test(subject) && subject.length < 200 && noise.some((pattern) => pattern.test(subject.trim()))
  );
}
