import type { Rehearsal } from "../../clients/postgres/shadow.ts";
import type { MigrationFile } from "./files.ts";
import { compareVersions, type LayoutName } from "./layout.ts";

/** Where a tool keeps which migrations it has run. */
interface History {
  readonly table: string;
  /** Told apart from another tool's table of the same name by a column that it has, or has not. */
  readonly column?: { readonly name: string; readonly isThere: boolean };
  /** One row a version that is applied; `%` is the table. */
  readonly sql: string;
  /** The table has only the newest: everything up to it is applied. */
  readonly upTo?: true;
}

const histories: Readonly<Record<LayoutName, History | null>> = {
  plain: null,
  flyway: {
    table: "flyway_schema_history",
    sql: "SELECT version::text FROM % WHERE success AND version IS NOT NULL",
  },
  "golang-migrate": {
    table: "schema_migrations",
    column: { name: "dirty", isThere: true },
    sql: "SELECT version::text FROM % WHERE NOT dirty",
    upTo: true,
  },
  dbmate: {
    table: "schema_migrations",
    column: { name: "dirty", isThere: false },
    sql: "SELECT version::text FROM %",
  },
  goose: {
    table: "goose_db_version",
    sql: "SELECT version_id::text FROM % AS one WHERE is_applied AND id = (SELECT max(id) FROM % AS other WHERE other.version_id = one.version_id)",
  },
  "sql-migrate": { table: "gorp_migrations", sql: "SELECT id::text FROM %" },
  prisma: {
    table: "_prisma_migrations",
    sql: "SELECT migration_name::text FROM % WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
  },
};

const findTable = `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname),
  EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'dirty' AND NOT a.attisdropped)::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relname = `;

/** What the shadow says of itself. */
export interface ShadowState {
  /** Those of the migrations that it has already, by the tool's own table; with the table's name. */
  readonly applied: ReadonlyMap<MigrationFile, string>;
  /** Tools whose table is there. */
  readonly known: ReadonlySet<LayoutName>;
  /** There is no table in it at all. */
  readonly isEmpty: boolean;
}

const anyTable = `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%')::text`;

export async function shadowState(
  migrations: readonly MigrationFile[],
  rehearsal: Rehearsal,
  signal: AbortSignal,
): Promise<ShadowState> {
  const known = new Set<LayoutName>();
  const applied = new Map<MigrationFile, string>();
  for (const layout of new Set(migrations.map(({ up }) => up.layout))) {
    const history = histories[layout];
    if (!history) continue;
    const { table, column, upTo = false, sql } = history;
    const order = " ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC, 1 LIMIT 1";
    const [[place, dirty] = []] = await rehearsal.run(`${findTable}'${table}'${order}`, signal);
    if (!place || (column && (dirty === "true") !== column.isThere)) continue;
    known.add(layout);
    const versions = (await rehearsal.run(sql.replaceAll("%", place), signal)).map(
      ([version]) => version ?? "",
    );
    for (const migration of migrations) {
      const { version } = migration.up;
      if (migration.up.layout !== layout || version === null) continue;
      const isApplied = versions.some((done) => {
        const order = compareVersions(version, done);
        return upTo ? order <= 0 : order === 0;
      });
      if (isApplied) applied.set(migration, table);
    }
  }
  const [[hasTables] = []] = await rehearsal.run(anyTable, signal);
  return { applied, known, isEmpty: hasTables === "false" };
}
