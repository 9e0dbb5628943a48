import type { Sections } from "../config/schema.ts";
import { ledgerSchema } from "../ledger/settings.ts";
import { alertsSchema } from "../notify/channels.ts";
import { releaseSchema } from "../release/settings.ts";

/** The parts that have a section of their own in the configuration. */
export const sections: Sections = {
  alerts: alertsSchema,
  ledger: ledgerSchema,
  release: releaseSchema,
};
