import type { Json } from "../core/json.ts";
import type { LedgerEntry } from "./entry.ts";
import { canonical, plain } from "./plain.ts";

/** No entry is larger, in bytes of UTF-8. */
const mostBytes = 4 * 1024 * 1024;
/** Smaller texts are not worth cutting. */
const leastCut = 4096;

/** An entry's canonical text. What is too large is left out by name, the largest observation first, and that is said in the entry. */
export function boundedText(entry: LedgerEntry, most = mostBytes): string {
  const text = canonical(entry);
  if (Buffer.byteLength(text) <= most) return text;
  const data = plain(entry.data) as { [key: string]: Json };
  const cut: string[] = [];
  for (const part of largestFirst(data)) {
    part.drop();
    cut.push(part.name);
    const shorter = canonical({ ...entry, data, cut });
    if (Buffer.byteLength(shorter) <= most) return shorter;
  }
  return canonical({ ...entry, data: {}, cut: ["data"] });
}

interface Part {
  readonly name: string;
  readonly bytes: number;
  drop(): void;
}

/** Observations first: the judgement stays readable without them. Then whatever else is large. */
function largestFirst(data: { [key: string]: Json }): Part[] {
  const observations: Part[] = [];
  const others: Part[] = [];
  const visit = (holder: { [key: string]: Json | undefined }, path: string): void => {
    for (const [key, value] of Object.entries(holder)) {
      const bytes = value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
      if (bytes < leastCut) continue;
      const name = path === "" ? key : `${path}.${key}`;
      const drop = () => {
        holder[key] = { cut: true, bytes };
      };
      if (key === "observation") {
        const check = typeof holder["check"] === "string" ? `observation of ${holder["check"]}` : name;
        observations.push({ name: check, bytes, drop });
        continue;
      }
      if (typeof value === "object" && value !== null)
        visit(value as { [key: string]: Json | undefined }, name);
      if (typeof value === "string") others.push({ name, bytes, drop });
    }
  };
  visit(data, "");
  const bySize = (a: Part, b: Part) => b.bytes - a.bytes;
  return [...observations.sort(bySize), ...others.sort(bySize)];
}
