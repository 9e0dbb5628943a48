import { printable } from "../../core/text.ts";
import { gitCheck } from "./git-check.ts";
import {
  askable,
  deployable,
  missing,
  notAsked,
  releasable,
  remoteOf,
  type SeenTag,
  type TagOptions,
} from "./tag-words.ts";

/** Is the version's tag, as this clone has it, free (or already on this commit)? For a deploy: is it on this commit? */
export const gitTag = gitCheck<TagOptions, SeenTag>({
  id: "git.tag",
  question: "Is the version's tag free here, or on this commit?",
  reach: "local",
  companion: "git.tag.remote",
  defaults: { remote: "origin" },
  schema: (z) =>
    z.strictObject({
      remote: z
        .union([z.string().min(1), z.literal(false)])
        .optional()
        .describe("The remote that is asked too, by git.tag.remote, which comes along; false: none."),
    }),
  async observe(repository, { readers, options, target, signal }) {
    const version = target.version ?? "";
    const tag = askable(target.version) ? await readers.git.tag(version, signal) : null;
    return {
      head: repository.commit,
      tag: tag && { commit: tag.commit, annotated: tag.annotated, tagger: tag.tagger, date: tag.date },
      remote: remoteOf(repository, options),
    };
  },
  judge(seen, { target }) {
    const skip = notAsked(target.purpose, target.version);
    if (skip) return skip;
    const version = printable(target.version ?? "", 100);
    if (target.purpose === "release") return releasable(version, seen, null);
    if (seen.tag) return deployable(version, "local", seen.tag, seen.head);
    if (seen.remote)
      return { status: "notice", message: `Git tag ${version} is not here; ${seen.remote} is asked` };
    return missing(version, "here, and there is no remote");
  },
});
