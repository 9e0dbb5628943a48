import type { TagHere } from "../clients/git/tag-here.ts";
import type { TagWords } from "../clients/git/tag-object.ts";
import type { GitWriter } from "../clients/git/writer.ts";
import type { TagThere } from "../clients/git/writer-types.ts";
import { printable } from "../core/text.ts";
import type { TagRequest } from "./tag-request.ts";

/** The tag as it is in the world. */
export interface Look {
  here(signal: AbortSignal): Promise<TagHere | null>;
  /** Every place that the remote stands for; null when there is no such remote. Steps that look at the same time share one look. */
  there(signal: AbortSignal): Promise<readonly TagThere[] | null>;
  /** Who made the tag that is there; empty where that cannot be read. */
  maker(object: string, signal: AbortSignal): Promise<string>;
}

export function createLook(writer: GitWriter, { name, remote, token }: TagRequest): Look {
  const access = { remote, token };
  let looking: ReturnType<Look["there"]> | undefined;
  return {
    here: (signal) => writer.tag(name, signal),
    there(signal) {
      looking ??= writer.remoteTag(access, name, signal).finally(() => {
        looking = undefined;
      });
      return looking;
    },
    async maker(object, signal) {
      const words = await writer.remoteWords(access, name, object, signal).catch(() => null);
      signal.throwIfAborted();
      return words ? makerOf(words) : "";
    },
  };
}

/** The tag's object that this very process has made here, until it is known to be the remote's or is given up. */
export interface Own {
  object: string | null;
}

/** Whether a tag is the one that is to be there. */
export function isRight(
  tag: { readonly annotated: boolean; readonly commit: string | null },
  commit: string,
): boolean {
  return tag.annotated && tag.commit === commit;
}

/** A tag that a place has, for this clone to have it too. */
export interface Original {
  readonly object: string;
  /** Where it is. */
  readonly from: string;
  /** What this clone has of that name; null: nothing. */
  readonly instead: string | null;
}

/**
 * The right tag, where some place has it and not all do: that very object is to go to the others.
 * Null when there is none, when it is here, and when all that is pushed to have the tag, whichever object.
 */
export function originalOf(
  there: readonly TagThere[],
  here: TagHere | null,
  commit: string,
): Original | null {
  if (there.some(({ tag }) => tag && !isRight(tag, commit)) || isEverywhere(there)) return null;
  const having = there.flatMap(({ where, tag }) => (tag ? [{ object: tag.object, from: where }] : []));
  const [first] = having;
  if (!first || having.some(({ object }) => object === here?.object)) return null;
  return { ...first, instead: here?.object ?? null };
}

/** Whether every place that is pushed to has a tag of the name. */
export function isEverywhere(there: readonly TagThere[]): boolean {
  return there.every(({ tag, isPushed }) => tag !== null || !isPushed);
}

/** Makes the original the tag of this clone, if what it replaces is still there. */
export async function takeOver(
  writer: GitWriter,
  { name, remote, token }: TagRequest,
  { object, from, instead }: Original,
  signal: AbortSignal,
): Promise<void> {
  await writer.fetchTag({ remote, token }, name, from, signal);
  await writer.adoptTag(name, object, instead, signal);
}

/** `by NAME, 2026-11-20, run URL` */
export function makerOf({ tagger, date, run }: TagWords): string {
  const parts = [
    tagger ? `by ${printable(tagger, 100)}` : "",
    date?.slice(0, 10) ?? "",
    run ? `run ${printable(run, 200)}` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** `origin, lightweight, at abc1234, by NAME, 2026-11-20` */
export function describe(
  where: string,
  tag: { readonly annotated: boolean; readonly commit: string | null },
  maker: string,
): string {
  const kind = tag.annotated ? "" : "lightweight";
  const at = tag.commit ? `at ${short(tag.commit)}` : "not at a commit";
  return [where, kind, at, maker].filter((part) => part !== "").join(", ");
}

export function short(commit: string): string {
  return commit.slice(0, 7);
}
