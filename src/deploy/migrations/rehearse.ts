import type { Rehearsal, Shadow } from "../../clients/postgres/shadow.ts";
import { monotonicMs } from "../../core/clock.ts";
import type { Finding } from "../../core/finding.ts";
import { count } from "../../core/text.ts";
import { alone } from "./alone.ts";
import { createWitness } from "./evidence.ts";
import { finding } from "./finding.ts";
import { outside } from "./outside.ts";
import type { Migration, Statement } from "./parse.ts";
import { explain, isInconclusive, serverError, wantsNoTransaction } from "./server-word.ts";

/** What came of trying migrations out. */
export interface Rehearsed {
  readonly findings: readonly Finding[];
  /** Tables written anew, by file and statement: `keyOf`. Nothing for a statement that did not come to its turn. */
  readonly rewritten: ReadonlyMap<string, readonly string[]>;
}

type Mode = "transaction" | "copy";

export function keyOf(path: string, statement: number): string {
  return `${statement} ${path}`;
}

/**
 * Runs migrations on the shadow database, one after the other, and leaves nothing behind: in one transaction that is
 * rolled back; on a copy of the database where a statement runs in none.
 * @throws the signal's reason
 */
export async function rehearse(
  migrations: readonly Migration[],
  shadow: Shadow,
  signal: AbortSignal,
): Promise<Rehearsed> {
  const needsCopy = migrations.some(({ statements }) => statements.some(isApart));
  try {
    if (!needsCopy) return await rehearseIn("transaction", migrations, shadow, signal);
  } catch (error) {
    if (!(error instanceof NeedsCopy)) throw error;
  }
  return rehearseIn("copy", migrations, shadow, signal);
}

/** A roll back in the middle would take back the files before, too. */
function isApart(statement: Statement): boolean {
  return alone(statement) !== undefined || statement.node.TransactionStmt?.kind === "TRANS_STMT_ROLLBACK";
}

class NeedsCopy extends Error {}

async function rehearseIn(
  mode: Mode,
  migrations: readonly Migration[],
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
    return { findings: [found], rewritten: new Map() };
  }
  let left: string | null = null;
  try {
    const rehearsed = await createPlay(mode, rehearsal, signal).all(migrations);
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

/** Plays files through on one connection. */
function createPlay(mode: Mode, rehearsal: Rehearsal, signal: AbortSignal) {
  const rewritten = new Map<string, readonly string[]>();
  const where =
    mode === "copy"
      ? "a copy of the shadow database, which is dropped again"
      : "the shadow database, and rolled back";

  /** One file. The findings; the last of them is a failure where it did not come to its end. */
  async function one(
    migration: Migration,
    witness: Awaited<ReturnType<typeof createWitness>>,
  ): Promise<Finding[]> {
    const { path, statements, up } = migration;
    const began = monotonicMs();
    const left: Finding[] = [];
    const locks: string[] = [];
    // As its tool sends it.
    const wrapped =
      mode === "copy" && (up.sending === "transaction" || (up.sending === "batch" && statements.length > 1));
    if (wrapped && !statements.every((statement) => alone(statement) !== undefined))
      await rehearsal.run("BEGIN", signal);
    for (const statement of statements) {
      const away = outside(statement);
      if (away && (!away.isRole || mode === "copy")) {
        left.push(
          finding("rehearsal", "notice", `${away.name} was not tried out: it is not this database's alone`, {
            path,
            place: statement.place,
          }),
        );
        continue;
      }
      if (mode === "transaction" && isControl(statement)) continue;
      try {
        await rehearsal.run(statement.text, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (mode === "transaction" && wantsNoTransaction(error)) throw new NeedsCopy();
        return [...left, failure(migration, statement, error)];
      }
      const { rewritten: tables, locks: held } = await witness.after(statement);
      rewritten.set(keyOf(path, statement.index), tables);
      locks.push(...held.map((lock) => `line ${statement.place.line}: ${lock}`));
    }
    if (wrapped) await rehearsal.run("COMMIT", signal);
    const message = `${count(statements.length, "statement")} applied on ${where}`;
    const durationMs = monotonicMs() - began;
    return [...left, finding("rehearsal", "ok", message, { path, details: locks, durationMs })];
  }

  return {
    async all(migrations: readonly Migration[]): Promise<Rehearsed> {
      const findings: Finding[] = [];
      try {
        const witness = await createWitness(rehearsal, signal);
        for (const migration of migrations) {
          const stopped = findings.find(({ status }) => status === "fail" || status === "unknown");
          findings.push(
            ...(stopped
              ? [
                  finding(
                    "rehearsal",
                    "skipped",
                    "not tried out, since one before it did not come to its end",
                    { path: migration.path },
                  ),
                ]
              : await one(migration, witness)),
          );
        }
      } catch (error) {
        if (error instanceof NeedsCopy) throw error;
        signal.throwIfAborted();
        const { cause, remedy } = explain(error);
        findings.push(
          finding("rehearsal", "unknown", `the shadow database did not come to an end: ${cause}`, { remedy }),
        );
      }
      return { findings, rewritten };
    },
  };
}

/** Begins and ends of transactions: all is one, which is never committed. */
function isControl({ node }: Statement): boolean {
  return ["TRANS_STMT_BEGIN", "TRANS_STMT_START", "TRANS_STMT_COMMIT"].includes(
    node.TransactionStmt?.kind ?? "",
  );
}

function failure({ path, source }: Migration, statement: Statement, error: unknown): Finding {
  const { cause, remedy } = explain(error);
  const server = serverError(error);
  const character = Number(server?.position ?? 1) - 1;
  const inStatement = Buffer.byteLength([...statement.text].slice(0, character).join(""));
  const place = source.at(statement.start + inStatement);
  if (!server || isInconclusive(server)) {
    return finding("rehearsal", "unknown", `it could not be found out whether this works: ${cause}`, {
      path,
      place,
      remedy,
    });
  }
  return finding("rehearsal", "fail", `fails on the shadow database: ${cause}`, { path, place, remedy });
}
