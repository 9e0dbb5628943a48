import { describe, expect, it } from "vitest";
import type { SentinelEvent } from "../../../src/core/event.ts";
import { type Observed, type Proof, type Step, StepFailure, type StepState } from "../../../src/core/step.ts";
import { applySteps, planSteps, reasonOf } from "../../../src/flows/reconcile.ts";

/** A step whose world is one word. */
interface Fake extends Step {
  state: StepState;
  runs: number;
  looks: number;
}

function fake(id: string, state: StepState = "needed", more: Partial<Step> = {}): Fake {
  const step: Fake = {
    id,
    title: `Do ${id}`,
    state,
    runs: 0,
    looks: 0,
    async observe(): Promise<Observed> {
      step.looks++;
      return { state: step.state, message: `${id} is ${step.state}` };
    },
    async run() {
      step.runs++;
      step.state = "done";
      return `${id} was done`;
    },
    ...more,
  };
  return step;
}

function never(): AbortSignal {
  return new AbortController().signal;
}

async function apply(steps: readonly Step[], signal = never()) {
  const events: SentinelEvent[] = [];
  const results = await applySteps(steps, { signal, emit: (event) => void events.push(event) });
  return { results, events, outcomes: results.map(({ outcome }) => outcome) };
}

describe("a plan", () => {
  it("looks at every step and changes nothing", async () => {
    const steps = [fake("a", "done"), fake("b"), fake("c", "conflict")];
    const plan = await planSteps(steps, never());
    expect(plan.map(({ id, state }) => `${id} ${state}`)).toEqual(["a done", "b needed", "c conflict"]);
    expect(steps.map(({ runs }) => runs)).toEqual([0, 0, 0]);
  });

  it("asks only the needed steps whether they could act", async () => {
    const asked: string[] = [];
    const prove = (id: string) => async (): Promise<readonly Proof[]> => {
      asked.push(id);
      return [{ state: "notice", message: id }];
    };
    const steps = [
      fake("a", "done", { prove: prove("a") }),
      fake("b", "needed", { prove: prove("b") }),
      fake("c", "unknown", { prove: prove("c") }),
    ];
    const plan = await planSteps(steps, never());
    expect(asked).toEqual(["b"]);
    expect(plan.map(({ proofs }) => proofs.length)).toEqual([0, 1, 0]);
  });

  it("does not take for an obstacle what somebody else has done since", async () => {
    const step = fake("push", "needed", {
      async prove() {
        step.state = "done";
        return [{ state: "conflict", message: "it is there already" }];
      },
    });
    expect(await planSteps([step], never())).toMatchObject([{ state: "done", proofs: [] }]);
  });

  it("keeps an obstacle that stays", async () => {
    const conflict: Proof = { state: "conflict", message: "may not push" };
    const [planned] = await planSteps([fake("push", "needed", { prove: async () => [conflict] })], never());
    expect(planned).toMatchObject({ state: "needed", proofs: [conflict] });
  });

  it("takes what throws for unknown, with the reason on one line", async () => {
    const steps = [
      fake("a", "done", { observe: () => Promise.reject(new StepFailure("no\nanswer", "ask again")) }),
      fake("b", "needed", { prove: () => Promise.reject(new Error("broken")) }),
    ];
    expect(await planSteps(steps, never())).toMatchObject([
      { state: "unknown", message: "Do a: no\\nanswer", remedy: "ask again" },
      { state: "needed", proofs: [{ state: "unknown", message: "broken" }] },
    ]);
  });
});

describe("steps that are applied", () => {
  it("are done in their order; what is done already is passed over", async () => {
    const steps = [fake("a", "done"), fake("b"), fake("c")];
    const { outcomes, events } = await apply(steps);
    expect(outcomes).toEqual(["was-done", "did", "did"]);
    expect(steps.map(({ runs }) => runs)).toEqual([0, 1, 1]);
    expect(events.map((event) => ("step" in event ? `${event.type} ${event.step}` : event.type))).toEqual([
      "step.finished a",
      "step.started b",
      "step.finished b",
      "step.started c",
      "step.finished c",
    ]);
  });

  it("stop at the first failure, and the same call goes on from there", async () => {
    let broken = true;
    const second = fake("b", "needed", {
      async run() {
        if (broken) throw new StepFailure("no room", "make room");
        second.state = "done";
        return "done";
      },
    });
    const steps = [fake("a"), second, fake("c")];
    const { results, outcomes } = await apply(steps);
    expect(outcomes).toEqual(["did", "failed", "not-reached"]);
    expect(results[1]).toMatchObject({ message: "no room", remedy: "make room" });
    broken = false;
    expect((await apply(steps)).outcomes).toEqual(["was-done", "did", "did"]);
  });

  it("are what the world says: an answer that was lost does not make the work undone", async () => {
    const step = fake("a", "needed", {
      async run() {
        step.state = "done";
        throw new Error("connection reset");
      },
    });
    expect((await apply([step])).results).toMatchObject([{ outcome: "did", message: "a is done" }]);
  });

  it("are not done because they say so", async () => {
    const step = fake("a", "needed", { run: async () => "I did it" });
    const { results } = await apply([step, fake("b")]);
    expect(results).toMatchObject([
      { outcome: "failed", message: "Do a: done, but not to be seen afterwards" },
      { outcome: "not-reached" },
    ]);
  });

  it("say when no further run can help", async () => {
    const step = fake("a", "needed", {
      run: () => Promise.reject(new StepFailure("burned", "release the next version", true)),
    });
    expect((await apply([step])).results).toMatchObject([{ outcome: "failed", final: true }]);
  });

  it("stop where the world cannot be found out, before they act", async () => {
    const steps = [fake("a", "unknown"), fake("b")];
    expect((await apply(steps)).outcomes).toEqual(["unknown", "not-reached"]);
    expect(steps[0]?.runs).toBe(0);
  });

  it("end with an interrupt like with a failure: what was begun is told", async () => {
    const controller = new AbortController();
    const steps = [
      fake("a"),
      fake("b", "needed", {
        async run() {
          controller.abort(new Error("interrupted by SIGINT"));
          throw controller.signal.reason;
        },
      }),
      fake("c"),
    ];
    const { results, outcomes } = await apply(steps, controller.signal);
    expect(outcomes).toEqual(["did", "failed", "not-reached"]);
    expect(results[1]?.message).toBe("interrupted by SIGINT");
    expect(steps[2]?.looks).toBe(0);
  });
});

describe("a conflict that comes up on the way", () => {
  const undone = (step: () => Fake, undo: () => Promise<string>) => async () => {
    step().state = "needed";
    return undo();
  };

  it("makes this run take back what it did, newest first, and only that", async () => {
    const taken: string[] = [];
    const revocable = (id: string, state: StepState = "needed") => {
      const step: Fake = fake(id, state, {
        undo: undone(
          () => step,
          async () => `${taken.push(id)} taken back`,
        ),
      });
      return step;
    };
    const steps = [revocable("a", "done"), revocable("b"), revocable("c"), fake("d", "conflict"), fake("e")];
    const { outcomes } = await apply(steps);
    expect(outcomes).toEqual(["was-done", "undone", "undone", "conflict", "not-reached"]);
    expect(taken).toEqual(["c", "b"]);
  });

  it("leaves everything there once others have seen a part of it", async () => {
    const steps = [
      fake("create", "needed", { undo: () => Promise.reject(new Error("must not be asked")) }),
      fake("push"),
      fake("draft", "conflict"),
    ];
    expect((await apply(steps)).outcomes).toEqual(["did", "did", "conflict"]);
  });

  it("is not made worse by a step that cannot be taken back: it says so, and stays", async () => {
    const steps = [
      fake("create", "needed", { undo: () => Promise.reject(new StepFailure("the ref is locked", "rm it")) }),
      fake("push", "conflict"),
    ];
    expect((await apply(steps)).results).toMatchObject([
      { outcome: "did", message: "the ref is locked", remedy: "rm it" },
      { outcome: "conflict" },
    ]);
  });
});

it("reasons are one line, whatever was thrown", () => {
  expect(reasonOf("text\u001b[31m")).toEqual({ message: expect.not.stringContaining("\u001b") });
  expect(reasonOf(new StepFailure("a", "b"))).toEqual({ message: "a", remedy: "b" });
  expect(reasonOf(new Error("x".repeat(5000))).message.length).toBeLessThan(1100);
});
