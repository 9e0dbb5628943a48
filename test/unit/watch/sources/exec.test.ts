import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SignalQuery } from "../../../../src/watch/types.ts";
import { tempFolder } from "../../../support/temp.ts";
import { minute, never, open, query } from "./support.ts";

const to = Math.floor(Date.now() / minute) * minute;
const range = { from: to - 3 * minute, to };

async function program(script: string, options: { timeoutMs?: number; env?: string[] } = {}, env = {}) {
  const folder = tempFolder();
  const file = join(folder, "numbers.sh");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  const { source } = await open(
    { kind: "exec", exec: { run: [file, "an argument"], cwd: folder, ...options } },
    env,
  );
  return {
    file,
    read: (given: Partial<SignalQuery> = {}, signal = never) => source.read(query(given), range, signal),
    prove: (given: Partial<SignalQuery> = {}) => source.prove([query(given)], never),
  };
}
const prints = (json: unknown) => `cat >/dev/null; cat <<'JSON'\n${JSON.stringify(json)}\nJSON`;

describe("a program that answers with counts", () => {
  it("is given the question, and is believed", async () => {
    const counts = [
      { start: new Date(range.from + minute).toISOString(), total: 120, bad: 1.5 },
      { start: range.from, total: 100, bad: 0 },
      { start: range.from - minute, total: 1, bad: 1 },
    ];
    const { read, prove } = await program(
      `cat >question; ${prints({ counts }).replace("cat >/dev/null; ", "")}`,
    );
    expect(await read({ labels: { job: "shop" } })).toMatchObject({
      state: "counts",
      buckets: [
        { start: range.from, total: 100, bad: 0 },
        { start: range.from + minute, total: 120, bad: 1.5 },
      ],
    });
    expect(await prove()).toMatchObject([{ state: "ok" }]);
  });

  it("reads the question from its standard input", async () => {
    const { read } = await program(
      `read -r line; printf '{"noData": "%s"}' "$(printf %s "$line" | tr -d '"{}')"`,
    );
    const answer = await read({ kind: "latency", labels: { job: "shop" } });
    if (answer.state !== "no-data") throw new Error(answer.state);
    expect(answer.why).toContain("id:shop/latency,kind:latency,service:shop,arm:all,labels:job:shop");
    expect(answer.why).toContain("thresholdSeconds:0.5");
    expect(answer.why).toContain(
      `from:${new Date(range.from).toISOString()},to:${new Date(range.to).toISOString()}`,
    );
  });

  it("answers with levels, or says why it has none", async () => {
    const levels = [{ start: range.from, level: 0.7 }];
    const saturated = await program(prints({ levels }));
    expect(await saturated.read({ kind: "saturation" })).toMatchObject({ state: "levels", buckets: levels });
    const none = await program(prints({ noData: "no traffic" }));
    expect(await none.read()).toMatchObject({ state: "no-data", why: "no traffic" });
    expect(await none.prove()).toMatchObject([{ state: "notice" }]);
    const failing = await program(prints({ error: "database is down" }));
    expect(await failing.read()).toMatchObject({ state: "telemetry-error", why: "database is down" });
    expect(await failing.prove()).toMatchObject([{ state: "unknown" }]);
    const elsewhere = await program(prints({ counts: [] }));
    expect(await elsewhere.read()).toMatchObject({ state: "no-data" });
  });

  it.each<[string, unknown]>([
    ["its JSON has neither counts, nor noData, nor error", { levels: [] }],
    ["start is not the beginning of a minute", { counts: [{ start: range.from + 5, total: 1, bad: 0 }] }],
    ["total and bad are not numbers from 0 on", { counts: [{ start: range.from, total: -1, bad: 0 }] }],
    ["total and bad are not numbers from 0 on", { counts: [{ start: range.from, total: "7", bad: 0 }] }],
    ["more bad ones than in all", { counts: [{ start: range.from, total: 1, bad: 2 }] }],
    ["two of ", { counts: [0, 1].map(() => ({ start: range.from, total: 1, bad: 0 })) }],
  ])("is to be mended when it is wrong: %s", async (why, json) => {
    const { read, prove } = await program(prints(json));
    expect(await read()).toMatchObject({ state: "telemetry-error", why: expect.stringContaining(why) });
    expect(await prove()).toMatchObject([{ state: "conflict", remedy: expect.any(String) }]);
  });

  it("says what went wrong: another exit code, no JSON, no program, no end", async () => {
    const ended = await program("echo 'cannot log in' >&2; exit 3");
    expect(await ended.read()).toMatchObject({
      state: "telemetry-error",
      why: `${ended.file} ended with exit code 3: cannot log in`,
    });
    const text = await program("echo hello");
    expect(await text.read()).toMatchObject({ why: "it printed no JSON object, but hello" });
    const slow = await program("sleep 60", { timeoutMs: 100 });
    expect(await slow.read()).toMatchObject({ why: `${slow.file} gave no answer within 100 ms` });
    const { source } = await open({ kind: "exec", exec: { run: ["no-such-program"] } });
    expect(await source.prove([query()], never)).toEqual([
      {
        state: "conflict",
        message: "exec: shop/errors: no-such-program is not there",
        remedy: "install it, or name its path in run",
      },
    ]);
  });

  it("gets the variables that it is to get, whose values are not shown", async () => {
    const value = ["some", "database", "password"].join("-");
    const { read } = await program(
      'echo "$DB_PASSWORD and $OTHER" >&2; exit 1',
      { env: ["DB_PASSWORD"] },
      {
        DB_PASSWORD: value,
        OTHER: "something else",
      },
    );
    expect(await read()).toMatchObject({ why: expect.stringMatching(/: \*\*\* and$/) });
  });

  it("ends when the watch does", async () => {
    const { read } = await program("sleep 60");
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 50);
    await expect(read({}, controller.signal)).rejects.toThrow("enough");
  });
});
