import type { GitHub, GitHubRepository } from "../clients/github/types.ts";
import type { Proof } from "../core/step.ts";
import { count, printable } from "../core/text.ts";
import { bodyLimit } from "./publish-body.ts";
import { looking } from "./publish-failures.ts";
import type { PublishRequest } from "./publish-request.ts";
import { ruleProofs } from "./publish-rules.ts";

const soonMs = 7 * 86_400_000;
const ok = (message: string): Proof => ({ state: "ok", message });
const notice = (message: string, remedy?: string): Proof =>
  remedy === undefined ? { state: "notice", message } : { state: "notice", message, remedy };
const conflict = (message: string, remedy: string): Proof => ({ state: "conflict", message, remedy });

/** Whether the token may release here: repository, right to push, how long the token lives. Writes nothing. */
export async function accessProofs(github: GitHub, signal: AbortSignal): Promise<readonly Proof[]> {
  const found = await looking(() => github.repository(signal));
  // Its releases have just been read: what keeps the token from this is no word against releasing.
  if ("state" in found && found.state === "conflict") return [{ ...found, state: "notice" }];
  if ("state" in found) return [found];
  const { fullName, archived, disabled } = found;
  const name = printable(fullName, 200);
  const renamed = fullName.toLowerCase() !== github.repositoryName.toLowerCase();
  return [
    ...(renamed
      ? [
          notice(
            `${printable(github.repositoryName, 200)} is now called ${name}`,
            `set GITHUB_REPOSITORY=${name}`,
          ),
        ]
      : []),
    ...(archived
      ? [conflict(`${name} is archived: it takes no release`, `unarchive ${name} on GitHub`)]
      : []),
    ...(disabled ? [conflict(`${name} is disabled: it takes no release`, "ask GitHub's support why")] : []),
    await pushProof(github, found, signal),
    ...expiryProofs(found),
  ];
}

/** Whether a tag may be created, by the tag rulesets of the repository and its organization. Asks only where it can matter. */
export async function tagProofs(
  github: GitHub,
  { tag, pushedByToken }: Pick<PublishRequest, "tag" | "pushedByToken">,
  signal: AbortSignal,
): Promise<readonly Proof[]> {
  const [there, rulesets] = await Promise.all([
    looking(() => github.tagCommit(tag, signal).then((commit) => ({ commit }))),
    looking(() => github.tagRulesets(signal).then((all) => ({ all }))),
  ]);
  if ("commit" in there && there.commit !== null) return [];
  if ("state" in rulesets) {
    return [notice(`whether tag rulesets stand in the way cannot be found out before: ${rulesets.message}`)];
  }
  return ruleProofs(tag, rulesets.all, pushedByToken);
}

/** Whether what is published can be changed afterwards. */
export async function immutableProofs(github: GitHub, signal: AbortSignal): Promise<readonly Proof[]> {
  const found = await looking(() => github.immutableReleases(signal).then((immutable) => ({ immutable })));
  if ("state" in found) {
    return [notice("whether published releases are immutable here cannot be found out by this token")];
  }
  return found.immutable
    ? [
        notice(
          "published releases are immutable here: once it is out, its assets and its tag stay as they are",
        ),
      ]
    : [];
}

/** Whether GitHub takes the notes as they are. */
export function bodyProofs({ body }: PublishRequest): readonly Proof[] {
  if (body.length <= bodyLimit) return [];
  const long = count(body.length, "character");
  return [
    notice(`the notes have ${long}, GitHub takes ${bodyLimit}: they are cut, the asset has all of them`),
  ];
}

async function pushProof(github: GitHub, found: GitHubRepository, signal: AbortSignal): Promise<Proof> {
  const name = printable(found.fullName, 200);
  if (found.scopes !== null) {
    const enough = found.scopes.includes("repo") || (!found.private && found.scopes.includes("public_repo"));
    if (!enough) {
      return conflict(
        `the token lacks the scope repo${found.private ? "" : " or public_repo"}: it may not release in ${name}`,
        "give the classic token the scope `repo`",
      );
    }
    if (found.userMayPush === true) return ok(`the token may release in ${name}`);
  }
  if (found.userMayPush !== false) {
    return notice(`whether the token has \`contents: write\` in ${name} cannot be found out before`);
  }
  // An App's installation never pushes by its user's right.
  const installation = await looking(() => github.isInstallation(signal).then((is) => ({ is })));
  if ("state" in installation || installation.is) {
    return notice(
      `whether the token has \`contents: write\` in ${name} cannot be found out before`,
      "in a workflow, give the job `permissions: contents: write`",
    );
  }
  return conflict(
    `the token's user may not push to ${name}`,
    "use a token of somebody who has the role Write, with `contents: write` (fine-grained) or the scope `repo` (classic)",
  );
}

function expiryProofs({ tokenExpires }: GitHubRepository): readonly Proof[] {
  if (tokenExpires === null || Date.parse(tokenExpires) - Date.now() > soonMs) return [];
  return [notice(`the token expires at ${tokenExpires}`, "make a new one before the next release")];
}
