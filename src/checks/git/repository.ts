import { gitCheck } from "./git-check.ts";

/** Is there a repository with a work tree and a commit, and may git read it? */
export const gitRepository = gitCheck({
  id: "git.repository",
  question: "Is this a Git repository with a work tree and a commit?",
  reach: "local",
  defaults: {},
  schema: (z) => z.strictObject({}),
  async observe(repository) {
    return {
      commit: repository.commit,
      branch: repository.branch,
      shallow: repository.shallow,
      partial: repository.partial,
    };
  },
  judge(seen) {
    const message = `Git repository OK: ${seen.branch ?? "detached HEAD"} at ${seen.commit.slice(0, 7)}`;
    if (!seen.shallow && seen.partial) {
      return {
        status: "notice",
        message: `${message}; the clone is partial: file contents are fetched when they are needed`,
      };
    }
    if (!seen.shallow) return { status: "ok", message };
    return {
      status: "notice",
      message: `${message}; the clone is shallow: older commits and tags are missing`,
      remedy: "git fetch --unshallow --tags (GitHub Actions: actions/checkout with fetch-depth: 0)",
    };
  },
});
