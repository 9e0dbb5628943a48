import { randomUUID } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { type Head, makeLine } from "../src/clients/ledger/line.ts";
import { canonical } from "../src/ledger/plain.ts";

/** Writes a ledger as many runs of the gate would have left it, without waiting for the disk each time. */
export function writeLedger(path: string, entries: number, findings: number): void {
  const file = openSync(path, "w");
  try {
    let head: Head | null = null;
    let lines: string[] = [];
    for (let i = 1; i <= entries; i++) {
      const time = new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString();
      const made: { line: string; head: Head } = makeLine(body(i, findings), head, time, randomUUID);
      head = made.head;
      lines.push(made.line);
      if (lines.length === 2000 || i === entries) {
        writeSync(file, lines.join(""));
        lines = [];
      }
    }
  } finally {
    closeSync(file);
  }
}

const shapes = new Map<number, string>();

/** Canonical once, then only its numbers are filled in: a million entries are wanted. */
function body(i: number, findings: number): string {
  const shape = shapes.get(findings) ?? `"entry":${canonical(entry(findings))}`;
  shapes.set(findings, shape);
  return shape.replaceAll("1000001", String(1_000_000 + i));
}

function entry(findings: number): object {
  return {
    schema: "release-sentinel/ledger/v1",
    kind: "verdict",
    actor: { name: "bench", source: "os" },
    run: { ci: null, url: null },
    host: "bench",
    tool: "0.0.0",
    command: "check",
    environment: "prod",
    version: "v1.2.1000001",
    commit: "0123456789abcdef0123456789abcdef01234567",
    data: {
      verdict: {
        schema: "release-sentinel/verdict/v1",
        verdict: "SAFE",
        findings: Array.from({ length: findings }, (_, n) => ({
          check: `check-${n}`,
          kind: "policy",
          status: "ok",
          message: "Everything is as it should be here, and this is what a sentence about it looks like",
          durationMs: 12.5,
          attempts: 1,
          observation: { seen: ["one", "two", "three"], value: 1_000_001, at: "2026-01-01T00:00:00Z" },
        })),
      },
    },
  };
}
