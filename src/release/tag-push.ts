import type { GitWriter } from "../clients/git/writer.ts";
import { type Refusal, RemoteRefused } from "../clients/git/writer-refusal.ts";
import type { TagThere } from "../clients/git/writer-types.ts";
import { type Step, StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";
import { conflict, taken, wrongPlaces } from "./tag-create.ts";
import type { TagRequest } from "./tag-request.ts";
import { isRight, type Look, short } from "./tag-seen.ts";

/** The tag on the remote, compared by the commit that it points at. */
export function pushStep(writer: GitWriter, request: TagRequest, look: Look): Step {
  const { name, commit, remote, token } = request;
  const access = { remote, token };
  const tag = printable(name, 100);
  const target = printable(remote, 100);

  /** Null: not everywhere yet. */
  const whoPushed = async (there: readonly TagThere[] | null, signal: AbortSignal) => {
    const found = (there ?? []).map((place) => place.tag);
    if (found.length === 0 || found.some((seen) => !seen || !isRight(seen, commit))) return null;
    const here = await look.here(signal);
    const other = found.find((seen) => seen && seen.object !== here?.object);
    return { ours: !other, maker: other ? await look.maker(other.object, signal) : "" };
  };

  return {
    id: "tag.push",
    title: `Push tag ${tag} to ${target}`,
    async observe(signal) {
      const there = await look.there(signal);
      if (there === null) {
        return conflict(
          `There is no remote named ${target}`,
          `git remote add ${target} URL, or name another one: release.remote in the configuration`,
        );
      }
      const wrong = await wrongPlaces(there, request, look, signal);
      if (wrong.length > 0) return taken(tag, wrong);
      const pushed = await whoPushed(there, signal);
      if (!pushed) return { state: "needed", message: `Git tag ${tag} will be pushed to ${target}` };
      const maker = pushed.maker || (pushed.ours ? "" : "made elsewhere, by whom cannot be read");
      const detail = [`at this commit (${short(commit)})`, maker].filter((part) => part !== "").join(", ");
      return { state: "done", message: `Git tag ${tag} is on ${target}, ${detail}` };
    },
    async prove(signal) {
      const refusal = await writer.probePush(access, name, commit, signal);
      if (!refusal) return [{ state: "ok", message: `${target} lets this account push` }];
      const { message, remedy } = refusal;
      return [{ state: isDefinite(refusal) ? "conflict" : "unknown", message, remedy }];
    },
    async run(signal) {
      const here = await look.here(signal);
      if (!here || !isRight(here, commit)) {
        throw new StepFailure(`Git tag ${tag} has changed here meanwhile`, "run the release again");
      }
      const refusal = await push(writer, request, signal);
      if (!refusal) return `Git tag ${tag} created and pushed`;
      // Whoever was quicker, or whatever was lost on the way: what the remote has counts.
      const pushed = await look
        .there(signal)
        .then((there) => whoPushed(there, signal))
        .catch(() => null);
      if (!pushed) throw new StepFailure(refusal.message, refusal.remedy);
      if (pushed.ours) return `Git tag ${tag} created and pushed`;
      const maker = pushed.maker || "by whom cannot be read";
      return `Git tag ${tag} was pushed by another run meanwhile, at this commit: ${maker}`;
    },
  };
}

async function push(
  writer: GitWriter,
  { name, remote, token }: TagRequest,
  signal: AbortSignal,
): Promise<Refusal | null> {
  try {
    return await writer.pushTag({ remote, token }, name, signal);
  } catch (error) {
    if (error instanceof RemoteRefused) return error;
    throw error;
  }
}

/** Whether another try, at another moment, would have the same answer. */
function isDefinite({ kind }: Refusal): boolean {
  return kind !== "unreachable" && kind !== "timeout" && kind !== "other";
}
