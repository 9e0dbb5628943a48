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

/** A tag as one place that the remote stands for has it. */
export interface TagThere {
  /** The place, fit to be shown: `origin`. */
  readonly where: string;
  /** False: the remote is only read there. */
  readonly isPushed: boolean;
  /** Null: it has no such tag. */
  readonly tag: { readonly object: string; readonly annotated: boolean; readonly commit: string } | null;
}

export interface BranchesThere {
  readonly contain: boolean;
  /** This clone knows the remote's branches as they are now. */
  readonly current: boolean;
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
  /**
   * Makes an object that was fetched the tag of this clone, in place of another, or of none.
   * @param instead what the tag is now; null: there is none
   * @throws LocalRefused when it is something else by now
   */
  adoptTag(name: string, object: string, instead: string | null, signal: AbortSignal): Promise<void>;
  /** Deletes a tag of this clone, if it is still that object. @throws LocalRefused */
  deleteTag(name: string, object: string, signal: AbortSignal): Promise<void>;
  /** Signs something that is thrown away, if tags are to be signed. Null: no obstacle. */
  probeSigning(sign: Signing, fallback: Person, signal: AbortSignal): Promise<LocalRefused | null>;
  /** A folder of the repository that a tag needs and that may not be written; null when there is none. */
  unwritable(signal: AbortSignal): Promise<string | null>;
}

/** Pushes tags. Those that ask a remote throw RemoteRefused when it does not answer in time. */
export interface TagPusher {
  /** One answer a push URL, and one for where reading goes to, if that is elsewhere; null when there is no such remote. @throws RemoteRefused */
  remoteTag(access: RemoteAccess, name: string, signal: AbortSignal): Promise<readonly TagThere[] | null>;
  /** What a remote's annotated tag says of itself, without keeping it; null when that cannot be read. */
  remoteWords(
    access: RemoteAccess,
    name: string,
    object: string,
    signal: AbortSignal,
  ): Promise<TagWords | null>;
  /** Brings a tag's object here, and no ref. @param from `where` of one of its places @throws RemoteRefused */
  fetchTag(access: RemoteAccess, name: string, from: string, signal: AbortSignal): Promise<void>;
  /** Whether a branch of the remote holds a commit; null when that cannot be told from here. */
  remoteBranches(access: RemoteAccess, commit: string, signal: AbortSignal): Promise<BranchesThere | null>;
  /** The remote's branches, where it is read, with the commits that they are at; null when there is no such remote. @throws RemoteRefused */
  remoteHeads(access: RemoteAccess, signal: AbortSignal): Promise<ReadonlyMap<string, string> | null>;
  /** Brings the commits of one of its branches here, and no ref. @throws RemoteRefused */
  fetchHead(access: RemoteAccess, branch: string, signal: AbortSignal): Promise<void>;
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
