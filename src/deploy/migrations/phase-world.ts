import type { Kubectl } from "../../clients/kubectl.ts";
import type { EnvReader, ProgramReader } from "../../clients/readers.ts";
import type { Secrets } from "../../core/mask.ts";
import type { PhaseSettings } from "../settings.ts";
import type { MigrationWorld } from "./check.ts";

/** What migrations around a deploy are run with. */
export interface PhaseWorld {
  /** Where programs run, and where manifests' names start. */
  readonly cwd: string;
  readonly programs: ProgramReader;
  readonly env: EnvReader;
  readonly secrets: Secrets;
  /** Given to every program: `RS_VERSION` and the like. */
  readonly variables: Readonly<Record<string, string>>;
  /** A door of the phase's own, bound to the target's context and namespace; null where the place is no cluster. */
  readonly cluster: (() => Promise<Kubectl>) | null;
  /** Told apart from other runs' jobs by it. */
  readonly runId: string;
  /** What migration files are tried out with. */
  readonly migrations: MigrationWorld;
  /** A duration as the configuration writes it, in milliseconds. */
  readonly milliseconds: (duration: string | number) => number | undefined;
}

/** One phase with its time limit read. */
export interface TimedPhase extends PhaseSettings {
  readonly id: string;
  readonly timeoutMs: number;
}
