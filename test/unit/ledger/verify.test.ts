import { describe, expect, it } from "vitest";
import { makeLine } from "../../../src/clients/ledger/line.ts";
import type { Anchor } from "../../../src/clients/ledger/store.ts";
import { anchorOfTag, parseAnchor } from "../../../src/ledger/anchors.ts";
import { anchorText } from "../../../src/ledger/ledger.ts";
import { type Verification, type VerifyOptions, verifyChain } from "../../../src/ledger/verify.ts";
import { blocksOf } from "../../support/ledger.ts";
import fc from "../../support/property.ts";
import { history, someEntries } from "./history.ts";
import { pair } from "./keys.ts";

function verify(
  lines: readonly (string | Buffer)[],
  options: Partial<VerifyOptions> = {},
): Promise<Verification> {
  return verifyChain(blocksOf(lines), { keys: [], anchors: [], ...options });
}

const { lines, heads } = history(someEntries(6));
const at = (i: number) => lines[i] ?? "";
const without = (i: number) => lines.filter((_, j) => j !== i);
/** A line with its own hashes right, as somebody who knows the format would write it. */
const forged = (i: number, entry: unknown) =>
  history([entry], undefined, heads[i - 1] ?? null).lines[0] ?? "";

describe("a chain that was harmed", () => {
  it.each<[string, readonly string[], Verification["problems"][number]["kind"], number]>([
    ["an edited byte", lines.with(2, at(2).replace('"n":3', '"n":7')), "edited", 3],
    ["an edited byte in the last entry", lines.with(5, at(5).replace('"n":6', '"n":7')), "edited", 6],
    [
      "an edited own hash",
      lines.with(
        2,
        at(2).replace(/.(?="\}\n$)/, (c) => (c === "0" ? "1" : "0")),
      ),
      "edited",
      3,
    ],
    ["an edited first character", lines.with(2, `[${at(2).slice(1)}`), "edited", 3],
    ["an edited time", lines.with(2, at(2).replace("10:00:02.000Z", "10:00:03.000Z")), "edited", 3],
    ["text that is no line", lines.with(2, "hello\n"), "edited", 3],
    ["a line taken out of its body", lines.with(2, at(2).replace(/"entry":.*?,(?="link")/, "")), "edited", 3],
    ["an entry that was replaced, hashes and all", lines.with(2, forged(2, { n: "other" })), "edited", 3],
    ["a removed entry", without(2), "removed", 3],
    ["the first entry removed", without(0), "removed", 1],
    ["several entries removed", lines.filter((_, i) => i < 1 || i > 3), "removed", 2],
    ["two entries swapped", lines.with(2, at(3)).with(3, at(2)), "reordered", 3],
    ["an entry moved to the end", [...without(1), at(1)], "reordered", 2],
    ["an entry copied", [...lines.slice(0, 4), at(1), ...lines.slice(4)], "inserted", 2],
    ["an empty line", [...lines.slice(0, 3), "\n", ...lines.slice(3)], "inserted", 4],
    [
      "an entry of another ledger",
      [...lines.slice(0, 3), history(someEntries(4)).lines[3] ?? ""],
      "inserted",
      4,
    ],
    ["a fork", [...lines.slice(0, 4), forged(3, { n: "fork" }), ...lines.slice(4)], "forked", 4],
    ["an end that was cut", [...lines.slice(0, 5), at(5).slice(0, -40)], "torn", 6],
    ["Windows line ends", lines.map((line) => line.replace("\n", "\r\n")), "edited", 1],
  ])("by %s is named", async (_, harmed, kind, seq) => {
    const found = await verify(harmed);
    expect(found).toMatchObject({ genuine: false });
    expect(found.problems[0]).toMatchObject({ kind, seq });
  });

  it("is whole without harm", async () => {
    expect(await verify(lines)).toMatchObject({ genuine: true, lines: 6, head: heads[5], problems: [] });
  });

  it("by a clock that went back is only noted", async () => {
    const early = history([{ n: 7 }], undefined, heads[5] ?? null).lines;
    const found = await verify([...lines, ...early]);
    expect(found.genuine).toBe(true);
    expect(found.notices.join()).toContain("first at entry 7");
  });

  it("takes entries of a later version for what they are: bytes in the chain", async () => {
    const later = history(
      [{ schema: "release-sentinel/ledger/v2", what: ["is", "this"] }],
      undefined,
      heads[5] ?? null,
    );
    expect(await verify([...lines, ...later.lines])).toMatchObject({ genuine: true, lines: 7 });
  });

  it("without a key says how little that proves", async () => {
    expect((await verify(lines)).notices.join()).toContain("not somebody who rewrote the whole chain");
    expect((await verify([])).notices).toEqual(["The ledger is empty"]);
  });
});

describe("an anchor", () => {
  const remembered = (i: number, more: Partial<Anchor> = {}): Anchor[] => {
    const { sha256, seq, ledger } = heads[i] ?? { sha256: "", seq: 0, ledger: "" };
    return [{ sha256, seq, ledger, from: "tag v1.0.0", version: "v1.0.0", ...more }];
  };

  it("that is in the chain is named", async () => {
    expect((await verify(lines, { anchors: remembered(3) })).anchored).toEqual([
      { from: "tag v1.0.0", seq: 4 },
    ]);
  });

  it("shows that the tail was cut off", async () => {
    expect((await verify(lines.slice(0, 4))).genuine).toBe(true);
    const found = await verify(lines.slice(0, 4), { anchors: remembered(5) });
    expect(found.problems[0]).toMatchObject({ kind: "truncated", seq: 5 });
    expect(found.genuine).toBe(false);
  });

  it("shows that the chain was rewritten from an entry on, with hashes that are right", async () => {
    const rest = history([{ n: "other" }, { n: "more" }, { n: 0 }], undefined, heads[2] ?? null).lines;
    const rewritten = [...lines.slice(0, 3), ...rest];
    expect((await verify(rewritten)).genuine).toBe(true);
    expect((await verify(rewritten, { anchors: remembered(4) })).problems[0]).toMatchObject({
      kind: "rewritten",
    });
    expect((await verify(rewritten, { anchors: remembered(1) })).genuine).toBe(true);
  });

  it("of another ledger is only noted, unless this ledger says that it made that release", async () => {
    const other = history(someEntries(6)).lines;
    const noted = await verify(other, { anchors: remembered(3), released: async () => false });
    expect(noted.genuine).toBe(true);
    expect(noted.notices.join()).toContain("another ledger");
    const claimed = await verify(other, { anchors: remembered(3), released: async () => true });
    expect(claimed.genuine).toBe(false);
  });

  it("given by hand must be there, whatever ledger it names", async () => {
    const { version: _, ...byHand } = remembered(3)[0] ?? { sha256: "", from: "" };
    expect((await verify(history(someEntries(6)).lines, { anchors: [byHand] })).genuine).toBe(false);
  });

  it("is written as a tag's trailer, and read back", () => {
    const [head] = heads;
    if (!head) expect.unreachable();
    const message = `Release v1.0.0\n\nTool: x\nLedger-Head: ${anchorText(head)}\n`;
    const { sha256, seq, ledger } = head;
    expect(anchorOfTag({ name: "v1.0.0", message })).toEqual({
      sha256,
      seq,
      ledger,
      from: "tag v1.0.0",
      version: "v1.0.0",
    });
    expect(parseAnchor(`sha256:${sha256}`, "x")).toEqual({ sha256, from: "x" });
    expect(parseAnchor("sha256:12", "x")).toBeUndefined();
  });
});

describe("signed checkpoints", () => {
  const [one, two, stranger] = [pair(), pair("ec"), pair()];
  const signed = history(someEntries(3), one.signer);
  const rotated = history(someEntries(2), two.signer, signed.heads.at(-1));
  const all = [...signed.lines, ...rotated.lines];

  it("vouch for everything before them", async () => {
    expect(await verify(signed.lines, { keys: [one.trusted] })).toMatchObject({
      genuine: true,
      signed: { upTo: 6, keyId: one.trusted.keyId },
    });
  });

  it("of a rotated key vouch for the whole chain; the old key is named, and may be given too", async () => {
    const withNew = await verify(all, { keys: [two.trusted] });
    expect(withNew).toMatchObject({ genuine: true, signed: { upTo: 10 } });
    expect(withNew.notices.join()).toContain(one.trusted.keyId);
    const withBoth = await verify(all, { keys: [one.trusted, two.trusted] });
    expect(withBoth.genuine).toBe(true);
    expect(withBoth.notices.join()).not.toContain(one.trusted.keyId);
    const withOld = await verify(all, { keys: [one.trusted] });
    expect(withOld.problems[0]).toMatchObject({ kind: "unsigned", seq: 7 });
    expect(withOld.problems[0]?.message).toContain(two.trusted.keyId);
  });

  it("of a key that is not given prove nothing", async () => {
    const found = await verify(signed.lines, { keys: [stranger.trusted] });
    expect(found).toMatchObject({ genuine: false, signed: null });
    expect(found.problems[0]?.message).toContain(one.trusted.keyId);
  });

  it("do not reach what was added later without a key, unless that is allowed", async () => {
    const more = history([{ n: 9 }], undefined, signed.heads.at(-1));
    const lines = [...signed.lines, ...more.lines];
    expect((await verify(lines, { keys: [one.trusted] })).problems[0]).toMatchObject({
      kind: "unsigned",
      seq: 7,
    });
    const allowed = await verify(lines, { keys: [one.trusted], allowUnsigned: true });
    expect(allowed.genuine).toBe(true);
    expect(allowed.notices.join()).toContain("entry 7 is not covered");
  });

  it("cannot be made by somebody else in the key's name", async () => {
    const liar = { keyId: one.trusted.keyId, sign: stranger.signer.sign };
    const found = await verify(history(someEntries(3), liar).lines, { keys: [one.trusted] });
    expect(found.problems[0]).toMatchObject({ kind: "signature", seq: 6 });
  });

  it("cannot be carried into a chain that was rewritten before them", async () => {
    const [first, checkpoint] = signed.heads;
    if (!first || !checkpoint) expect.unreachable();
    // The same ledger, the same place and the same time: only what it vouches for is another entry.
    const forged = makeLine('"entry":{"n":"forged"}', null, first.time, () => first.ledger);
    const body = /"checkpoint":.*?(?=,"link")/.exec(signed.lines[1] ?? "")?.[0] ?? "";
    const moved = makeLine(body, forged.head, checkpoint.time, () => "");
    const found = await verify([forged.line, moved.line], { keys: [one.trusted] });
    expect(found.problems[0]).toMatchObject({ kind: "edited", seq: 2 });
  });

  it("in an empty ledger are not there", async () => {
    expect((await verify([], { keys: [one.trusted] })).signed).toBeNull();
  });
});

const anyEntry = fc.dictionary(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.integer(),
    fc.constant(`","link":{"body":"sha256:`),
  ),
  { maxKeys: 4 },
);

type Harm = (bytes: Buffer, lines: readonly Buffer[], a: number, b: number) => Buffer;

const harms: Readonly<Record<string, Harm>> = {
  flip: (bytes, _, a, b) => {
    const copy = Buffer.from(bytes);
    const i = a % copy.length;
    copy[i] = (copy[i] ?? 0) ^ (1 + (b % 255));
    return copy;
  },
  cut: (bytes, _, a, b) =>
    Buffer.concat([bytes.subarray(0, a % bytes.length), bytes.subarray((a % bytes.length) + 1 + (b % 50))]),
  insert: (bytes, _, a, b) =>
    Buffer.concat([
      bytes.subarray(0, a % bytes.length),
      Buffer.from([b % 256]),
      bytes.subarray(a % bytes.length),
    ]),
  drop: (_, lines, a) => Buffer.concat(lines.filter((__, i) => i !== a % lines.length)),
  swap: (_, lines, a, b) => {
    const [i, j] = [a % lines.length, b % lines.length];
    return Buffer.concat(lines.map((line, k) => lines[k === i ? j : k === j ? i : k] ?? line));
  },
  copy: (_, lines, a, b) =>
    Buffer.concat(lines.toSpliced(a % (lines.length + 1), 0, lines[b % lines.length] ?? Buffer.alloc(0))),
  truncate: (bytes, _, a) => bytes.subarray(0, a % bytes.length),
};

describe("whatever the history, and whatever the harm", () => {
  it("no harm goes unseen: what still verifies are the same lines, or the first so many of them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEntry, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        fc.constantFrom(...Object.keys(harms)),
        fc.nat(),
        fc.nat(),
        async (entries, sign, harm, a, b) => {
          const key = pair();
          const { lines, heads } = history(entries, sign ? key.signer : undefined);
          const original = Buffer.from(lines.join(""));
          expect((await verify([original], { keys: sign ? [key.trusted] : [] })).genuine).toBe(true);
          const harmed =
            harms[harm]?.(
              original,
              lines.map((line) => Buffer.from(line)),
              a,
              b,
            ) ?? original;
          const found = await verify([harmed]);
          if (found.genuine) {
            // A last line break that is missing harms nobody.
            const kept =
              harmed.length > 0 && harmed.at(-1) !== 0x0a
                ? Buffer.concat([harmed, Buffer.from("\n")])
                : harmed;
            expect(original.subarray(0, kept.length).equals(kept)).toBe(true);
            expect(found.lines).toBe(kept.toString("latin1").split("\n").length - 1);
          }
          // With the head remembered elsewhere nothing but the whole is genuine.
          const head = heads.at(-1);
          const anchors = head
            ? [{ sha256: head.sha256, seq: head.seq, ledger: head.ledger, from: "x" }]
            : [];
          const remembered = await verify([harmed], { anchors });
          expect(remembered.genuine).toBe(
            harmed.equals(original) || Buffer.concat([harmed, Buffer.from("\n")]).equals(original),
          );
        },
      ),
      { numRuns: 400 },
    );
  });
});
