import picomatch from "picomatch";
import type { ReadyRepository } from "../../clients/git/reader.ts";
import type { Readers } from "../../clients/readers.ts";
import type { ObserveContext } from "../../core/check.ts";
import type { Judgement } from "../../core/finding.ts";
import { printable } from "../../core/text.ts";
import { gitCheck, short } from "./git-check.ts";

interface Options {
  /** Branch names or globs; `*` stops at a `/`. */
  allow: string[];
  remote: string;
}

type Seen = {
  commit: string;
  /** What is judged: a branch name; null when there is none. */
  branch: string | null;
  /** How it was found. */
  from: "head" | "ci" | "base" | "tag" | "detached" | "pull-request" | "other-commit";
  /** Branches that contain the commit; only asked where the commit stands for itself. */
  containing: string[];
  shallow: boolean;
  ci: string | null;
  tag: string | null;
  allowed: boolean;
};

/** May releases be cut from this branch? On a detached HEAD the CI service is asked which branch it built. */
export const gitBranch = gitCheck<Options, Seen>({
  id: "git.branch",
  question: "Is this a branch that releases may be cut from?",
  reach: "local",
  defaults: { allow: ["main", "master", "release/*"], remote: "origin" },
  schema: (z) =>
    z.strictObject({
      allow: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe("Branches that may be released from; globs, `*` stops at a slash."),
      remote: z.string().min(1).optional().describe("The remote whose branches count for tag builds."),
    }),
  async observe(repository, context) {
    const found = await judgedBranch(repository, context);
    const { allow } = context.options;
    // Compiling globs takes longer than asking git, and most branches are named as they are.
    const matches = (branch: string) =>
      allow.includes(branch) || picomatch.isMatch(branch, allow, { nonegate: true });
    const containing = found.containing ?? [];
    const allowed =
      found.branch !== null ? matches(found.branch) : containing.some((branch) => matches(branch));
    const { ci } = context.readers;
    return {
      commit: repository.commit,
      branch: found.branch,
      from: found.from,
      containing: containing.slice(0, 20),
      shallow: repository.shallow,
      ci: ci.name,
      tag: ci.tag,
      allowed,
    };
  },
  judge(seen, { options }) {
    const name = printable(seen.branch ?? "", 200);
    if (seen.allowed) {
      const onBranch =
        seen.branch !== null
          ? name
          : `${short(seen.commit)} is on ${seen.containing.map((b) => printable(b, 100)).join(", ")}`;
      return {
        status: "ok",
        message: `Branch OK: ${onBranch}${seen.from === "base" ? " (base of the pull request)" : ""}`,
      };
    }
    return blocked(seen, name, options.allow.join(", "));
  },
});

function blocked(seen: Seen, name: string, allow: string): Judgement {
  const prefix = "Releases blocked from branch:";
  if (seen.from === "tag") {
    const subject = seen.tag ? `tag ${printable(seen.tag, 100)}` : "HEAD (detached)";
    if (seen.shallow) {
      return {
        status: "unknown",
        message: `${prefix} ${subject}: whether ${short(seen.commit)} is on an allowed branch cannot be seen in a shallow clone`,
        remedy: "git fetch --unshallow origin (GitHub Actions: actions/checkout with fetch-depth: 0)",
      };
    }
    return {
      status: "fail",
      message: `${prefix} ${subject}: commit ${short(seen.commit)} is on no allowed branch (${allow})`,
      remedy:
        "tag a commit of an allowed branch; if it is on one, fetch that branch: git fetch origin '+refs/heads/*:refs/remotes/origin/*'",
    };
  }
  if (seen.from === "pull-request") {
    return {
      status: "fail",
      message: `${prefix} ${name}`,
      remedy: "a pull request is gated with --for pull-request; release after the merge",
    };
  }
  if (seen.from === "other-commit") {
    return {
      status: "fail",
      message: `${prefix} HEAD (detached at ${short(seen.commit)}, which is not the commit that ${seen.ci ?? "CI"} built)`,
      remedy: "check out the branch itself, or the commit that the job is for",
    };
  }
  if (seen.branch === null) {
    const why = seen.ci ? `; ${seen.ci} does not say which branch it is` : "";
    return { status: "fail", message: `${prefix} HEAD (detached${why})`, remedy: "git switch main" };
  }
  return { status: "fail", message: `${prefix} ${name}`, remedy: `release from one of: ${allow}` };
}

interface Judged {
  readonly branch: string | null;
  readonly from: Seen["from"];
  readonly containing?: readonly string[];
}

async function judgedBranch(
  repository: ReadyRepository,
  context: ObserveContext<Options, Readers>,
): Promise<Judged> {
  const { readers, options, target, signal } = context;
  const { ci, git } = readers;
  // A job without any pull request is about the branch or tag that it builds, or was told to fetch.
  const hasOwn = ci.branch !== null || ci.tag !== null || ci.elsewhere === true;
  const isOwnBuild = ci.pullRequest === null && ci.isCi && hasOwn;
  if (target.purpose === "pull-request" && !isOwnBuild) {
    const base = ci.pullRequest?.base ?? (await git.defaultBranch(options.remote, signal));
    return { branch: base, from: "base" };
  }
  if (ci.pullRequest) {
    return {
      branch: `pull request ${ci.pullRequest.number ?? ""} (${ci.pullRequest.head ?? repository.branch ?? "detached"})`,
      from: "pull-request",
    };
  }
  if (repository.branch !== null) return { branch: repository.branch, from: "head" };
  // What CI says is about the commit it built; any other commit stands for itself.
  const builtHere = ci.commit === null || ci.commit === repository.commit;
  const containing = () => git.branchesContaining(repository.commit, options.remote, signal);
  if (ci.isCi && ci.branch !== null) {
    return builtHere
      ? { branch: ci.branch, from: "ci" }
      : { branch: null, from: "other-commit", containing: await containing() };
  }
  // A tag, or a checked-out release that is to be deployed: the commit itself must be on an allowed branch.
  if ((ci.isCi && ci.tag !== null) || ci.standsForItself || target.purpose === "deploy") {
    return {
      branch: null,
      from: "tag",
      containing: await containing(),
    };
  }
  return { branch: null, from: "detached" };
}
