import type { GitReader } from "../clients/git/reader.ts";
import type { GitWriter } from "../clients/git/writer.ts";
import type { Step } from "../core/step.ts";
import { createStep } from "./tag-create.ts";
import { pushStep } from "./tag-push.ts";
import type { TagRequest } from "./tag-request.ts";
import { createLook, type Own } from "./tag-seen.ts";

export type { TagRequest } from "./tag-request.ts";

/**
 * An annotated tag, here and then on the remote. Neither a tag that is there already nor anything but this tag is
 * ever touched; that the remote takes a new name only once is the lock between two releases.
 */
export function tagSteps(
  git: { readonly reader: GitReader; readonly writer: GitWriter },
  request: TagRequest,
): readonly [Step, Step] {
  const look = createLook(git.writer, request);
  const own: Own = { object: null };
  return [createStep(git.writer, request, look, own), pushStep(git, request, look, own)];
}
