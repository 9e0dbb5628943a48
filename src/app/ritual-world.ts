import type { ReleaseFolder } from "../clients/release-folder.ts";
import type { ConfigFile } from "../config/file.ts";
import type { Marks } from "../ritual/marks.ts";
import type { RitualRelease } from "../ritual/release.ts";
import type { RitualSettings } from "../ritual/settings.ts";
import type { Between } from "../ritual/window.ts";
import type { Job } from "./job.ts";
import type { ForgeOrNot } from "./ritual-integrity.ts";

/** What a ritual is asked, flags and variables taken together. */
export interface RitualAsked {
  readonly tag: string;
  readonly environment: string | null;
  readonly rehearsal: boolean;
  readonly dryRun: boolean;
  readonly only: readonly string[];
  readonly from: string | undefined;
  /** What dashboards are looked at for, in words; empty: what the configuration says. */
  readonly between: Between;
  /** Where the caller stands, when the repository is a clone that goes away. */
  readonly home: string | null;
  /** Absolute. */
  readonly folder: string | null;
  readonly grafanaUrl: string | null;
  readonly dashboardUid: string | null;
  readonly verdictFile: string | null;
  /** Channels that are sent to once more, and those that were told. */
  readonly resend: readonly string[];
  readonly sent: readonly string[];
  /** The command that goes on where this run ends. */
  readonly resume: string;
  readonly toolVersion: string;
}

/** Everything that is known when the steps are made. */
export interface RitualWorld {
  readonly job: Job;
  readonly asked: RitualAsked;
  readonly settings: RitualSettings;
  readonly config: ConfigFile;
  /** Top of the work tree. */
  readonly root: string;
  readonly release: RitualRelease;
  readonly folder: ReleaseFolder;
  readonly forge: ForgeOrNot;
  readonly marks: Marks;
}
