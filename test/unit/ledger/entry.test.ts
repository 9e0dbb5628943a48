import canonicalize from "canonicalize";
import { describe, expect, it } from "vitest";
import { boundedText } from "../../../src/ledger/bounded.ts";
import type { LedgerEntry } from "../../../src/ledger/entry.ts";
import { canonical, plain } from "../../../src/ledger/plain.ts";
import { event, fileStore, linesOf, never, writer } from "../../support/ledger.ts";
import fc from "../../support/property.ts";

describe("canonical JSON", () => {
  it("is what the library makes, whatever the value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }), (value) => {
        expect(canonical(value)).toBe(canonicalize(plain(value)));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["keys that look like numbers", { 10: 1, 9: 2, "-": 3, a: 4 }, '{"-":3,"10":1,"9":2,"a":4}'],
    ["keys beyond ASCII, by their code units", { "\u{1f600}": 1, "\ufb33": 2 }, '{"\u{1f600}":1,"\ufb33":2}'],
    ["a prototype's name", JSON.parse('{"__proto__":{"x":1},"a":2}'), '{"__proto__":{"x":1},"a":2}'],
    ["numbers as JavaScript writes them", [1e21, 1e-7, -0, 4.5, 1e2], "[1e+21,1e-7,0,4.5,100]"],
    ["numbers that are none, as null", { a: Number.NaN, b: Number.POSITIVE_INFINITY }, '{"a":null,"b":null}'],
    ["numbers that are too long, as text", { a: 10n ** 30n }, '{"a":"1000000000000000000000000000000"}'],
    ["half a character, replaced", { a: "\ud83d" }, '{"a":"\ufffd"}'],
    ["what JSON leaves out, left out", { a: undefined, b: () => 1, c: [undefined] }, '{"c":[null]}'],
    ["a date, as JSON writes it", { a: new Date(0) }, '{"a":"1970-01-01T00:00:00.000Z"}'],
    ["a text that speaks of \\ud", { a: "\\ud83d" }, '{"a":"\\\\ud83d"}'],
  ])("has %s", (_, value, text) => {
    expect(canonical(value)).toBe(text);
  });

  it("of something endlessly deep ends", () => {
    let deep: object = {};
    for (let i = 0; i < 20_000; i++) deep = { deep };
    expect(canonical(deep)).toContain("too deep");
  });
});

const entry = { schema: "release-sentinel/ledger/v1", kind: "verdict", data: {} } as unknown as LedgerEntry;

function finding(check: string, bytes: number) {
  return { check, status: "ok", message: "fine", observation: { text: "x".repeat(bytes) } };
}

describe("an entry that is too large", () => {
  it("loses its largest observations, by name, and no more than it must", () => {
    const findings = [finding("small", 5000), finding("huge", 60_000), finding("large", 20_000)];
    const text = boundedText({ ...entry, data: { verdict: { verdict: "SAFE", findings } } }, 50_000);
    const read = JSON.parse(text);
    expect(read.cut).toEqual(["observation of huge"]);
    expect(read.data.verdict.findings[1]).toMatchObject({
      message: "fine",
      observation: { cut: true, bytes: 60_011 },
    });
    expect(read.data.verdict.findings[2].observation.text).toHaveLength(20_000);
  });

  it("loses other large texts next, and all of its data at last", () => {
    const long = boundedText({ ...entry, data: { log: "y".repeat(60_000), outcome: "done" } }, 50_000);
    expect(JSON.parse(long)).toMatchObject({ cut: ["log"], data: { outcome: "done" } });
    const many = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`key-${i}`, i]));
    expect(JSON.parse(boundedText({ ...entry, data: many }, 50_000))).toMatchObject({
      cut: ["data"],
      data: {},
    });
  });

  it("is recorded all the same, and that is said", async () => {
    const store = fileStore();
    const data = { verdict: { verdict: "SAFE", findings: [finding("api", 5 * 1024 * 1024)] } };
    const { notices } = await writer(store).record(event({ data }), never);
    expect(notices.join()).toContain("left out observation of api");
    expect((await linesOf(store))[0]?.length).toBeLessThan(2000);
  });
});
