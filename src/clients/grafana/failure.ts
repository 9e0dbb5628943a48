/**
 * `down`: no answer, or trouble behind its door · `token` not accepted · `permission` not enough · `missing` ·
 * `address`: what answers there is no Grafana · `too-large`: more than we are willing to read · `refused`: it does not
 * want the request as it is.
 */
export type GrafanaTrouble =
  | "down"
  | "token"
  | "permission"
  | "missing"
  | "address"
  | "too-large"
  | "refused";

/** Grafana did not do what was asked. Message and remedy are for people, and hold no secret. */
export class GrafanaFailure extends Error {
  override readonly name = "GrafanaFailure";
  readonly kind: GrafanaTrouble;
  readonly remedy: string | undefined;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** It may be over in a moment. */
  readonly passing: boolean;
  /** What was to be written may be there all the same. */
  readonly uncertain: boolean;
  constructor(
    kind: GrafanaTrouble,
    message: string,
    facts: { remedy?: string; status?: number; passing?: boolean; uncertain?: boolean } = {},
  ) {
    super(message);
    this.kind = kind;
    this.remedy = facts.remedy;
    this.status = facts.status ?? null;
    this.passing = facts.passing ?? false;
    this.uncertain = facts.uncertain ?? false;
  }
}
