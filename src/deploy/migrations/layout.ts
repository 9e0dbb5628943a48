/** How a project's migrations are written, by the tool that runs them. */
export type LayoutName =
  | "plain"
  | "flyway"
  | "golang-migrate"
  | "dbmate"
  | "goose"
  | "sql-migrate"
  | "prisma";

/** How the tool sends a file: inside a transaction of its own, whole in one message (which makes one), or a statement at a time. */
export type Sending = "transaction" | "batch" | "single";

export interface UpPart {
  readonly layout: LayoutName;
  /** The tool's own number of it, as it remembers it; null where it has none. */
  readonly version: string | null;
  /** The file's text with everything that is not run blanked out, so that places stay what they are. */
  readonly sql: string;
  readonly sending: Sending;
  /** Whether a way back is written down; null where the tool knows none. */
  readonly hasDown: boolean | null;
}

/** A file that is no migration to go forward with: why, for people. */
export interface LeftOut {
  readonly leftOut: string;
}

const marks = [
  {
    layout: "dbmate",
    up: /^--\s*migrate:up\b(.*)$/m,
    down: /^--\s*migrate:down\b.*$/m,
    alone: /transaction:\s*false/,
  },
  { layout: "goose", up: /^--\s*\+goose\s+Up\b(.*)$/im, down: /^--\s*\+goose\s+Down\b.*$/im, alone: /(?!)/ },
  {
    layout: "sql-migrate",
    up: /^--\s*\+migrate\s+Up\b(.*)$/im,
    down: /^--\s*\+migrate\s+Down\b.*$/im,
    alone: /notransaction/i,
  },
] as const;

/**
 * What of a file is run when the project goes forward.
 * @param path with `/`
 * @param hasBack whether the file that `wayBackOf` names is there
 */
export function upPart(path: string, text: string, hasBack: boolean): UpPart | LeftOut {
  const name = path.split("/").at(-1) ?? path;
  if (/\.down\.sql$/i.test(name)) return { leftOut: "the way back of another migration" };
  if (/^U\d[\d._]*__/.test(name)) return { leftOut: "Flyway's way back of another migration" };
  if (name === "structure.sql" || (name === "schema.sql" && /^-- (PostgreSQL|Dumped)/m.test(text)))
    return { leftOut: "a dump of the whole schema, as Rails and dbmate keep it, and no migration" };
  const marked = markedPart(name, text);
  if (marked) return marked;
  const flyway = /^(?:[VB](\d[\d._]*)|(R))__.*\.sql$/.exec(name);
  if (flyway) {
    const version = flyway[1]?.replaceAll("_", ".") ?? null;
    return { layout: "flyway", version, sql: text, sending: "transaction", hasDown: null };
  }
  const golang = /^(\d+)_.*\.up\.sql$/i.exec(name);
  if (golang) {
    return {
      layout: "golang-migrate",
      version: String(BigInt(golang[1] ?? 0)),
      sql: text,
      sending: "batch",
      hasDown: hasBack,
    };
  }
  if (name === "migration.sql" && path.includes("/"))
    return {
      layout: "prisma",
      version: path.split("/").at(-2) ?? null,
      sql: text,
      sending: "batch",
      hasDown: null,
    };
  return { layout: "plain", version: null, sql: text, sending: "single", hasDown: null };
}

/** The file that takes a migration back, by its name; null where its tool has none. */
export function wayBackOf(path: string): string | null {
  return /\.up\.sql$/i.test(path) ? path.replace(/\.up\.sql$/i, ".down.sql") : null;
}

/** Tools that keep both ways in one file, with comments between them. */
function markedPart(name: string, text: string): UpPart | undefined {
  for (const { layout, up, down, alone } of marks) {
    const begin = up.exec(text);
    if (!begin) continue;
    const start = begin.index + begin[0].length;
    const end = down.exec(text.slice(start));
    const stop = end ? start + end.index : text.length;
    const rest = end ? text.slice(stop + end[0].length) : "";
    const isAlone =
      alone.test(begin[1] ?? "") || (layout === "goose" && /^--\s*\+goose\s+NO TRANSACTION/im.test(text));
    return {
      layout,
      version: (layout === "sql-migrate" ? undefined : /^(\d+)/.exec(name)?.[1]) ?? name,
      sql: `${blank(text.slice(0, start))}${text.slice(start, stop)}`,
      sending: isAlone ? "single" : "transaction",
      hasDown: rest.replace(/--.*$/gm, "").trim() !== "",
    };
  }
  return undefined;
}

/** As many bytes and lines, and nothing in them. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, (char) => " ".repeat(Buffer.byteLength(char)));
}

/** The order in which a project's files are run: by its tool's numbers, else by name; tool by tool where there are several. */
export function inOrder<T extends { readonly path: string; readonly up: UpPart }>(files: readonly T[]): T[] {
  const byName = (a: T, b: T) => (a.path < b.path ? -1 : 1);
  const byVersion = (a: T, b: T) => {
    const [one, two] = [a.up.version, b.up.version];
    // Flyway's repeatable ones have none, and come last.
    if (one === null || two === null) return Number(one === null) - Number(two === null) || byName(a, b);
    return compareVersions(one, two) || byName(a, b);
  };
  const groups = Map.groupBy([...files].sort(byName), ({ up }) => up.layout);
  return [...groups.values()].flatMap((group) => group.sort(byVersion));
}

/** `1.10` after `1.9`; words, as Prisma's, by their letters. */
export function compareVersions(a: string, b: string): number {
  const numeric = /^\d+(\.\d+)*$/;
  if (!numeric.test(a) || !numeric.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  const [one, two] = [a.split(".").map(BigInt), b.split(".").map(BigInt)];
  for (let i = 0; i < Math.max(one.length, two.length); i++) {
    const [x = 0n, y = 0n] = [one[i], two[i]];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
