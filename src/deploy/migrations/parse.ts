import type { Node } from "libpg-query";
import { printable } from "../../core/text.ts";
import type { UpPart } from "./layout.ts";
import { createSourceText, type Place, type SourceText } from "./text.ts";

/** The union of all statements, as one name that is there and its fields. */
export type Tagged = { readonly [K in KeysOf<Node>]?: FieldOf<Node, K> };
type KeysOf<T> = T extends unknown ? keyof T : never;
type FieldOf<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;

export interface Statement {
  /** `AlterTableStmt`. */
  readonly tag: string;
  readonly node: Tagged;
  readonly text: string;
  /** Bytes from the file's beginning. */
  readonly start: number;
  readonly end: number;
  readonly place: Place;
  /** In the file, from 0. */
  readonly index: number;
}

export interface Comment {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** One file's way forward, read by PostgreSQL's own parser. */
export interface Migration {
  readonly path: string;
  readonly up: UpPart;
  readonly source: SourceText;
  readonly statements: readonly Statement[];
  readonly comments: readonly Comment[];
}

export interface SyntaxProblem {
  readonly path: string;
  readonly place: Place;
  readonly message: string;
}

/** Reads a file's SQL. What PostgreSQL cannot read is answered with its place. */
export async function parseMigration(path: string, up: UpPart): Promise<Migration | SyntaxProblem> {
  const { parse, scan, hasSqlDetails } = await import("libpg-query");
  const source = createSourceText(up.sql);
  // The parser takes nothing for a mistake of its caller.
  if (up.sql.trim() === "") return { path, up, source, statements: [], comments: [] };
  if (up.sql.includes("\0"))
    return { path, place: source.at(up.sql.indexOf("\0")), message: "a zero byte: this is no text" };
  try {
    const { stmts = [] } = await parse(up.sql);
    const { tokens } = await scan(up.sql);
    const bytes = Buffer.byteLength(up.sql);
    const statements = stmts.map(({ stmt, stmt_location: start = 0, stmt_len: length = 0 }, index) => {
      const node = (stmt ?? {}) as Tagged;
      const end = length === 0 ? bytes : start + length;
      const text = source.slice(start, end).trimEnd();
      return { tag: Object.keys(node)[0] ?? "", node, text, start, end, place: source.at(start), index };
    });
    const comments = tokens
      .filter(({ tokenName }) => tokenName === "SQL_COMMENT" || tokenName === "C_COMMENT")
      .map(({ text, start, end }) => ({ text, start, end }));
    return { path, up, source, statements, comments };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const character = hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? 0) : 0;
    return { path, place: source.at(source.byteOf(character)), message: printable(error.message, 200) };
  }
}
