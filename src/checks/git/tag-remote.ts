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

type SeenOnRemote = SeenTag & {
  /** Whether this clone has a tag of that name; only asked for a deploy. */
  seenLocally: boolean;
};

/** Is the version's tag, as the remote has it, free (or already on this commit)? For a deploy: is it on this commit? */
export const gitTagRemote = gitCheck<TagOptions, SeenOnRemote>({
  id: "git.tag.remote",
  question: "Is the version's tag free on the remote, or on this commit?",
  reach: "network",
  defaults: { remote: "origin" },
  schema: (z) => z.strictObject({ remote: z.string().min(1).optional().describe("The remote to ask.") }),
  async observe(repository, { readers, options, target, signal }) {
    const remote = remoteOf(repository, options);
    const asked = remote !== null && target.purpose !== "pull-request" && askable(target.version);
    const tag = asked ? await readers.git.remoteTag(remote, target.version ?? "", signal) : null;
    const local =
      target.purpose === "deploy" && askable(target.version)
        ? await readers.git.tag(target.version ?? "", signal)
        : null;
    return {
      head: repository.commit,
      tag: tag && { ...tag, tagger: null, date: null },
      remote,
      seenLocally: local !== null,
    };
  },
  judge(seen, { options, target }) {
    const skip = notAsked(target.purpose, target.version);
    if (skip) return skip;
    if (!seen.remote) return { status: "skipped", message: `There is no remote named ${options.remote}` };
    const version = printable(target.version ?? "", 100);
    if (target.purpose === "release") return releasable(version, seen, seen.remote);
    if (seen.tag) return deployable(version, seen.remote, seen.tag, seen.head);
    if (seen.seenLocally)
      return { status: "notice", message: `Git tag ${version} is not on ${seen.remote}, only here` };
    return missing(version, `here nor on ${seen.remote}`);
  },
});
