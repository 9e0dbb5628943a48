/** What a ritual is about: read once, by the first step, and the same for all. No secret is in it. */
export interface RitualRelease {
  /** As it was given: `v1.2.3`. */
  readonly tag: string;
  /** A trial: everything that is made or sent says so, and nothing final is published. */
  readonly rehearsal: boolean;
  /** Full name of the commit that the tag leads to. */
  readonly commit: string;
  /** Full name of the tag's own object. */
  readonly tagObject: string;
  /** RFC 3339: the tagger's date. */
  readonly taggedAt: string;
  /** The release before; null where there is none. */
  readonly previous: { readonly tag: string; readonly commit: string; readonly at: string } | null;
  /** The remote that counts. */
  readonly remote: string;
  /** `owner/name` on GitHub; null elsewhere. */
  readonly repository: string | null;
  /** Whose release it is, on any forge: `host/path` of the remote; null where its URL names no host. */
  readonly project: string | null;
  /** Web address of the release; null where there is none. */
  readonly url: string | null;
  /** That it was deployed to; null where that is not said. */
  readonly environment: string | null;
  /** The deploy, as the ledger or the tag has it: milliseconds since 1970. */
  readonly deployed: { readonly from: number; readonly to: number };
  /** What dashboards are looked at for: milliseconds since 1970. */
  readonly window: { readonly from: number; readonly to: number };
}
