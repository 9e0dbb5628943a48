import type { Rehearsal } from "../../clients/postgres/shadow.ts";
import { monotonicMs } from "../../core/clock.ts";
import type { Finding } from "../../core/finding.ts";
import { count } from "../../core/text.ts";
import { alone } from "./alone.ts";
import { createWitness, type Evidence, type Witness } from "./evidence.ts";
import { finding } from "./finding.ts";
import { outside } from "./outside.ts";
import type { Migration, Statement } from "./parse.ts";
import { explain, isInconclusive, serverError, wantsNoTransaction } from "./server-word.ts";

/** `copy`: as the project's tool sends it, and committed; the database is dropped afterwards. */
export type Mode = "transaction" | "copy";

/** What came of trying migrations out. */
export interface Rehearsed {
  readonly findings: readonly Finding[];
  /** What each statement did, by file and statement: `keyOf`. Nothing for one that did not come to its turn. */
  readonly seen: ReadonlyMap<string, Evidence>;
}

/** It needs a database that it may commit to. */
export class NeedsCopy extends Error {}

export function keyOf(path: string, statement: number): string {
  return `${statement} ${path}`;
}

/** Plays files through on one connection. */
export function createPlay(mode: Mode, rehearsal: Rehearsal, signal: AbortSignal) {
  const seen = new Map<string, Evidence>();
  const where =
    mode === "copy"
      ? "a copy of the shadow database, which is dropped again"
      : "the shadow database, and rolled back";

  async function statementOf(
    migration: Migration,
    statement: Statement,
    witness: Witness | null,
    locks: string[],
  ): Promise<Finding | undefined> {
    const { path } = migration;
    const away = outside(statement);
    if (away && (!away.isRole || mode === "copy")) {
      const message = `${away.name} was not tried out: it is not this database's alone`;
      return finding("rehearsal", "notice", message, { path, place: statement.place });
    }
    if (mode === "transaction" && isControl(statement)) return undefined;
    const seenBy = await witness?.before(statement);
    try {
      await rehearsal.run(statement.text, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (mode === "transaction" && wantsNoTransaction(error)) throw new NeedsCopy();
      return failure(migration, statement, error);
    }
    const evidence = await seenBy?.();
    if (!evidence) return undefined;
    seen.set(keyOf(path, statement.index), evidence);
    locks.push(...evidence.locks.map((lock) => `line ${statement.place.line}: ${lock}`));
    return undefined;
  }

  /** Ends a file: what is deferred to the end of its transaction is checked now. */
  async function close(migration: Migration, wrapped: boolean): Promise<Finding | undefined> {
    const last = migration.statements.at(-1);
    try {
      if (wrapped) await rehearsal.run("COMMIT", signal);
      else if (mode === "transaction")
        await rehearsal.run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED", signal);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (!last) throw error;
      return failure(migration, last, error);
    }
  }

  /** One file, to its end or its first failure. @param witness null: only for what comes after it */
  async function one(migration: Migration, witness: Witness | null): Promise<readonly Finding[]> {
    const { path, statements, up } = migration;
    const began = monotonicMs();
    const told: Finding[] = [];
    const locks: string[] = [];
    const together = up.sending === "transaction" || (up.sending === "batch" && statements.length > 1);
    const wrapped =
      mode === "copy" && together && statements.some((statement) => alone(statement) === undefined);
    if (wrapped) await rehearsal.run("BEGIN", signal);
    for (const statement of statements) {
      const found = await statementOf(migration, statement, witness, locks);
      if (found) told.push(found);
      if (found && isEnd(found)) return told;
    }
    const late = await close(migration, wrapped);
    if (late) return [...told, late];
    if (witness === null) return [];
    const message = `${count(statements.length, "statement")} applied on ${where}`;
    const durationMs = monotonicMs() - began;
    return [...told, finding("rehearsal", "ok", message, { path, details: locks, durationMs })];
  }

  return {
    /** @param before run first, and not looked at: what the others stand on */
    async all(before: readonly Migration[], migrations: readonly Migration[]): Promise<Rehearsed> {
      const findings: Finding[] = [];
      try {
        for (const migration of before) {
          findings.push(...(await one(migration, null)));
          if (findings.some(isEnd)) break;
        }
        const witness = findings.some(isEnd) ? null : await createWitness(rehearsal, signal);
        for (const migration of migrations) {
          const stopped = witness === null || findings.some(isEnd);
          const skipped = "not tried out, since one before it did not come to its end";
          findings.push(
            ...(stopped
              ? [finding("rehearsal", "skipped", skipped, { path: migration.path })]
              : await one(migration, witness)),
          );
        }
      } catch (error) {
        if (error instanceof NeedsCopy) throw error;
        signal.throwIfAborted();
        const { cause, remedy } = explain(error);
        const message = `the shadow database did not come to an end: ${cause}`;
        findings.push(finding("rehearsal", "unknown", message, { remedy }));
      }
      return { findings, seen };
    },
  };
}

function isEnd({ status }: Finding): boolean {
  return status === "fail" || status === "unknown";
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
