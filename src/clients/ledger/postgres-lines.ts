import { type Head, headOf, readLine } from "./line.ts";
import type { Row, Session } from "./postgres-session.ts";
import type { Anchor, Lines } from "./store.ts";
import { DamagedTail } from "./tail.ts";

/** Where writers stand in line, for as long as it takes those before them. */
const queueMs = 30_000;
const answersAfterMs = queueMs + 5000;
/** More are not looked at for one page, however small they are. */
const mostLines = 1000;

/** A project's number in the database, and the place after its last line. */
export interface Span {
  readonly id: string;
  readonly end: string;
}

/** Lines with their line breaks, and the number of the last of them. */
export interface Page {
  readonly lines: Buffer;
  readonly last: string;
}

/**
 * Begins a transaction, and waits for a project's turn in it. Who holds it and is not heard of for 10 s loses it.
 * @throws DamagedTail when the last line is not the one that was written last
 */
export async function lock(
  session: Session,
  project: string,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly head: Head | null }> {
  // Whatever the server's defaults are: one of the two that meet here must see what the other has committed.
  const settings = [
    "BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE",
    `SET LOCAL lock_timeout = ${queueMs}`,
    `SET LOCAL statement_timeout = ${answersAfterMs}`,
    "SET LOCAL idle_in_transaction_session_timeout = '10s'",
  ];
  await session.ask(settings.join(";"), [], signal);
  const [id, seq, sha256] = (await turn(session, project, signal)) ?? [];
  if (!id) throw new Error("the project's row is not to be seen");
  const head = await lastLine(session, id, signal);
  const ends = head?.seq ?? 0;
  if (Number(seq) !== ends)
    throw new DamagedTail(`it ends with entry ${ends}, and the last that was written is ${seq}`);
  if (head && head.sha256 !== sha256) throw new DamagedTail("its last line is not as it was written");
  return { id, head };
}

async function turn(session: Session, project: string, signal: AbortSignal): Promise<Row | undefined> {
  // An entry that is acknowledged is on the disk, even where the database's other users do without that.
  const sql = `SELECT id::text, seq::text, sha256, set_config('statement_timeout', '10s', true),
  CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'local', true) END
FROM release_sentinel.ledgers WHERE project = $1 FOR UPDATE`;
  const [row] = await session.ask(sql, [project], signal, answersAfterMs + 5000);
  if (row) return row;
  const make = "INSERT INTO release_sentinel.ledgers (project) VALUES ($1) ON CONFLICT DO NOTHING";
  await session.ask(make, [project], signal, answersAfterMs + 5000);
  return (await session.ask(sql, [project], signal, answersAfterMs + 5000))[0];
}

/** Adds lines, and says which is the last now. In the transaction that has the lock. */
export async function add(session: Session, id: string, added: Lines, signal: AbortSignal): Promise<void> {
  const lines = added.text.slice(0, -1).split("\n");
  const { ledger, seq, sha256 } = added.head;
  const numbers = lines.map((_, i) => seq - lines.length + 1 + i);
  await session.ask(
    `WITH added AS (
  INSERT INTO release_sentinel.ledger_lines (ledger, seq, line)
  SELECT $1::bigint, u.seq, u.line FROM unnest($2::bigint[], $3::bytea[]) AS u (seq, line)
)
UPDATE release_sentinel.ledgers SET ledger = $4, seq = $5, sha256 = $6 WHERE id = $1`,
    [id, numbers, lines.map((line) => Buffer.from(line)), ledger, seq, sha256],
    signal,
  );
}

/** Whether these very lines are in the ledger. */
export async function isThere(
  session: Session,
  id: string,
  { head }: Lines,
  signal: AbortSignal,
): Promise<boolean> {
  const sql = "SELECT encode(line, 'hex') FROM release_sentinel.ledger_lines WHERE ledger = $1 AND seq = $2";
  const [[line] = []] = await session.ask(sql, [id, head.seq], signal);
  const read = line ? readLine(Buffer.from(line, "hex")) : undefined;
  return read !== undefined && read !== "damaged" && read.sha256 === head.sha256;
}

/** Null when nothing was written yet. @throws DamagedTail */
export async function lastLine(session: Session, id: string, signal: AbortSignal): Promise<Head | null> {
  const sql =
    "SELECT encode(line, 'hex') FROM release_sentinel.ledger_lines WHERE ledger = $1 ORDER BY seq DESC LIMIT 1";
  const [row] = await session.ask(sql, [id], signal);
  if (!row) return null;
  const read = readLine(Buffer.from(row[0] ?? "", "hex"));
  if (read === undefined || read === "damaged" || read.bodyEnd === 0)
    throw new DamagedTail("its last line is not as it was written");
  return headOf(read);
}

/** Null when this project has written nothing yet. */
export async function spanOf(session: Session, project: string, signal: AbortSignal): Promise<Span | null> {
  const sql = `SELECT id::text, (SELECT coalesce(max(seq), 0) + 1 FROM release_sentinel.ledger_lines WHERE ledger = id)::text
FROM release_sentinel.ledgers WHERE project = $1`;
  const [[id, end] = []] = await session.ask(sql, [project], signal);
  return id && end ? { id, end } : null;
}

/** The next lines, up to the first that fills the page; null after the last. */
export async function pageOf(
  session: Session,
  { id, end, after, backwards, bytes }: Span & { after: string; backwards: boolean; bytes: number },
  signal: AbortSignal,
): Promise<Page | null> {
  const [order, last, beyond, within] = backwards ? ["DESC", "min", "<", ">="] : ["ASC", "max", ">", "<="];
  // Lengths first, which costs little, and once: materialized, lest a planner without statistics asks for every line anew.
  // Joined by the database, since one value is read faster than a thousand.
  const sql = `WITH reach AS MATERIALIZED (
  SELECT ${last}(seq) AS reached FROM (
    SELECT seq, sum(bytes) OVER (ORDER BY seq ${order} ROWS UNBOUNDED PRECEDING) - bytes AS before FROM (
      SELECT seq, octet_length(line) AS bytes FROM release_sentinel.ledger_lines
      WHERE ledger = $1 AND seq ${beyond} $2 AND seq < $3 ORDER BY seq ${order} LIMIT ${mostLines}
    ) AS near
  ) AS measured WHERE before < $4
)
SELECT encode(string_agg(line, decode('0a', 'hex') ORDER BY seq ${order}) || decode('0a', 'hex'), 'hex'), ${last}(seq)::text
FROM release_sentinel.ledger_lines
WHERE ledger = $1 AND seq ${beyond} $2 AND seq ${within} (SELECT reached FROM reach)`;
  const [[lines, reached] = []] = await session.ask(sql, [id, after, end, bytes], signal);
  return lines && reached ? { lines: Buffer.from(lines, "hex"), last: reached } : null;
}

/** What the project's row says was written last: a tail that was cut off is seen by it. */
export async function remembered(
  session: Session,
  project: string,
  signal: AbortSignal,
): Promise<readonly Anchor[]> {
  const sql = "SELECT ledger, seq::text, sha256 FROM release_sentinel.ledgers WHERE project = $1";
  const [[ledger, seq, sha256] = []] = await session.ask(sql, [project], signal);
  if (!ledger || !sha256) return [];
  return [{ sha256, seq: Number(seq), ledger, from: "the database's record of the last entry" }];
}
