import type { Verdict } from "../../core/verdict.ts";
import { asVerdict } from "./saved.ts";

/** An entry of the audit ledger, as far as it is needed here. */
export interface RecordedEntry {
  readonly seq: number;
  /** RFC 3339. */
  readonly time: string;
  readonly entry: {
    readonly kind: string;
    readonly environment: string | null;
    readonly version: string | null;
    readonly commit: string | null;
    readonly run?: { readonly url: string | null };
    readonly data: { readonly [key: string]: unknown };
  };
}

/** One run of the gate, by which people find it again. */
export interface RunName {
  readonly seq: number;
  readonly time: string;
  readonly environment: string;
  readonly version: string | null;
  readonly commit: string | null;
  /** Link to the CI run. */
  readonly url: string | null;
}

/** What became of a release: `bad` when it was rolled back, `good` when it went out and was not. */
export interface Later {
  readonly what: "bad" | "good" | "unknown";
  /** The entry that says so. */
  readonly seq: number | null;
}

export interface Run {
  readonly name: RunName;
  /** Undefined where the entry holds none that can be read. */
  readonly verdict: Verdict | undefined;
}

/** The gate's run that an entry records, of whatever kind it is; undefined for an entry without one. */
export function runOf({ seq, time, entry }: RecordedEntry): Run | undefined {
  const { environment, version, commit, run, data } = entry;
  if (entry.kind !== "verdict" && !data["verdict"]) return undefined;
  const verdict = asVerdict(data["verdict"]);
  const name = {
    seq,
    time,
    environment: verdict?.environment ?? environment ?? "",
    version: verdict?.version ?? version,
    commit: verdict?.commit ?? commit,
    url: run?.url ?? null,
  };
  return { name, verdict };
}

const outgoing = new Set(["release", "apply", "deploy"]);
/** Only what says so went out: an outcome that is not known here is nothing. */
const out = new Set(["released", "complete", "done", "applied", "deployed", "promoted"]);
const rolledBack = new Set(["rolled-back", "rollback-failed"]);

/** Remembers what became of each version in each environment. */
export class Aftermath {
  readonly #bad = new Map<string, number[]>();
  readonly #good = new Map<string, number[]>();

  add({ seq, entry }: RecordedEntry): void {
    const { kind, environment, version, data } = entry;
    if (environment === null || version === null) return;
    const outcome = outcomeOf(data["outcome"]);
    if (kind === "rollback") {
      // A rollback is about the version that it leaves, where it says which.
      const left = typeof data["from"] === "string" ? data["from"] : version;
      push(this.#bad, key(environment, left), seq);
    } else if (rolledBack.has(outcome)) push(this.#bad, key(environment, version), seq);
    else if (outgoing.has(kind) && out.has(outcome)) push(this.#good, key(environment, version), seq);
  }

  /** After a run, not before it: the same version may have been tried earlier. */
  of({ seq, environment, version }: RunName): Later {
    if (version === null) return { what: "unknown", seq: null };
    const after = (map: ReadonlyMap<string, readonly number[]>) =>
      map.get(key(environment, version))?.find((other) => other > seq) ?? null;
    const bad = after(this.#bad);
    if (bad !== null) return { what: "bad", seq: bad };
    const good = after(this.#good);
    return good === null ? { what: "unknown", seq: null } : { what: "good", seq: good };
  }
}

/** A word, or what a command answered, which holds the word. */
function outcomeOf(value: unknown): string {
  const word = value !== null && typeof value === "object" ? (value as { outcome?: unknown }).outcome : value;
  return typeof word === "string" ? word : "";
}

function key(environment: string, version: string): string {
  return `${environment}\0${version}`;
}

function push(map: Map<string, number[]>, at: string, seq: number): void {
  const known = map.get(at);
  if (known) known.push(seq);
  else map.set(at, [seq]);
}
