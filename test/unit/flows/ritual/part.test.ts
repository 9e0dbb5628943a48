import { describe, expect, it } from "vitest";
import { outcomes, ritualWorld } from "./world.ts";

describe("a part of a ritual", () => {
  it("is what --only names, and the rest is left to do", async () => {
    const world = ritualWorld();
    const outcome = await world.run({ only: ["metrics", "changelog"] });
    expect(outcome).toMatchObject({
      outcome: "in-part",
      exitCode: 0,
      message:
        "Ritual of v1.2.3: changelog, metrics done as asked; left to do: probe, snapshot, archive, broadcast, complete",
    });
    expect(world.folder.list()).toEqual(["changelog.txt", "metrics.txt"]);
    // What was done before is not left to do, though it is left out.
    expect((await world.run({ only: ["probe"] })).leftToDo).toEqual([
      "snapshot",
      "archive",
      "broadcast",
      "complete",
    ]);
  });

  it("is kept from nothing by a step that is left out and cannot be looked at", async () => {
    const world = ritualWorld({
      snapshot: {
        observe: async () => {
          throw new Error("no answer");
        },
        prove: async () => expect.unreachable("it need not be able to act"),
      },
    });
    expect(await world.run({ only: ["metrics"] })).toMatchObject({ outcome: "in-part", exitCode: 0 });
  });

  it("is what comes from --from on, once what comes before is done", async () => {
    const world = ritualWorld();
    expect(await world.run({ from: "archive" })).toMatchObject({
      exitCode: 1,
      message: expect.stringContaining("metrics is left out, and it is not done"),
    });
    await world.run({ only: ["changelog", "metrics", "probe", "snapshot"] });
    const outcome = await world.run({ from: "archive" });
    expect(outcome.outcome).toBe("completed");
    expect(outcomes(outcome)).toMatchObject({ snapshot: "was-done", archive: "did" });
  });

  it("is refused for a step that there is not", async () => {
    const world = ritualWorld();
    await expect(world.run({ only: ["boardcast"] })).rejects.toMatchObject({
      code: "flag-invalid",
      message: "there is no step boardcast",
      remedy: "did you mean broadcast?",
    });
  });

  it("is integrity alone where nothing else is asked for", async () => {
    const { message } = await ritualWorld().run({ only: ["integrity"] });
    expect(message).toMatch(/^Ritual of v1\.2\.3: integrity done as asked; left to do: changelog, /);
  });

  it("is never broadcast alone: who is told is told what has changed", async () => {
    const world = ritualWorld();
    const { message } = await world.run({ only: ["broadcast"] });
    expect(message).toMatch(/^Ritual of v1\.2\.3: changelog, broadcast done as asked; left to do: metrics, /);
  });
});

describe("a ritual that was marked complete", () => {
  const marked = () => {
    const world = ritualWorld({
      complete: {
        observe: async () => ({ state: "done", message: "complete since 2026-11-21T10:00:00Z" }),
      },
    });
    world.folder.write("broadcast.txt", "");
    return world;
  };

  it("says of each step what it would do here, and how that is asked for", async () => {
    const world = marked();
    const { outcome, steps } = await world.run();
    expect(outcome).toBe("complete");
    expect(steps.find(({ name }) => name === "archive")).toMatchObject({
      outcome: "was-done",
      message:
        "the ritual is complete since 2026-11-21T10:00:00Z; not done again: archive.txt will be written (for that: --only archive)",
    });
    expect(world.folder.list()).toEqual(["broadcast.txt"]);
  });

  it("has nothing left to do when a part of it is done by name", async () => {
    const world = marked();
    const outcome = await world.run({ only: ["archive"] });
    expect(outcome).toMatchObject({ outcome: "completed", leftToDo: [] });
    expect(outcomes(outcome)).toMatchObject({ metrics: "was-done", archive: "did" });
    expect(world.folder.list()).toEqual(["archive.txt", "broadcast.txt"]);
  });

  it("tells a channel that has come since of what has changed, and does nothing else again", async () => {
    const world = ritualWorld({
      complete: { observe: async () => ({ state: "done", message: "complete since then" }) },
    });
    const outcome = await world.run();
    expect(outcomes(outcome)).toMatchObject({ changelog: "did", metrics: "was-done", broadcast: "did" });
    expect(world.folder.list()).toEqual(["broadcast.txt", "changelog.txt"]);
  });
});
