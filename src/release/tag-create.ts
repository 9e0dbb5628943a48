import { LocalRefused } from "../clients/git/local-refusal.ts";
import type { TagHere } from "../clients/git/tag-here.ts";
import type { GitWriter } from "../clients/git/writer.ts";
import { RemoteRefused } from "../clients/git/writer-refusal.ts";
import type { TagThere } from "../clients/git/writer-types.ts";
import { type Observed, type Proof, type Step, StepFailure } from "../core/step.ts";
import { printable, shellWord } from "../core/text.ts";
import type { TagRequest } from "./tag-request.ts";
import {
  describe,
  isEverywhere,
  isRight,
  type Look,
  makerOf,
  type Original,
  type Own,
  originalOf,
  short,
  takeOver,
} from "./tag-seen.ts";

/** What is to be done is seen together with what it is done with. */
type Seen = Observed & { readonly original?: Original };

/**
 * The annotated tag in this clone, unless the remote has it already. Where a push came only half-way, the tag is
 * what others have seen of it.
 */
export function createStep(writer: GitWriter, request: TagRequest, look: Look, own: Own): Step {
  const { name, commit } = request;
  const tag = printable(name, 100);
  let original: Original | undefined;
  const see = async (signal: AbortSignal): Promise<Seen> => {
    if (!(await writer.isTagName(name, signal))) {
      return conflict(`Not a name that a tag can have: ${tag}`, "write the version as vX.Y.Z");
    }
    const here = await look.here(signal);
    if (!here) return absent(request, look, signal);
    if (!isRight(here, commit)) return beside(here, request, look, signal);
    const other = here.object === own.object ? null : originalOf(await seenThere(look, signal), here, commit);
    if (other) return taking(tag, other);
    if (lacksSignature(here, request) && !(await isThere(look, here, signal))) {
      return conflict(
        `Git tag ${tag} is here, and is not signed`,
        `git tag -d ${shellWord(name)}, then run the release again`,
      );
    }
    return { state: "done", message: `Git tag ${tag} is here, at this commit (${short(commit)})` };
  };
  return {
    id: "tag.create",
    title: `Create tag ${tag}`,
    async observe(signal) {
      const { original: found, ...seen } = await see(signal);
      original = found;
      return seen;
    },
    async prove(signal) {
      const obstacle = await proveFolder(writer, signal);
      return obstacle ? [obstacle] : original ? [] : proveMaking(writer, request, signal);
    },
    async run(signal) {
      try {
        if (original) {
          await takeOver(writer, request, original, signal);
          return `Git tag ${tag} taken from ${original.from}, at ${short(commit)}`;
        }
        own.object = await writer.createTag(request, signal);
      } catch (error) {
        const refused = error instanceof LocalRefused || error instanceof RemoteRefused;
        throw refused ? new StepFailure(error.message, error.remedy) : error;
      }
      return `Git tag ${tag} created here, at ${short(commit)}`;
    },
    async undo(signal) {
      const { object } = own;
      if (object === null) return `Git tag ${tag} was not made by this run: it stays`;
      const there = (await look.there(signal)) ?? [];
      if (there.some((place) => place.tag?.object === object)) {
        return `Git tag ${tag} is on ${printable(request.remote, 100)}: it stays`;
      }
      await writer.deleteTag(name, object, signal);
      own.object = null;
      return `Git tag ${tag} deleted here again`;
    },
  };
}

/** A signature was asked for by name, and this tag, of whatever run, has none. */
function lacksSignature({ words }: TagHere, { sign }: TagRequest): boolean {
  return (sign === "gpg" || sign === "ssh") && words?.signed === false;
}

/** What others have seen stays as it is. */
async function isThere(look: Look, { object }: TagHere, signal: AbortSignal): Promise<boolean> {
  return (await seenThere(look, signal)).some((place) => place.tag?.object === object);
}

/** There is no such tag here. */
async function absent(request: TagRequest, look: Look, signal: AbortSignal): Promise<Seen> {
  const { name, commit } = request;
  const tag = printable(name, 100);
  const there = (await look.there(signal)) ?? [];
  const wrong = await wrongPlaces(there, request, look, signal);
  if (wrong.length > 0) return taken(tag, wrong);
  const original = originalOf(there, null, commit);
  if (original) return taking(tag, original);
  if (there.length === 0 || !isEverywhere(there))
    return { state: "needed", message: `Git tag ${tag} will be created at ${short(commit)}` };
  return {
    state: "done",
    message: `Git tag ${tag} is already on ${pushedTo(there)}, at this commit (${short(commit)})`,
  };
}

function taking(tag: string, original: Original): Seen {
  return { state: "needed", message: `Git tag ${tag} will be taken from ${original.from}`, original };
}

function pushedTo(there: readonly TagThere[]): string {
  const places = there.filter(({ isPushed }) => isPushed);
  return places.map(({ where }) => where).join(" and ");
}

/** What cannot be read counts as nothing: the push that follows says so. */
async function seenThere(look: Look, signal: AbortSignal): Promise<readonly TagThere[]> {
  const there = await look.there(signal).catch(() => signal.throwIfAborted());
  return there ?? [];
}

/** There is one here, and it is not what was asked for. */
async function beside(here: TagHere, request: TagRequest, look: Look, signal: AbortSignal): Promise<Seen> {
  const tag = printable(request.name, 100);
  const there = await look.there(signal).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
  const places = there ?? [];
  const local = describe("local", here, here.words ? makerOf(here.words) : "");
  const wrong = await wrongPlaces(places, request, look, signal);
  if (wrong.length > 0) return taken(tag, [local, ...wrong]);
  const onRemote = places.some((place) => place.tag !== null);
  // CI's checkout makes a lightweight tag of the annotated one that started it.
  if (onRemote && !here.annotated && here.commit === request.commit) {
    const original = originalOf(places, here, request.commit);
    if (original) return taking(tag, original);
    return {
      state: "done",
      message: `Git tag ${tag} is already on ${pushedTo(places)}, at this commit (here it is a lightweight copy)`,
    };
  }
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
  const pushed = new Set(places.flatMap(({ isPushed, tag }) => (isPushed && tag ? [tag.object] : [])));
  const wrong = places.flatMap(({ where, isPushed, tag }) => {
    if (!tag || isRight(tag, commit)) return [];
    // Most often the same repository, by another address.
    return isPushed || !pushed.has(tag.object) ? [{ where, tag }] : [];
  });
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

async function proveFolder(writer: GitWriter, signal: AbortSignal): Promise<Proof | null> {
  const folder = await writer.unwritable(signal);
  if (folder === null) return null;
  const message = `the repository cannot be written: ${printable(folder, 300)}`;
  return { state: "conflict", message, remedy: "run it as the user that the repository belongs to" };
}

async function proveMaking(
  writer: GitWriter,
  { sign, fallbackTagger }: TagRequest,
  signal: AbortSignal,
): Promise<readonly Proof[]> {
  const [obstacle, identity] = await Promise.all([
    writer.probeSigning(sign, fallbackTagger, signal),
    writer.identity(signal),
  ]);
  if (obstacle) return [{ state: "conflict", message: obstacle.message, remedy: obstacle.remedy }];
  if (identity !== null) return [];
  const name = printable(fallbackTagger.name, 100);
  return [{ state: "notice", message: `git's settings name no tagger: ${name} will be it` }];
}
