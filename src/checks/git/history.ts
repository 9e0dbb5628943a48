import { gitCheck } from "./git-check.ts";

interface Options {
  /** Whether a partial clone, whose objects come when they are needed, is good enough. */
  allowPartial: boolean;
}

type Seen = { shallow: boolean; partial: boolean };

/** Is the whole history here, so that tags and notes are not cut short? */
export const gitHistory = gitCheck<Options, Seen>({
  id: "git.history",
  question: "Is the whole history here?",
  reach: "local",
  defaults: { allowPartial: true },
  schema: (z) =>
    z.strictObject({
      allowPartial: z
        .boolean()
        .optional()
        .describe("Accept a partial clone: its commits and tags are complete."),
    }),
  async observe(repository) {
    return { shallow: repository.shallow, partial: repository.partial };
  },
  judge(seen, { options }) {
    if (seen.shallow) {
      return {
        status: "fail",
        message: "Git history is cut off: this is a shallow clone",
        remedy: "git fetch --unshallow --tags (GitHub Actions: actions/checkout with fetch-depth: 0)",
      };
    }
    if (seen.partial) {
      return {
        status: options.allowPartial ? "notice" : "fail",
        message: "Git history is a partial clone: file contents are fetched when they are needed",
        remedy: "git fetch --refetch --no-filter",
      };
    }
    return { status: "ok", message: "Git history is complete" };
  },
});
