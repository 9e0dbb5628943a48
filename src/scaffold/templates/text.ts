import type { Facts, TagShape, ToolRef } from "../facts.ts";
import { yamlWord } from "../yaml-word.ts";

/** A third party's action, by the commit that its version's tag is at. */
const checkoutAction = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2";

/**
 * What stands where nobody has said whose a repository is. What CI runs beside secrets must not be what somebody else has put
 * under the name of an example: an account's name on GitHub has 39 characters at most, so nobody can have this one.
 */
export const unknownAccount = "put-here-the-account-that-has-your-copy-of-it";

/** What stands where nobody has said where the tool is kept. */
export const unknownRepository = `${unknownAccount}/release-sentinel`;

/** A branch's own name in a filter of GitHub's, where some characters mean something. */
export function branchFilter(name: string): string {
  return yamlWord(name.replace(/[+!*?[\]\\]/g, "\\$&"));
}

/** Filters for the tags of releases. */
export function tagFilters(shape: TagShape): string {
  if (shape === "plain") return '["[0-9]*"]';
  return shape === "package" ? '["**@*", "**/v*"]' : '["v*"]';
}

/** A version as this repository writes it. */
export function sampleVersion(shape: TagShape): string {
  if (shape === "plain") return "1.2.3";
  return shape === "package" ? "package@1.2.3" : "v1.2.3";
}

/** A ritual is for tags like v1.2.3. */
export function hasRitual({ tagShape }: Pick<Facts, "tagShape">): boolean {
  return tagShape === null || tagShape === "v";
}

/** `uses:` of this tool: by its commit where that is known, with the version for people. */
export function toolUses(tool: ToolRef): string {
  return `${tool.repository ?? unknownRepository}@${toolAt(tool)}`;
}

/** A ref of the tool in YAML, with what people should know of it. */
export function toolAt({ version, sha }: ToolRef): string {
  if (sha === undefined) return `${version} # better: its commit`;
  return version === "" ? sha : `${sha} # ${version}`;
}

/** `owner/name`, on GitHub. */
export function isSlug(repository: string): boolean {
  return /^[\w.-]+\/[\w.-]+$/.test(repository);
}

/** The address that `git fetch` gets the tool from. */
export function toolAddress({ repository }: ToolRef): string {
  const name = repository ?? unknownRepository;
  return isSlug(name) ? `https://github.com/${name}.git` : name;
}

/** A step that checks out what is judged, with every branch and tag. */
export function checkoutSteps(indent: string, more: readonly string[] = ["fetch-depth: 0"]): string {
  const lines = [
    `- uses: ${checkoutAction}`,
    "  with:",
    ...more.map((line) => `    ${line}`),
    "    persist-credentials: false",
  ];
  return lines.map((line) => indent + line).join("\n");
}

/** The head of every file. */
export function heading(what: string, facts: Facts): string {
  const from =
    facts.tool.repository === null
      ? `\n# ${unknownRepository} stands for the place where you keep the tool: put that in.`
      : "";
  return `# ${what}${from}`;
}
