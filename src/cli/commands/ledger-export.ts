import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { exportEvidence } from "../../app/ledger-audit.ts";
import { SentinelError } from "../../core/errors.ts";
import { count, printable, shellWord } from "../../core/text.ts";
import type { Context } from "../context.ts";
import type { ExportOptions } from "../ledger-options.ts";
import { ledgerWorld, storeToRead } from "../ledger-world.ts";
import { writeReportFile } from "../report-file.ts";
import { writeOut } from "../terminal.ts";

export async function run(context: Context, options: ExportOptions): Promise<number> {
  const version = options.version ?? (context.env["VERSION"] || undefined);
  if (version === undefined) {
    throw new SentinelError(
      "flag-invalid",
      "--version (or VERSION) missing",
      "for example: release-sentinel ledger export --version v1.4.2 -o PRODUCTION_GO_EVIDENCE.md",
    );
  }
  const { attach, attestation: attestations, key: keyFile, output } = options;
  const world = ledgerWorld(context);
  const store = storeToRead(world, options.ledger);
  try {
    const { text, entries, signed } = await exportEvidence(world, store, {
      version,
      attach,
      attestations,
      keyFile,
    });
    if (!signed && attach.length + attestations.length > 0) {
      context.say(
        "Nobody vouches for what is attached: with RS_SIGNING_KEY or --key the list would be signed\n",
      );
    }
    if (output === undefined || output === "-") {
      await writeOut(context.terminal.stdout, text);
      return 0;
    }
    const file = fileFor(output, version, context.cwd);
    const [failure] = writeReportFile(context.cwd, file, text);
    if (failure) throw failure;
    if (!options.quiet) {
      const shown = printable(file, 200);
      context.say(
        `Evidence for ${printable(version, 100)} written: ${count(entries, "entry", "entries")} in ${shown}\n`,
      );
      context.say(
        `verify it with: release-sentinel ledger verify --bundle ${shellWord(shown)} --key PUBLIC-KEY\n`,
      );
    }
    return 0;
  } finally {
    store.close();
  }
}

function fileFor(output: string, version: string, cwd: string): string {
  const isFolder =
    output.endsWith("/") || statSync(resolve(cwd, output), { throwIfNoEntry: false })?.isDirectory();
  return isFolder ? join(output, `EVIDENCE-${version.replace(/[^\w.+-]/g, "_")}.md`) : output;
}
