export type Concern = "breaking" | "security" | "migration";

const labels: readonly (readonly [Concern, RegExp])[] = [
  ["breaking", /^(breaking( change)?s?|semver major|major)$/],
  ["security", /^(security( fix)?|vulnerability|cve)$/],
  ["migration", /^((db|database|schema) )?(migrations?|schema change)$/],
];

/** What a pull request's label says about it, whatever it is written with: `breaking-change`, `type: Security`. */
export function concernOf(label: string): Concern | null {
  const words = label
    .toLowerCase()
    .replace(/^(type|kind|impact|area)\s*[:/]/, "")
    .replace(/[\s:/_-]+/g, " ")
    .trim();
  return labels.find(([, pattern]) => pattern.test(words))?.[0] ?? null;
}
