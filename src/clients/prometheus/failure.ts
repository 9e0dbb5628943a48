/** Why Prometheus gave no numbers. The message is for people: one line, no URL with secrets, no header. */
export class PrometheusFailure extends Error {
  override readonly name = "PrometheusFailure";
  /**
   * `query`: it refuses the query itself, another attempt changes nothing. `access`: it refuses us. `address`: what answers
   * there is no Prometheus. `too-large`: more than we are willing to read. `unavailable`: not now.
   */
  readonly reason: "query" | "access" | "address" | "too-large" | "unavailable";
  readonly remedy: string | undefined;
  /** It may be over in a moment: a connection refused, a server that is just starting. */
  readonly passing: boolean;
  /** The variable that was to let us in and holds nothing. */
  readonly missing: string | undefined;
  constructor(
    reason: PrometheusFailure["reason"],
    message: string,
    remedy?: string,
    passing = false,
    missing?: string,
  ) {
    super(message);
    this.missing = missing;
    this.passing = passing;
    this.reason = reason;
    this.remedy = remedy;
  }
}
