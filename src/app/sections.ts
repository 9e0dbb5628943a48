import type { Sections } from "../config/schema.ts";
import { deploySchema } from "../deploy/settings.ts";
import { ledgerSchema } from "../ledger/settings.ts";
import { alertsSchema } from "../notify/channels.ts";
import { releaseSchema } from "../release/settings.ts";
import { watchSchema } from "../watch/settings-schema.ts";
import { ritualSection } from "./ritual-sections.ts";

/** The parts that have a section of their own in the configuration. */
export const sections: Sections = {
  alerts: { schema: alertsSchema },
  ledger: { schema: ledgerSchema, description: "The audit ledger. Where it is kept says RS_LEDGER." },
  release: { schema: releaseSchema, description: "How a release is made." },
  deploy: {
    schema: deploySchema,
    description: "How a release is put on an environment.",
    perEnvironment: true,
  },
  ritual: {
    schema: ritualSection,
    description: "What is done when a release is out, until everybody knows.",
    perEnvironment: true,
  },
  watch: { schema: watchSchema, description: "What is watched after a deploy.", perEnvironment: true },
};
