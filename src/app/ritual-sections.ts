import { broadcastSchema } from "../notify/broadcast/settings.ts";
import { changelogSchema } from "../release/overlay/settings.ts";
import { archiveSchema } from "../ritual/archive/settings.ts";
import { dashboardSchema } from "../ritual/dashboard/settings.ts";
import { branchesSchema, releasePolicySchema, verdictSchema } from "../ritual/integrity/settings.ts";
import { metricsSchema } from "../ritual/metrics/settings.ts";
import { ritualSchema } from "../ritual/settings.ts";

/** The configuration's `ritual:`, a key for each step that can be told something. */
export const ritualSection = ritualSchema({
  branches: branchesSchema,
  release: releasePolicySchema,
  verdict: verdictSchema,
  changelog: changelogSchema,
  metrics: metricsSchema,
  dashboard: dashboardSchema,
  archive: archiveSchema,
  broadcast: broadcastSchema,
});
