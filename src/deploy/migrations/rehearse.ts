import type { Rehearsal, Shadow } from "../../clients/postgres/shadow.ts";
import { alone } from "./alone.ts";
import { finding } from "./finding.ts";
import type { Migration, Statement } from "./parse.ts";
import { createPlay, type Mode, NeedsCopy, type Rehearsed } from "./play.ts";
import { explain } from "./server-word.ts";

/**
 * Runs migrations on the shadow database, one after the other, and leaves nothing behind: in one transaction that is
 * rolled back; on a copy of the database where a statement runs in none.
 * @param before run first, and not looked at: what the others stand on
 * @throws the signal's reason
 */
export async function rehearse(
  before: readonly Migration[],
  migrations: readonly Migration[],
  shadow: Shadow,
  signal: AbortSignal,
): Promise<Rehearsed> {
  const all = { before, migrations };
  const needsCopy = [...before, ...migrations].some(({ statements }) => statements.some(isApart));
  try {
    if (!needsCopy) return await rehearseIn("transaction", all, shadow, signal);
  } catch (error) {
    if (!(error instanceof NeedsCopy)) throw error;
  }
  return rehearseIn("copy", all, shadow, signal);
}

/** A roll back in the middle would take back the files before, too. */
function isApart(statement: Statement): boolean {
  return alone(statement) !== undefined || statement.node.TransactionStmt?.kind === "TRANS_STMT_ROLLBACK";
}

async function rehearseIn(
  mode: Mode,
  {
    before,
    migrations,
  }: { readonly before: readonly Migration[]; readonly migrations: readonly Migration[] },
  shadow: Shadow,
  signal: AbortSignal,
): Promise<Rehearsed> {
  let rehearsal: Rehearsal;
  try {
    rehearsal = await shadow[mode](signal);
  } catch (error) {
    signal.throwIfAborted();
    const { cause, remedy } = explain(error);
    const what =
      mode === "copy"
        ? "cannot be copied, which a statement needs that runs in no transaction"
        : "cannot be used";
    const found = finding("rehearsal", "unknown", `the shadow database ${shadow.title} ${what}: ${cause}`, {
      remedy,
    });
    return { findings: [found], seen: new Map() };
  }
  let left: string | null = null;
  try {
    const rehearsed = await createPlay(mode, rehearsal, signal).all(before, migrations);
    left = await rehearsal.close();
    return left === null
      ? rehearsed
      : { ...rehearsed, findings: [...rehearsed.findings, finding("rehearsal", "warn", left)] };
  } catch (error) {
    await rehearsal.close();
    signal.throwIfAborted();
    throw error;
  }
}
