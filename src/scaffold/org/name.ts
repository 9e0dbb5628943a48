import type { Facts } from "../facts.ts";
import { unknownAccount } from "../templates/text.ts";

/** Of the repository that holds the policy: `owner/name`. */
export function policyRepository({ repository }: Pick<Facts, "repository">): string {
  return repository ?? `${unknownAccount}/release-policy`;
}

/** The package's name: the owner is its scope, as registries have it. */
export function policyPackage({ repository }: Pick<Facts, "repository">): string {
  const parts = (repository ?? "your-org/release-policy").toLowerCase().split("/");
  return `@${(parts[0] ?? "").replace(/^[._]+/, "") || "your-org"}/${parts.at(-1)?.replace(/^[._]+/, "") || "release-policy"}`;
}
