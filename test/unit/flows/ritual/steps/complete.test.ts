import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createReleaseFolder } from "../../../../../src/clients/release-folder.ts";
import { createFolderStore } from "../../../../../src/clients/stores/folder.ts";
import type { Store } from "../../../../../src/clients/stores/store.ts";
import { StepFailure } from "../../../../../src/core/step.ts";
import { createCompleteStep } from "../../../../../src/flows/ritual/steps/complete.ts";
import type { Mark, Marks } from "../../../../../src/ritual/marks.ts";
import type { StepRecord } from "../../../../../src/ritual/verification.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { release } from "../world.ts";

const signal = new AbortController().signal;

const record = (name: string, over: Partial<StepRecord> = {}): StepRecord => ({
  ...{ name, title: name, outcome: "did", message: `${name} done`, startedAt: null, durationMs: 5 },
  ...{ warnings: [], excerpt: null, links: [] },
  ...over,
});

interface Place {
  readonly marks: Mark[];
  readonly store: Store;
}

/** A machine with a folder of its own; marks and store are everybody's. */
function machine(
  { marks: there, store }: Place,
  { run = "a", append }: { run?: string; append?: () => void } = {},
) {
  const folder = createReleaseFolder(join(tempFolder(), "release-v1.2.3"));
  mkdirSync(folder.path, { recursive: true });
  const marks: Marks = {
    where: "refs of origin",
    read: async () => there,
    async append(mark, allowed) {
      append?.();
      if (!allowed(there)) return null;
      there.push(mark);
      return there;
    },
    prove: async () => [],
    close: () => {},
  };
  const step = createCompleteStep({
    marks,
    who: { by: "alice", run },
    records: () => [record("integrity"), record("archive"), record("complete", { outcome: "not-reached" })],
    stores: [store],
    circumstances: { actor: "alice", runUrl: null, tool: "1.0.0", startedAt: new Date().toISOString() },
  });
  const context = { release, folder, emit: () => {} };
  return { step, context, folder, text: (name: string) => folder.read(name)?.toString("utf8") };
}

function place(): Place {
  return { marks: [], store: createFolderStore(tempFolder()) };
}

describe("the last step of a ritual", () => {
  it("writes the log, puts it beside the archive, and marks the ritual complete", async () => {
    const shared = place();
    const { step, context, text } = machine(shared);
    expect(await step.observe(context, signal)).toMatchObject({ state: "needed" });
    const report = await step.run(context, signal);
    expect(report.message).toContain("v1.2.3 marked complete (refs of origin)");
    expect(text("VERIFICATION-v1.2.3.md")).toContain("| archive | ✔ done | 5 ms | archive done |");
    expect(text("VERIFICATION-v1.2.3.md")).toContain("| complete | ✔ done |");
    expect(await shared.store.stat("VERIFICATION-v1.2.3.md", signal)).not.toBeNull();
    expect(shared.marks).toMatchObject([{ kind: "complete", key: "ritual", detail: release.commit }]);
    expect(await step.observe(context, signal)).toMatchObject({ state: "done" });
    expect(await machine(shared, { run: "b" }).step.observe(context, signal)).toMatchObject({
      state: "done",
    });
  });

  it("that was killed before the mark uses the log that is stored, here and on a fresh machine", async () => {
    const shared = place();
    const dying = machine(shared, {
      append: () => {
        throw new StepFailure("killed");
      },
    });
    await expect(dying.step.run(dying.context, signal)).rejects.toThrow("killed");
    const first = dying.text("VERIFICATION-v1.2.3.json");
    const fresh = machine(shared, { run: "b" });
    await fresh.step.run(fresh.context, signal);
    expect(fresh.text("VERIFICATION-v1.2.3.json")).toBe(first);
    expect(shared.marks).toHaveLength(1);
    await dying.step.observe(dying.context, signal);
  });

  it("takes the log that is stored although a run that was halted has left its own here", async () => {
    const shared = place();
    const first = machine(shared);
    await first.step.run(first.context, signal);
    shared.marks.length = 0;
    const other = machine(shared, { run: "b" });
    const halted = {
      ...JSON.parse(first.text("VERIFICATION-v1.2.3.json") ?? ""),
      result: "halted at archive",
    };
    other.folder.write("VERIFICATION-v1.2.3.json", JSON.stringify(halted));
    await other.step.run(other.context, signal);
    expect(other.text("VERIFICATION-v1.2.3.json")).toBe(first.text("VERIFICATION-v1.2.3.json"));
    expect(other.folder.list()).toEqual(["VERIFICATION-v1.2.3.json", "VERIFICATION-v1.2.3.md"]);
    expect(shared.marks).toHaveLength(1);
  });

  it("does not write over a log that is about something else", async () => {
    const shared = place();
    const other = machine(shared);
    const stranger = { ...other.context, release: { ...release, commit: "d".repeat(40) } };
    await other.step.run(stranger, signal);
    shared.marks.length = 0;
    const mine = machine(shared, { run: "b" });
    await expect(mine.step.run(mine.context, signal)).rejects.toThrow(
      "has another VERIFICATION-v1.2.3.json already",
    );
    expect(shared.marks).toEqual([]);
  });

  it("does not take a tag for done that was complete at another commit", async () => {
    const shared = place();
    const { step, context } = machine(shared);
    await step.run(context, signal);
    const moved = { ...context, release: { ...release, commit: "d".repeat(40) } };
    expect(await step.observe(moved, signal)).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("was completed for another commit"),
    });
  });

  it("shows what it would write and mark", async () => {
    const shared = place();
    const { step, context, folder } = machine(shared);
    const payloads = await step.preview(context, signal);
    expect(payloads.map(({ to }) => to)).toEqual([
      "file VERIFICATION-v1.2.3.md",
      "file VERIFICATION-v1.2.3.json",
      `${shared.store.name}: VERIFICATION-v1.2.3.md, VERIFICATION-v1.2.3.json`,
      "refs of origin",
    ]);
    // It has not happened.
    expect(payloads[0]?.body).toContain("| Result | planned |");
    expect(payloads[0]?.body).toContain("| complete | – not reached |");
    expect(JSON.parse(payloads[1]?.body ?? "")).toMatchObject({ result: "planned" });
    expect(folder.list()).toEqual([]);
    expect(shared.marks).toEqual([]);
  });
});
