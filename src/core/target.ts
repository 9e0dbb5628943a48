/** Why the gate is asked: to cut a release, to put one on an environment, or to let a pull request in. */
export type Purpose = "release" | "deploy" | "pull-request";

/** What is being judged. */
export interface Target {
  readonly environment: string;
  /** As given, for example `v1.4.2`; absent only where no version is asked about. */
  readonly version: string | undefined;
  readonly purpose: Purpose;
  /** The moment the question is about, RFC 3339. `--at` moves it. */
  readonly at: string;
}
