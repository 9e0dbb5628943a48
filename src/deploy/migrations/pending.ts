import type { Shadow } from "../../clients/postgres/shadow.ts";
import type { Finding } from "../../core/finding.ts";
import { count } from "../../core/text.ts";
import type { MigrationFile } from "./files.ts";
import { finding } from "./finding.ts";
import { type ShadowState, shadowState } from "./history.ts";
import { explain } from "./server-word.ts";

/** Which migrations are looked at, and what is known of the others. */
export interface Pending {
  readonly judged: readonly MigrationFile[];
  /** Older ones that the shadow lacks: run first, and not judged. */
  readonly first: readonly MigrationFile[];
  readonly findings: readonly Finding[];
}

const unasked: ShadowState = { applied: new Map(), known: new Set(), isEmpty: false };

/**
 * All that are named are pending, but for those that the shadow has already.
 * @param changed whether a path is new: the others are not judged; null: all are
 */
export async function pendingOf(
  files: readonly MigrationFile[],
  changed: ((path: string) => boolean) | null,
  shadow: Shadow | null,
  signal: AbortSignal,
): Promise<Pending> {
  const isNew = ({ path }: MigrationFile) => changed === null || changed(path);
  const knowable = changed !== null || files.some(({ up }) => up.version !== null);
  const { state, findings } =
    shadow && knowable ? await ask(files, shadow, signal) : { state: unasked, findings: [] };
  const { applied, known, isEmpty } = state;
  const pending = files.filter((file) => !applied.has(file));
  const older = pending.filter((file) => !isNew(file));
  const first = shadow ? older.filter(({ up }) => isEmpty || known.has(up.layout)) : [];
  const judged = pending.filter(isNew);
  const nothing = judged.length === 0 && findings.length === 0;
  return {
    judged,
    first,
    findings: [
      ...findings,
      ...applies(applied),
      ...olderOnes(older, first),
      ...(nothing ? [finding("pending", "ok", "no migration is pending")] : []),
    ],
  };
}

async function ask(files: readonly MigrationFile[], shadow: Shadow, signal: AbortSignal) {
  try {
    const rehearsal = await shadow.transaction(signal);
    try {
      return { state: await shadowState(files, rehearsal, signal), findings: [] };
    } finally {
      await rehearsal.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    const { cause, remedy } = explain(error);
    const message = `the shadow database ${shadow.title} cannot say what is pending: ${cause}`;
    return { state: unasked, findings: [finding("rehearsal", "unknown", message, { remedy })] };
  }
}

function applies(applied: ReadonlyMap<MigrationFile, string>): Finding[] {
  if (applied.size === 0) return [];
  const tables = [...new Set(applied.values())].join(", ");
  const them = applied.size === 1 ? "it" : "them";
  const message = `${count(applied.size, "migration")} left out: the shadow database has ${them} already, by ${tables}`;
  return [finding("pending", "notice", message, { details: [...applied.keys()].map(({ path }) => path) })];
}

function olderOnes(older: readonly MigrationFile[], first: readonly MigrationFile[]): Finding[] {
  if (older.length === 0) return [];
  const many = count(older.length, "older migration");
  const what =
    first.length === older.length
      ? "not judged, but run first: the shadow database lacks what they made"
      : first.length === 0
        ? "not judged: what they made is taken to be there"
        : `not judged, and ${first.length} of them run first`;
  return [finding("pending", "notice", `${many} ${what}`)];
}
