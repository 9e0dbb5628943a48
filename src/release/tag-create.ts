import { LocalRefused } from "../clients/git/local-refusal.ts";
import type { TagHere } from "../clients/git/tag-here.ts";
import type { GitWriter } from "../clients/git/writer.ts";
import type { TagThere } from "../clients/git/writer-types.ts";
import { type Observed, type Proof, type Step, StepFailure } from "../core/step.ts";
import { printable, shellWord } from "../core/text.ts";
import type { TagRequest } from "./tag-request.ts";
import { describe, isRight, type Look, makerOf, short } from "./tag-seen.ts";

/** The annotated tag in this clone, unless the remote has it already. */
export function createStep(writer: GitWriter, request: TagRequest, look: Look): Step {
  const { name, commit } = request;
  const tag = printable(name, 100);
  /** The object that this very process has made. */
  let made: string | null = null;
  return {
    id: "tag.create",
    title: `Create tag ${tag}`,
    async observe(signal) {
      if (!(await writer.isTagName(name, signal))) {
        return conflict(`Not a name that a tag can have: ${tag}`, "write the version as vX.Y.Z");
      }
      const here = await look.here(signal);
      if (here && isRight(here, commit)) {
        return { state: "done", message: `Git tag ${tag} is here, at this commit (${short(commit)})` };
      }
      return here ? beside(here, request, look, signal) : absent(request, look, signal);
    },
    prove: (signal) => proveCreation(writer, request, signal),
    async run(signal) {
      try {
        made = await writer.createTag(request, signal);
      } catch (error) {
        throw error instanceof LocalRefused ? new StepFailure(error.message, error.remedy) : error;
      }
      return `Git tag ${tag} created here, at ${short(commit)}`;
    },
    async undo(signal) {
      const object = made;
      if (object === null) return `Git tag ${tag} was not made by this run: it stays`;
      const there = (await look.there(signal)) ?? [];
      if (there.some((place) => place.tag?.object === object)) {
        return `Git tag ${tag} is on ${printable(request.remote, 100)}: it stays`;
      }
      await writer.deleteTag(name, object, signal);
      made = null;
      return `Git tag ${tag} deleted here again`;
    },
  };
}

/** There is no such tag here. */
async function absent(request: TagRequest, look: Look, signal: AbortSignal): Promise<Observed> {
  const { name, commit } = request;
  const tag = printable(name, 100);
  const there = (await look.there(signal)) ?? [];
  const wrong = await wrongPlaces(there, request, look, signal);
  if (wrong.length > 0) return taken(tag, wrong);
  const [first, ...others] = there.filter((place) => place.tag !== null);
  if (!first) return { state: "needed", message: `Git tag ${tag} will be created at ${short(commit)}` };
  const missing = there.find((place) => place.tag === null);
  if (missing) {
    return conflict(
      `Git tag ${tag} is on ${first.where}, but neither on ${missing.where} nor here`,
      `git fetch ${shellWord(request.remote)} ${shellWord(`refs/tags/${name}:refs/tags/${name}`)}`,
    );
  }
  const where = [first, ...others].map((place) => place.where).join(" and ");
  return {
    state: "done",
    message: `Git tag ${tag} is already on ${where}, at this commit (${short(commit)})`,
  };
}

/** There is one here, and it is not what was asked for. */
async function beside(
  here: TagHere,
  request: TagRequest,
  look: Look,
  signal: AbortSignal,
): Promise<Observed> {
  const tag = printable(request.name, 100);
  const there = await look.there(signal).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
  const places = there ?? [];
  const onRemote =
    places.length > 0 && places.every((place) => place.tag && isRight(place.tag, request.commit));
  // CI's checkout makes a lightweight tag of the annotated one that started it.
  if (onRemote && !here.annotated && here.commit === request.commit) {
    return {
      state: "done",
      message: `Git tag ${tag} is already on ${places.map(({ where }) => where).join(" and ")}, at this commit (here it is a lightweight copy)`,
    };
  }
  const local = describe("local", here, here.words ? makerOf(here.words) : "");
  const wrong = await wrongPlaces(places, request, look, signal);
  if (wrong.length > 0) return taken(tag, [local, ...wrong]);
  const remove = `git tag -d ${shellWord(request.name)}`;
  const remote = shellWord(request.remote);
  return conflict(
    `Git tag already exists: ${tag} (${local})`,
    there === undefined
      ? `if ${remote} does not have it (git ls-remote --tags ${remote}) and nobody needs it: ${remove}`
      : `${onRemote ? `${remote} has it at this commit` : `${remote} does not have it`}: if nobody needs the local one, ${remove}`,
  );
}

/** The places that have a tag of this name which is not the one, described. */
export async function wrongPlaces(
  places: readonly TagThere[],
  { commit }: TagRequest,
  look: Look,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const wrong = places.flatMap(({ where, tag }) => (tag && !isRight(tag, commit) ? [{ where, tag }] : []));
  return Promise.all(
    wrong.map(async ({ where, tag }) =>
      describe(where, tag, tag.annotated ? await look.maker(tag.object, signal) : ""),
    ),
  );
}

export function taken(tag: string, places: readonly string[]): Observed {
  return conflict(
    `Git tag already exists: ${tag} (${places.join("; ")})`,
    "choose the next version: a released tag is never moved",
  );
}

export function conflict(message: string, remedy: string): Observed {
  return { state: "conflict", message, remedy };
}

async function proveCreation(
  writer: GitWriter,
  { sign, fallbackTagger }: TagRequest,
  signal: AbortSignal,
): Promise<readonly Proof[]> {
  const [folder, obstacle, identity] = await Promise.all([
    writer.unwritable(signal),
    writer.probeSigning(sign, fallbackTagger, signal),
    writer.identity(signal),
  ]);
  if (folder !== null) {
    const message = `the repository cannot be written: ${printable(folder, 300)}`;
    return [{ state: "conflict", message, remedy: "run it as the user that the repository belongs to" }];
  }
  if (obstacle) return [{ state: "conflict", message: obstacle.message, remedy: obstacle.remedy }];
  if (identity !== null) return [];
  const name = printable(fallbackTagger.name, 100);
  return [{ state: "notice", message: `git's settings name no tagger: ${name} will be it` }];
}
