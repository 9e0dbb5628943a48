import type { PushToken } from "../clients/git/credentials.ts";
import type { Trailer } from "../clients/git/writer-message.ts";
import type { Signing } from "../clients/git/writer-signing.ts";
import type { Person } from "../clients/git/writer-types.ts";

/** The tag of a release: what it is to be, and where it is to go. */
export interface TagRequest {
  readonly name: string;
  /** Full object name. */
  readonly commit: string;
  readonly remote: string;
  readonly message: string;
  /** The last paragraph of the tag's message. */
  readonly trailers: readonly Trailer[];
  /** `auto`: as git's own settings say. */
  readonly sign: Signing;
  /** Who made the tag, where git's settings name nobody. */
  readonly fallbackTagger: Person;
  /** For the remote, if it is on that host and git's own credentials do not do. */
  readonly token: PushToken | null;
}
