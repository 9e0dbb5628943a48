import { describe, expect, it } from "vitest";
import { Aborted } from "../../../../src/core/check.ts";
import { StepFailure } from "../../../../src/core/step.ts";
import { stepNames } from "../../../../src/flows/ritual.ts";
import { failing, fileStep, outcomes, ritualWorld } from "./world.ts";

const allDid = Object.fromEntries(["integrity", ...stepNames].map((name) => [name, "did"]));

describe("a ritual", () => {
  it("does every step in order, and run again finds nothing to do", async () => {
    const world = ritualWorld();
    const first = await world.run();
    expect(first).toMatchObject({
      outcome: "completed",
      exitCode: 0,
      message: "Ritual of v1.2.3 completed",
      leftToDo: [],
      resume: null,
      commit: "c".repeat(40),
    });
    expect(outcomes(first)).toEqual(allDid);
    expect(world.folder.list()).toEqual([...stepNames].map((name) => `${name}.txt`).sort());
    expect(world.leases).toEqual([...stepNames.map(() => "renewed"), "released"]);
    expect(first.steps.find(({ name }) => name === "probe")).toMatchObject({
      excerpt: "one line of probe",
      durationMs: expect.any(Number),
      startedAt: expect.stringMatching(/^\d{4}-/),
    });

    const again = await world.run();
    expect(again).toMatchObject({
      outcome: "complete",
      exitCode: 0,
      message: "Ritual of v1.2.3 is already complete: nothing to do",
    });
    expect(world.leases).toHaveLength(stepNames.length + 1);
    expect(world.kept).toHaveLength(1);
  });

  it("stops at the first step that fails, says what is left, and goes on from there", async () => {
    const world = ritualWorld({ snapshot: failing("Grafana answers 500", "see whether it is up") });
    const halted = await world.run();
    expect(halted).toMatchObject({
      outcome: "halted",
      exitCode: 2,
      message:
        "Ritual of v1.2.3 HALTED at snapshot: Grafana answers 500; left to do: snapshot, archive, broadcast, complete",
      reasons: [{ message: "Grafana answers 500", remedy: "see whether it is up" }],
      leftToDo: ["snapshot", "archive", "broadcast", "complete"],
      resume: "release-sentinel ritual --tag v1.2.3",
    });
    expect(world.leases.at(-1)).toBe("released");
    expect(world.kept).toHaveLength(1);
    world.steps = stepNames.map((name) => fileStep(name));
    const then = await world.run();
    expect(then.outcome).toBe("completed");
    expect(outcomes(then)).toMatchObject({ changelog: "was-done", probe: "was-done", snapshot: "did" });
  });

  it("passes over what does not apply, with the reason", async () => {
    const world = ritualWorld({ metrics: { skip: () => "no GRAFANA_URL" } });
    const outcome = await world.run();
    expect(outcome.outcome).toBe("completed");
    expect(outcome.steps.find(({ name }) => name === "metrics")).toMatchObject({
      outcome: "skipped",
      message: "no GRAFANA_URL",
    });
    expect(world.folder.read("metrics.txt")).toBeNull();
    expect((await world.run()).outcome).toBe("complete");
  });

  it("looks at nothing and does nothing when the release is not what it says", async () => {
    const world = ritualWorld();
    world.findings = [
      { question: "tag.annotated", status: "fail", message: "v1.2.3 is not annotated", remedy: "git tag -a" },
      { question: "tag.same", status: "unknown", message: "origin gives no answer" },
    ];
    const outcome = await world.run();
    expect(outcome).toMatchObject({
      outcome: "blocked",
      exitCode: 1,
      message: "Ritual BLOCKED: v1.2.3 is not annotated",
      reasons: [{ message: "v1.2.3 is not annotated", remedy: "git tag -a" }],
      steps: [{ name: "integrity", outcome: "conflict" }],
      leftToDo: [...stepNames],
    });
    world.findings = world.findings.slice(1);
    expect(await world.run()).toMatchObject({ outcome: "critical", exitCode: 2 });
    expect(world.events).toEqual([]);
    expect(world.folder.list()).toEqual([]);
  });

  it("changes nothing when a later step could not act", async () => {
    const world = ritualWorld({
      broadcast: {
        prove: async () => [
          {
            state: "conflict",
            message: "SLACK_WEBHOOK_URL is missing",
            remedy: "release-sentinel ritual secrets",
          },
        ],
      },
    });
    const outcome = await world.run();
    expect(outcome).toMatchObject({
      outcome: "blocked",
      exitCode: 1,
      message: "Ritual BLOCKED: SLACK_WEBHOOK_URL is missing",
      reasons: [{ remedy: "release-sentinel ritual secrets" }],
    });
    expect(world.folder.list()).toEqual([]);
    expect(world.leases).toEqual([]);
  });

  it("is critical when what it must know cannot be found out", async () => {
    const world = ritualWorld({
      probe: {
        observe: async () => {
          throw new Error("socket hang up");
        },
      },
    });
    expect(await world.run()).toMatchObject({
      outcome: "critical",
      exitCode: 2,
      message: "Ritual CRITICAL: Write probe: socket hang up",
    });
    expect(world.folder.list()).toEqual([]);
  });

  it("is critical when its folder cannot be used, and blocked when that is definite", async () => {
    const world = ritualWorld();
    for (const [final, outcome] of [
      [false, "critical"],
      [true, "blocked"],
    ] as const) {
      const prepare = async () => {
        throw new StepFailure("the folder cannot be read", "name another one", final);
      };
      expect(await world.run({ prepare })).toMatchObject({
        outcome,
        message: expect.stringContaining("the folder cannot be read"),
        reasons: [{ remedy: "name another one" }],
        leftToDo: [...stepNames],
      });
    }
  });

  it("that was marked complete is complete on a machine that knows nothing else of it", async () => {
    const world = ritualWorld({
      archive: { observe: async () => ({ state: "conflict", message: "STORE_TOKEN is not set" }) },
    });
    world.folder.write("complete.txt", "");
    world.folder.write("broadcast.txt", "");
    const outcome = await world.run();
    expect(outcome).toMatchObject({ outcome: "complete", exitCode: 0, leftToDo: [] });
    expect(outcomes(outcome)).toMatchObject({ changelog: "was-done", archive: "was-done" });
    expect(world.folder.list()).toEqual(["broadcast.txt", "complete.txt"]);
    await world.run({ only: ["changelog"] });
    expect(world.folder.list()).toEqual(["broadcast.txt", "changelog.txt", "complete.txt"]);
  });

  it("that was marked complete tells a channel that has come since", async () => {
    const world = ritualWorld();
    world.folder.write("complete.txt", "");
    const outcome = await world.run();
    expect(outcome).toMatchObject({ outcome: "completed", exitCode: 0 });
    expect(outcomes(outcome)).toMatchObject({ broadcast: "did", complete: "was-done" });
  });

  it("does not begin while another one runs", async () => {
    const world = ritualWorld();
    world.lease = async () => ({ held: false, state: "conflict", message: "another ritual of v1.2.3 runs" });
    expect(await world.run()).toMatchObject({
      outcome: "blocked",
      exitCode: 1,
      message: "Ritual BLOCKED: another ritual of v1.2.3 runs",
    });
    expect(world.folder.list()).toEqual([]);
  });

  it("halts when the tag moves in the middle", async () => {
    const world = ritualWorld();
    world.unmoved = async () => {
      if (world.folder.read("metrics.txt") !== null)
        throw new StepFailure("tag v1.2.3 has moved", undefined, true);
    };
    const outcome = await world.run();
    expect(outcome.message).toContain("HALTED at probe: tag v1.2.3 has moved");
    expect(world.folder.list()).toEqual(["changelog.txt", "metrics.txt"]);
    expect(world.leases.at(-1)).toBe("released");
  });

  it("halts when its lease is another's", async () => {
    const world = ritualWorld();
    const lost = new AbortController();
    world.lease = async () => ({
      held: true,
      signal: lost.signal,
      renew: async () => {},
      release: async () => void world.leases.push("released"),
    });
    world.steps = stepNames.map((name) =>
      fileStep(
        name,
        name === "probe"
          ? {
              run: async (_, signal) => {
                lost.abort(new StepFailure("the lease is lost"));
                signal.throwIfAborted();
                return { message: "never" };
              },
            }
          : {},
      ),
    );
    expect((await world.run()).message).toContain("HALTED at probe: the lease is lost");
    expect(world.leases).toEqual(["released"]);
  });

  it("is halted by an interrupt, and lets its lease go", async () => {
    const controller = new AbortController();
    const world = ritualWorld({
      archive: {
        run: async (_, signal) => {
          controller.abort(new Aborted("interrupt", "interrupted by SIGINT", "SIGINT"));
          signal.throwIfAborted();
          return { message: "never" };
        },
      },
    });
    const outcome = await world.run({ signal: controller.signal });
    expect(outcome.message).toBe(
      "Ritual of v1.2.3 HALTED at archive: interrupted by SIGINT; left to do: archive, broadcast, complete",
    );
    expect(world.leases.at(-1)).toBe("released");
  });

  it("tells of a step's warnings at once, and of its report at the end", async () => {
    const world = ritualWorld({
      probe: {
        run: async ({ folder }) => {
          folder.write("probe.txt", "x");
          return {
            message: "probed",
            warnings: ["panel\n2 is empty"],
            links: [{ label: "dashboard", url: "https://grafana.example/d/1" }],
          };
        },
      },
    });
    const { steps } = await world.run();
    expect(steps.find(({ name }) => name === "probe")).toMatchObject({
      warnings: ["panel\\n2 is empty"],
      links: [{ url: "https://grafana.example/d/1" }],
    });
    expect(world.events).toContainEqual({
      type: "notice",
      level: "warning",
      from: "release-sentinel.ritual",
      message: "probe: panel\\n2 is empty",
    });
  });
});

describe("a dry run of a ritual", () => {
  it("renders what every needed step would send, and does nothing", async () => {
    const world = ritualWorld();
    world.folder.write("changelog.txt", "there");
    const outcome = await world.run({ dryRun: true });
    expect(outcome).toMatchObject({ outcome: "planned", exitCode: 0 });
    expect(outcome.message).toBe("Ritual of v1.2.3 is planned; nothing was changed and nothing was sent");
    expect(outcome.payloads.map(({ step }) => step)).toEqual(stepNames.slice(1));
    expect(outcome.payloads[0]).toEqual({
      step: "metrics",
      to: "file metrics.txt",
      type: "text/plain",
      body: "metrics",
    });
    expect(world.folder.list()).toEqual(["changelog.txt"]);
    expect(world.leases).toEqual([]);
    expect(world.kept).toEqual([]);
  });

  it("shows the others when one of them cannot be shown", async () => {
    const world = ritualWorld({
      probe: {
        preview: async () => {
          throw new Error("Grafana gives\nno answer");
        },
      },
    });
    const { payloads, outcome } = await world.run({ dryRun: true });
    expect(outcome).toBe("planned");
    expect(payloads.map(({ step }) => step)).toEqual([...stepNames]);
    expect(payloads.find(({ step }) => step === "probe")?.body).toBe(
      "<cannot be shown: Grafana gives\\nno answer>\n",
    );
  });

  it("shows a file that is none of the release's folder, and keeps it for nobody", async () => {
    const to = "file /srv/status.json";
    const world = ritualWorld({ probe: { preview: async () => [{ to, type: "text/plain", body: "{}" }] } });
    const { payloads, outcome } = await world.run({ dryRun: true });
    expect(outcome).toBe("planned");
    expect(payloads.find(({ step }) => step === "probe")?.to).toBe(to);
  });

  it("renders everything although something is in the way, and says what", async () => {
    const world = ritualWorld({
      broadcast: { observe: async () => ({ state: "conflict", message: "SLACK_WEBHOOK_URL is missing" }) },
    });
    const outcome = await world.run({ dryRun: true });
    expect(outcome).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(outcome.payloads.map(({ step }) => step)).toEqual([...stepNames]);
  });
});

describe("a rehearsal", () => {
  it("says that it is one", async () => {
    const world = ritualWorld();
    const outcome = await world.run({ tag: "v1.2.3-test", rehearsal: true });
    expect(outcome.message).toBe("Rehearsal of v1.2.3-test completed: nothing final was published");
  });
});
