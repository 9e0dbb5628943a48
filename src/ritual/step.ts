import type { ReleaseFolder } from "../clients/release-folder.ts";
import type { Emit } from "../core/event.ts";
import type { Observed, Proof } from "../core/step.ts";
import type { RitualRelease } from "./release.ts";

/** What every step of a ritual works with. */
export interface RitualContext {
  readonly release: RitualRelease;
  /** Where what the steps make is kept, and read by the later ones. */
  readonly folder: ReleaseFolder;
  readonly emit: Emit;
}

/** Something that would be sent or written, exactly as it would be. Masked before it is shown. */
export interface Payload {
  /** `POST https://grafana.example/api/annotations`, `file CHANGELOG-v1.2.3.md`, `Slack (SLACK_WEBHOOK_URL)`: no secret. */
  readonly to: string;
  /** `application/json`, `text/markdown` … */
  readonly type: string;
  readonly body: string;
}

/** What a step has done, for the verification log. */
export interface StepReport {
  /** One sentence for people. */
  readonly message: string;
  /** Each one line; they do not stop the ritual. */
  readonly warnings?: readonly string[];
  /** A few lines of what was found or sent: `probe 12 panels: 11 ok, 1 empty`. */
  readonly excerpt?: string;
  /** http(s), without secrets. */
  readonly links?: readonly { readonly label: string; readonly url: string }[];
}

/**
 * One step of a ritual: one file. Its truth is in the world (the remote's tag, the folder, the store, Grafana, the marks of what was
 * sent), so that a ritual that was interrupted is run again and goes on.
 */
export interface RitualStep {
  /** One lower-case word or several with dashes: what `--only` and `--from` call it. */
  readonly name: string;
  /** What it does, as an imperative: `Take a snapshot of the dashboard`. */
  readonly title: string;
  /** Why it has nothing to do here: `no GRAFANA_URL`. Null: it applies. */
  skip?(): string | null;
  /** Reads only. What it throws counts as `unknown`. */
  observe(context: RitualContext, signal: AbortSignal): Promise<Observed>;
  /** Whether `run` will be allowed to act. Asked of every needed step before the first one acts. */
  prove?(context: RitualContext, signal: AbortSignal): Promise<readonly Proof[]>;
  /** What it would send where: every payload, rendered with what is known now. Reads only. */
  preview(context: RitualContext, signal: AbortSignal): Promise<readonly Payload[]>;
  /** Does what is missing. @throws StepFailure */
  run(context: RitualContext, signal: AbortSignal): Promise<StepReport>;
}
