import type { LocalRefused } from "./local-refusal.ts";
import type { TagHere } from "./tag-here.ts";
import type { TagWords } from "./tag-object.ts";
import type { Trailer } from "./writer-message.ts";
import type { Refusal } from "./writer-refusal.ts";
import type { RemoteAccess } from "./writer-remote.ts";
import type { Signing } from "./writer-signing.ts";

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface TagDraft {
  readonly name: string;
  readonly commit: string;
  readonly message: string;
  readonly trailers: readonly Trailer[];
  readonly sign: Signing;
  /** Who made it, where git's settings name nobody. */
  readonly fallbackTagger: Person;
}

/** A tag as one place that a push goes to has it. */
export interface TagThere {
  /** The place, fit to be shown: `origin`. */
  readonly where: string;
  /** Null: it has no such tag. */
  readonly tag: { readonly object: string; readonly annotated: boolean; readonly commit: string } | null;
}

/** Makes tags in this clone. */
export interface TagMaker {
  isTagName(name: string, signal: AbortSignal): Promise<boolean>;
  /** @throws GitFailure */
  tag(name: string, signal: AbortSignal): Promise<TagHere | null>;
  /** Who git itself names as the tagger, `Name <email>`; null where it would have to guess. */
  identity(signal: AbortSignal): Promise<string | null>;
  /** Always annotated. Answers the tag's object. @throws LocalRefused */
  createTag(draft: TagDraft, signal: AbortSignal): Promise<string>;
  /** Deletes a tag of this clone, if it is still that object. @throws LocalRefused */
  deleteTag(name: string, object: string, signal: AbortSignal): Promise<void>;
  /** Signs something that is thrown away, if tags are to be signed. Null: no obstacle. */
  probeSigning(sign: Signing, fallback: Person, signal: AbortSignal): Promise<LocalRefused | null>;
  /** A folder of the repository that a tag needs and that may not be written; null when there is none. */
  unwritable(signal: AbortSignal): Promise<string | null>;
}

/** Pushes tags. Those that ask a remote throw RemoteRefused when it does not answer in time. */
export interface TagPusher {
  /** One answer a push URL; null when there is no such remote. @throws RemoteRefused */
  remoteTag(access: RemoteAccess, name: string, signal: AbortSignal): Promise<readonly TagThere[] | null>;
  /** What a remote's annotated tag says of itself, without keeping it; null when that cannot be read. */
  remoteWords(
    access: RemoteAccess,
    name: string,
    object: string,
    signal: AbortSignal,
  ): Promise<TagWords | null>;
  /** Pushes that one tag as it is here; never moves or deletes one. Null: it is there now. */
  pushTag(access: RemoteAccess, name: string, signal: AbortSignal): Promise<Refusal | null>;
  /** Whether a push of that tag would be let in, as far as the remote says before it is asked to write. Null: yes. */
  probePush(access: RemoteAccess, name: string, commit: string, signal: AbortSignal): Promise<Refusal | null>;
}

/**
 * Makes and pushes tags. git runs here as its user runs it: their hooks, credential helpers, ssh and keys, but with
 * nobody to answer a question. What git has started is ended when the signal is aborted.
 */
export interface GitWriter extends TagMaker, TagPusher {}
