import type { TagRuleset } from "../clients/github/types.ts";
import type { Proof } from "../core/step.ts";
import { printable } from "../core/text.ts";

/** Rules that can stand in the way of a new tag, although nobody can tell beforehand whether they will. */
const askFor: Readonly<Record<string, string>> = {
  required_signatures: "signed commits",
  required_status_checks: "status checks",
  required_deployments: "deployments",
  commit_message_pattern: "a pattern of commit messages",
  commit_author_email_pattern: "a pattern of authors' addresses",
  committer_email_pattern: "a pattern of committers' addresses",
};

/** What the tag rulesets of a repository say to a new tag: a conflict where they refuse it, a notice where they may. */
export function ruleProofs(
  tag: string,
  rulesets: readonly TagRuleset[],
  pushedByToken: boolean,
): readonly Proof[] {
  return rulesets
    .filter((ruleset) => appliesTo(`refs/tags/${tag}`, ruleset))
    .flatMap((ruleset) => ruleset.rules.flatMap((rule) => proofOf(tag, ruleset, rule, pushedByToken) ?? []));
}

function proofOf(
  tag: string,
  ruleset: TagRuleset,
  rule: TagRuleset["rules"][number],
  pushedByToken: boolean,
): Proof | null {
  const whose = `the tag ruleset “${printable(ruleset.name, 100)}” of ${printable(ruleset.source, 100)}`;
  if (ruleset.bypass === "always" || ruleset.bypass === "exempt") return null;
  const asks = askFor[rule.type];
  if (asks !== undefined) return { state: "notice", message: `${whose} asks for ${asks}` };
  const forbids =
    rule.type === "creation"
      ? "does not let everybody create this tag"
      : rule.pattern && breaks(tag, rule.pattern)
        ? `does not allow the name ${printable(tag, 100)}`
        : null;
  if (forbids === null) return null;
  if (ruleset.bypass === null || !pushedByToken) {
    const who = pushedByToken ? "this token" : "whoever pushes";
    return {
      state: "notice",
      message: `${whose} ${forbids}; whether ${who} may bypass it cannot be found out before`,
    };
  }
  return {
    state: "conflict",
    message: `${whose} ${forbids}, and this token may not bypass it`,
    remedy: `add the token's owner to those who may bypass “${printable(ruleset.name, 100)}”, or release as somebody who may`,
  };
}

function appliesTo(ref: string, { include, exclude }: TagRuleset): boolean {
  const named = (patterns: readonly string[]) =>
    patterns.some((pattern) => pattern === "~ALL" || matches(ref, pattern));
  return named(include) && !named(exclude);
}

/** fnmatch as GitHub does it: a star stops at a slash, two do not. */
export function matches(ref: string, pattern: string): boolean {
  const source = pattern.replace(/\*\*\/?|\*|\?|\[!?[^\]]+\]|[\\^$.+(){}|[\]]/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.length > 2) return part.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return `\\${part}`;
  });
  try {
    return new RegExp(`^${source}$`, "s").test(ref);
  } catch {
    // Not a pattern that we can read: it may well be meant.
    return true;
  }
}

/** Whether a name is not as a pattern rule wants it. A regular expression that is not JavaScript's is not judged. */
function breaks(
  tag: string,
  { operator, text, negate }: NonNullable<TagRuleset["rules"][number]["pattern"]>,
) {
  const holds = (): boolean | null => {
    if (operator === "starts_with") return tag.startsWith(text);
    if (operator === "ends_with") return tag.endsWith(text);
    if (operator === "contains") return tag.includes(text);
    try {
      return new RegExp(text).test(tag);
    } catch {
      return null;
    }
  };
  return holds() === negate;
}
