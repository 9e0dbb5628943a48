import { describe, expect, it } from "vitest";
import { schemaOf } from "../../../support/schema.ts";
import { failing, ritualWorld } from "./world.ts";

const { problems, undescribed } = schemaOf("ritual");

const integrity = (status: "fail" | "unknown") =>
  [{ question: "tag.annotated", status, message: "v1.2.3 is not annotated", remedy: "git tag -a" }] as const;

async function after(run: () => Promise<unknown>, again: () => Promise<unknown>) {
  await run();
  return again();
}

const ends: Readonly<Record<string, () => Promise<unknown>>> = {
  completed: () => ritualWorld().run(),
  complete: () => {
    const world = ritualWorld();
    return after(
      () => world.run(),
      () => world.run(),
    );
  },
  "in-part": () => ritualWorld().run({ only: ["changelog"] }),
  planned: () => ritualWorld().run({ dryRun: true }),
  blocked: () => {
    const world = ritualWorld();
    Object.assign(world, { findings: integrity("fail"), release: null });
    return world.run();
  },
  critical: () => {
    const world = ritualWorld();
    Object.assign(world, { findings: integrity("unknown"), release: null });
    return world.run();
  },
  halted: () => ritualWorld({ changelog: failing("the disk is full", "df -h") }).run(),
};

describe("the schema of ritual's answer", () => {
  it.each(Object.entries(ends))("describes one that is %s, and every field of it", async (end, run) => {
    const outcome = await run();
    expect(outcome).toMatchObject({ outcome: end });
    expect([problems(outcome), undescribed(outcome)]).toEqual([[], []]);
  });

  it.each<[string, object]>([
    ["an end that there is not", { outcome: "fine" }],
    ["a failure with 0", { exitCode: 0 }],
    ["a failure without a reason", { reasons: [] }],
    ["a commit that is none", { commit: "main" }],
    ["a step that is none", { steps: [{}] }],
    ["a time that is none", { startedAt: "yesterday" }],
    ["a missing field", { leftToDo: undefined }],
  ])("refuses %s", async (_, change) => {
    expect(problems({ ...((await ends["halted"]?.()) as object), ...change })).not.toEqual([]);
  });
});
