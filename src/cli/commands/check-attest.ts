import { rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { prepareAttestation } from "../../app/attest.ts";
import { printable } from "../../core/text.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { Context } from "../context.ts";
import type { EvidenceOptions } from "../evidence-options.ts";
import { logEvent } from "../logging.ts";
import { writeReportFile } from "../report-file.ts";

/** Signs a verdict and writes it. @throws SentinelError `report-unwritable`, `evidence-unreadable` */
export type Tell = (verdict: Verdict, ledgerHead: string | null) => Promise<void>;

/**
 * Everything of `--attest` that can go wrong before the gate is asked. An older verdict at the same place is removed
 * first: a run that ends early must not leave it behind as its own.
 * @throws SentinelError `key-unusable`, `evidence-unreadable`
 */
export async function prepare(context: Context, options: EvidenceOptions, path: string): Promise<Tell> {
  const { sentinel, cwd, signal, toolVersion } = context;
  const target = resolve(cwd, path);
  if (statSync(target, { throwIfNoEntry: false })?.isFile()) rmSync(target, { force: true });
  const attest = await prepareAttestation(
    { clients: sentinel.clients, secrets: sentinel.secrets, cwd, signal },
    { keyFile: options.key, artifacts: options.artifact ?? [], toolVersion },
  );
  return async (verdict, ledgerHead) => {
    if (verdict.commit === null && verdict.exitCode !== 0) {
      notice("warning", "The verdict is not attested: it is about no commit");
      return;
    }
    const { text, result, keyId } = await attest(verdict, ledgerHead);
    const [failure] = writeReportFile(cwd, path, text);
    if (failure) throw failure;
    notice("info", `Verdict attested: ${printable(path, 200)} (${result}, key ${keyId})`);
  };
}

function notice(level: "info" | "warning", message: string): void {
  logEvent({ type: "notice", level, from: "release-sentinel.attest", message });
}
