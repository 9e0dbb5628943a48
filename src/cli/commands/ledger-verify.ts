import { verifyEvidence, verifyLedger } from "../../app/ledger-audit.ts";
import { SentinelError } from "../../core/errors.ts";
import { count, printable } from "../../core/text.ts";
import type { BundleVerification } from "../../ledger/bundle/verify.ts";
import type { Verification } from "../../ledger/verify.ts";
import type { Context } from "../context.ts";
import type { VerifyOptions } from "../ledger-options.ts";
import { ledgerWorld, storeToRead } from "../ledger-world.ts";
import { writeOut } from "../terminal.ts";

export async function run(context: Context, options: VerifyOptions): Promise<number> {
  const { key: keyFiles, anchor: anchors, allowUnsigned = false } = options;
  const world = ledgerWorld(context);
  if (options.bundle !== undefined) {
    const found = await verifyEvidence(world, options.bundle, { keyFiles, anchors });
    const { entries: _, attestations: __, ...rest } = found;
    return answer(
      context,
      options,
      { ...rest, lines: found.entries.length },
      bundleLines(found, options.bundle),
    );
  }
  const store = storeToRead(world, options.ledger);
  try {
    const found = await verifyLedger(world, store, { keyFiles, anchors, allowUnsigned });
    if (found.genuine && found.lines === 0) {
      throw new SentinelError(
        "ledger-unreadable",
        `there is nothing to verify: ${store.where} is empty or not there`,
        "name the ledger: --ledger FILE, or RS_LEDGER",
      );
    }
    return await answer(context, options, found, ledgerLines(found, store.where));
  } finally {
    store.close();
  }
}

async function answer(
  context: Context,
  options: VerifyOptions,
  found: { readonly genuine: boolean; readonly lines: number },
  lines: readonly string[],
): Promise<number> {
  const { sentinel, terminal } = context;
  if (options.json || options.format === "json")
    await writeOut(terminal.stdout, `${JSON.stringify(sentinel.secrets.maskDeep(found), null, 2)}\n`);
  if (!found.genuine || !options.quiet) context.say(lines.map((line) => `${line}\n`).join(""));
  return found.genuine ? 0 : 2;
}

function ledgerLines(found: Verification, where: string): string[] {
  const { genuine, lines, head, problems, notices, signed, anchored } = found;
  const name = printable(where, 200);
  const first = genuine
    ? `Ledger genuine: ${count(lines, "entry", "entries")} and checkpoints in ${name}`
    : `release-sentinel: ${name} is NOT GENUINE`;
  return [
    first,
    ...problems.map(({ message, remedy }) => `  ${message}${remedy ? ` → ${remedy}` : ""}`),
    ...(problems.length > 0 && lines > 0
      ? [`  what stands before it is a chain: entries 1 to ${lines}`]
      : []),
    ...(signed ? [`  signed up to ${signed.upTo} by key ${signed.keyId} at ${signed.time}`] : []),
    ...anchored.map(({ from, seq }) => `  entry ${seq} is remembered by ${printable(from, 200)}`),
    ...notices.map((notice) => `  ${notice}`),
    ...(genuine && head ? [`  it ends with sha256:${head.sha256}@${head.seq}`] : []),
  ];
}

function bundleLines(found: BundleVerification, file: string): string[] {
  const { genuine, version, entries, problems, notices, signedBy } = found;
  const name = printable(file, 200);
  return [
    genuine
      ? `Evidence genuine: ${count(entries.length, "entry", "entries")} about ${printable(version ?? "", 100)} in ${name}`
      : `release-sentinel: ${name} is NOT GENUINE`,
    ...problems.map((problem) => `  ${problem}`),
    ...signedBy.map((keyId) => `  vouched for by key ${keyId}`),
    ...notices.map((notice) => `  ${notice}`),
  ];
}
