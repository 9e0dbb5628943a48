import { randomUUID } from "node:crypto";
import { type Head, makeLine } from "../../../src/clients/ledger/line.ts";
import { checkpointBody, type Signer } from "../../../src/ledger/checkpoint.ts";
import { canonical } from "../../../src/ledger/plain.ts";

export interface Written {
  readonly lines: readonly string[];
  readonly heads: readonly Head[];
}

/** A ledger's lines made without a store. With a signer, a checkpoint follows each entry. */
export function history(entries: readonly unknown[], signer?: Signer, from: Head | null = null): Written {
  const lines: string[] = [];
  const heads: Head[] = [];
  let head = from;
  const add = (body: string, time: string) => {
    const made = makeLine(body, head, time, randomUUID);
    lines.push(made.line);
    heads.push(made.head);
    head = made.head;
    return made.head;
  };
  for (const [i, entry] of entries.entries()) {
    const time = new Date(Date.UTC(2026, 10, 21, 10, 0, i)).toISOString();
    const made = add(`"entry":${canonical(entry)}`, time);
    if (signer) add(checkpointBody(made, time, signer), time);
  }
  return { lines, heads };
}

export function someEntries(n: number): unknown[] {
  return Array.from({ length: n }, (_, i) => ({ kind: "note", version: "v1.0.0", data: { n: i + 1 } }));
}
