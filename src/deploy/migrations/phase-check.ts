import { SentinelError } from "../../core/errors.ts";
import type { Finding } from "../../core/finding.ts";
import type { Proof } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import type { Phase } from "../driver.ts";
import { checkMigrations } from "./check.ts";
import type { PhaseWorld } from "./phase-world.ts";

/** Migration files that must be safe before anything is touched. It acts while it proves; there is nothing left to run. */
export function checkPhase(names: readonly string[], { migrations }: PhaseWorld): Phase {
  let checked = 0;
  return {
    id: "migration.check",
    title: "Check the migrations",
    async prove(signal) {
      try {
        const findings = await checkMigrations({ names, lintOnly: false, changed: null }, migrations, signal);
        checked = new Set(findings.flatMap(({ location }) => location?.file ?? [])).size;
        return findings.flatMap(proofOf);
      } catch (error) {
        if (!(error instanceof SentinelError)) throw error;
        return [
          { state: "conflict", message: error.message, ...(error.remedy ? { remedy: error.remedy } : {}) },
        ];
      }
    },
    run: async () => `${count(checked, "migration file")} found safe`,
  };
}

const states: Partial<Record<Finding["status"], Proof["state"]>> = {
  fail: "conflict",
  unknown: "unknown",
  warn: "notice",
  waived: "notice",
};

function proofOf({ status, message, remedy, details = [] }: Finding): Proof[] {
  const state = states[status];
  if (state === undefined) return [];
  const told = status === "waived" ? `${message} (${details.join("; ")})` : message;
  return [{ state, message: told, ...(remedy === undefined ? {} : { remedy }) }];
}
