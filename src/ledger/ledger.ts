import { randomUUID } from "node:crypto";
import { type Head, makeLine } from "../clients/ledger/line.ts";
import type { LedgerStore, Lines } from "../clients/ledger/store.ts";
import { boundedText } from "./bounded.ts";
import { checkpointBody, type Signer } from "./checkpoint.ts";
import { type Actor, entrySchema, type LedgerEntry, type LedgerEvent } from "./entry.ts";

/** What is the same for everything that one run of the tool records. */
export interface Circumstances {
  readonly actor: Actor | null;
  readonly run: LedgerEntry["run"];
  readonly host: string | null;
  readonly tool: string;
}

export interface Written {
  readonly seq: number;
  /** Own hash of the entry's line, `sha256:…`. */
  readonly hash: string;
  /** The chain's end after it: what a tag or a signed verdict should remember. */
  readonly head: Head;
  /** What was said on the way: a torn line set aside, observations cut out. */
  readonly notices: readonly string[];
}

export interface LedgerWriter {
  /** Adds an entry; durable when it resolves. @throws SentinelError `ledger-unwritable` */
  record(event: LedgerEvent, signal: AbortSignal): Promise<Written>;
}

export interface LedgerOptions {
  readonly store: LedgerStore;
  readonly circumstances: Circumstances;
  /** Takes secrets out of every text. */
  readonly mask: <T>(value: T) => T;
  /** With a key every entry is followed by a signed checkpoint, in the same write. */
  readonly signer?: Signer | undefined;
  readonly now?: () => Date;
}

/** Writes to a ledger. */
export function createLedgerWriter(options: LedgerOptions): LedgerWriter {
  const { store, circumstances, mask, signer, now = () => new Date() } = options;
  return {
    async record({ kind, command, environment, version, commit, data }, signal) {
      const entry: LedgerEntry = {
        schema: entrySchema,
        kind,
        ...circumstances,
        command,
        environment,
        version,
        commit,
        data: data as LedgerEntry["data"],
      };
      const text = boundedText(mask(entry));
      let own: Head | undefined;
      const { head, notices } = await store.append((before) => {
        const time = now().toISOString();
        const line = makeLine(`"entry":${text}`, before, time, randomUUID);
        own = line.head;
        return signer ? signed(line, time, signer) : { text: line.line, head: line.head };
      }, signal);
      return {
        seq: own?.seq ?? head.seq,
        hash: `sha256:${own?.sha256 ?? head.sha256}`,
        head,
        notices: [...notices, ...cutNotices(text)],
      };
    },
  };
}

function signed({ line, head }: ReturnType<typeof makeLine>, time: string, signer: Signer): Lines {
  const checkpoint = makeLine(checkpointBody(head, time, signer), head, time, randomUUID);
  return { text: line + checkpoint.line, head: checkpoint.head };
}

function cutNotices(text: string): string[] {
  // The key is the first that an entry has besides `actor` and `command`, and no text can look like it.
  const { cut } = text.includes('"cut":[') ? (JSON.parse(text) as LedgerEntry) : {};
  return cut === undefined ? [] : [`The ledger's entry is too large: left out ${cut.join(", ")}`];
}

/** How a head is written where it is remembered: a tag's trailer, a signed verdict, `--anchor`. */
export function anchorText({ sha256, seq, ledger }: Head): string {
  return `sha256:${sha256}@${seq}/${ledger}`;
}
