import type { TagHere } from "../clients/git/tag-here.ts";
import type { TagWords } from "../clients/git/tag-object.ts";
import type { GitWriter } from "../clients/git/writer.ts";
import type { TagThere } from "../clients/git/writer-types.ts";
import { printable } from "../core/text.ts";
import type { TagRequest } from "./tag-request.ts";

/** The tag as it is in the world. */
export interface Look {
  here(signal: AbortSignal): Promise<TagHere | null>;
  /** One answer a push URL; null when there is no such remote. Steps that look at the same time share one look. */
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

/** Whether a tag is the one that is to be there. */
export function isRight(
  tag: { readonly annotated: boolean; readonly commit: string | null },
  commit: string,
): boolean {
  return tag.annotated && tag.commit === commit;
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
