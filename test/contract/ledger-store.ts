import { describe, expect, it } from "vitest";
import type { LedgerStore } from "../../src/clients/ledger/store.ts";
import { verifyChain } from "../../src/ledger/verify.ts";
import { event, linesOf, never, writer } from "../support/ledger.ts";

/** What every store must do. `open` answers a new handle on the same ledger each time; `make` makes a new ledger. */
export function ledgerStoreContract(name: string, make: () => { open: () => LedgerStore }): void {
  describe(`the contract of a ledger's store: ${name}`, () => {
    it("has no head, no lines and nothing to read while it is empty", async () => {
      const store = make().open();
      expect(await store.head(never)).toBeNull();
      expect(await linesOf(store)).toEqual([]);
      for await (const line of store.backwards(never)) expect.unreachable(line.toString());
    });

    it("keeps what was appended, in order, for whoever opens it later", async () => {
      const { open } = make();
      const first = writer(open());
      for (const n of [1, 2, 3]) await first.record(event({ data: { n } }), never);
      const later = open();
      const lines = await linesOf(later);
      expect(lines.map((line) => JSON.parse(line).entry.data.n)).toEqual([1, 2, 3]);
      expect(lines.map((line) => JSON.parse(line).link.seq)).toEqual([1, 2, 3]);
      expect((await later.head(never))?.seq).toBe(3);
      expect(await verifyChain(later.blocks(never), { keys: [], anchors: [] })).toMatchObject({
        genuine: true,
        lines: 3,
      });
    });

    it("reads the newest lines first", async () => {
      const store = make().open();
      for (const n of [1, 2, 3, 4]) await writer(store).record(event({ data: { n } }), never);
      const seen: number[] = [];
      for await (const line of store.backwards(never)) seen.push(JSON.parse(line.toString()).entry.data.n);
      expect(seen).toEqual([4, 3, 2, 1]);
    });

    it("answers with the head that its next entry is chained to", async () => {
      const store = make().open();
      const written = await writer(store).record(event(), never);
      expect(await store.head(never)).toEqual(written.head);
      const next = await writer(store).record(event(), never);
      expect(JSON.parse((await linesOf(store))[1] ?? "").link.prev).toBe(written.hash);
      expect(next.seq).toBe(2);
    });

    it("loses nothing and forks nothing when several append at once", async () => {
      const { open } = make();
      const writers = Array.from({ length: 6 }, () => writer(open()));
      await Promise.all(
        writers.map(async (each, who) => {
          for (const n of [1, 2, 3]) await each.record(event({ data: { who, n } }), never);
        }),
      );
      const store = open();
      expect(await verifyChain(store.blocks(never), { keys: [], anchors: [] })).toMatchObject({
        genuine: true,
        lines: 18,
      });
      const all = (await linesOf(store)).map((line) => JSON.parse(line).entry.data);
      for (const who of writers.keys())
        expect(all.filter((data) => data.who === who).map((data) => data.n)).toEqual([1, 2, 3]);
    });

    it("keeps a large entry, and texts of any alphabet", async () => {
      const store = make().open();
      const text = 'žluťoučký 🐎 \u2028 \u0000 \\ " '.repeat(50_000);
      await writer(store).record(event({ data: { text } }), never);
      await writer(store).record(event({ data: { small: true } }), never);
      const lines = await linesOf(store);
      expect(JSON.parse(lines[0] ?? "").entry.data.text).toBe(text);
      expect((await verifyChain(store.blocks(never), { keys: [], anchors: [] })).genuine).toBe(true);
    });

    it("says beforehand whether it can be written, and adds nothing by that", async () => {
      const store = make().open();
      await store.probe(never);
      expect(await linesOf(store)).toEqual([]);
    });

    it("gives up when it is told to", async () => {
      const store = make().open();
      const reason = new Error("enough");
      await expect(writer(store).record(event(), AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}
