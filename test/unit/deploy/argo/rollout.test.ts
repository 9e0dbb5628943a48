import { describe, expect, it } from "vitest";
import { createKubectl } from "../../../../src/clients/kubectl.ts";
import { createCommands } from "../../../../src/deploy/argo/commands.ts";
import { isObserved, pauseOf, phaseOf, whereabouts } from "../../../../src/deploy/argo/rollout.ts";
import { rolloutKinds } from "../../../../src/deploy/argo/state.ts";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";

function rollout(status: object, spec: object = {}, meta: object = {}): KubeObject {
  const metadata = { name: "web", namespace: "shop", generation: 4, uid: "u", ...meta };
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    metadata,
    spec,
    status: { observedGeneration: "4", ...status },
  };
}

const canary = {
  strategy: {
    canary: { steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: { duration: "10m" } }] },
  },
};
const at = (index: number, more: object = {}) =>
  rollout({ currentStepIndex: index, currentPodHash: "b", stableRS: "a", ...more }, canary);
const pause = (reason: string) => ({
  phase: "Paused",
  pauseConditions: [{ reason, startTime: "2026-11-21T10:00:00Z" }],
});

const kubectl = createKubectl({ env: {}, context: "prod-eu" });
const kinds = rolloutKinds(createCommands(() => kubectl, false));
const stateOf = (object: KubeObject) => kinds["argoproj.io/Rollout"]?.state(object, { nearby: [] });

describe("a Rollout", () => {
  it("is observed when its controller says the present generation, as a number in a text", () => {
    expect(isObserved(rollout({}))).toBe(true);
    expect(isObserved(rollout({ observedGeneration: "3" }))).toBe(false);
    expect(isObserved(rollout({ observedGeneration: "" }))).toBe(false);
    // Controllers before 0.10 wrote a hash.
    expect(isObserved(rollout({ observedGeneration: "5f8d9c" }))).toBe(true);
  });

  it("is observed with the Deployment whose template it borrows", () => {
    const spec = { workloadRef: { kind: "Deployment", name: "web" } };
    const meta = { annotations: { "rollout.argoproj.io/workload-generation": "7" } };
    expect(isObserved(rollout({ workloadObservedGeneration: "6" }, spec, meta))).toBe(false);
    expect(isObserved(rollout({ workloadObservedGeneration: "7" }, spec, meta))).toBe(true);
  });

  it("is not paused any more once it is told to go on, though the controller has not noticed", () => {
    expect(phaseOf(rollout({ phase: "Paused", controllerPause: true })).phase).toBe("Progressing");
    expect(phaseOf(rollout({ ...pause("CanaryPauseStep"), controllerPause: true })).phase).toBe("Paused");
  });

  it.each([
    [
      { conditions: [{ type: "Progressing", status: "False", reason: "RolloutAborted", message: "x" }] },
      {},
      "Degraded",
    ],
    [
      { conditions: [{ type: "InvalidSpec", status: "True", reason: "InvalidSpec", message: "x" }] },
      {},
      "Degraded",
    ],
    [{}, { paused: true }, "Paused"],
    [{ updatedReplicas: 1 }, { replicas: 2 }, "Progressing"],
    [{ updatedReplicas: 1, availableReplicas: 0 }, {}, "Progressing"],
    [{ updatedReplicas: 1, availableReplicas: 1, currentPodHash: "b", stableRS: "a" }, {}, "Progressing"],
    [
      { updatedReplicas: 1, availableReplicas: 1, replicas: 2, currentPodHash: "a", stableRS: "a" },
      {},
      "Progressing",
    ],
    [
      { updatedReplicas: 1, availableReplicas: 1, replicas: 1, currentPodHash: "a", stableRS: "a" },
      {},
      "Healthy",
    ],
    [
      { updatedReplicas: 1, availableReplicas: 1, currentPodHash: "b", blueGreen: { activeSelector: "a" } },
      { strategy: { blueGreen: {} } },
      "Progressing",
    ],
  ])("has a phase even if its controller does not say it: %j %j %s", (status, spec, phase) => {
    expect(phaseOf(rollout(status, spec)).phase).toBe(phase);
  });

  it("is not aborted any more once it is told to begin again, though the controller has not noticed", () => {
    const said = { phase: "Degraded", message: "RolloutAborted: Rollout aborted update to revision 2" };
    expect(phaseOf(rollout({ ...said, abort: true })).phase).toBe("Degraded");
    expect(phaseOf(rollout({ ...said, abort: false })).phase).toBe("Progressing");
    expect(phaseOf(rollout({ phase: "Degraded", message: "ProgressDeadlineExceeded: x" })).phase).toBe(
      "Degraded",
    );
    // The other way round: it is aborted as soon as it is told so.
    expect(stateOf(at(1, { phase: "Progressing", abort: true }))).toMatchObject({
      state: "failed",
      message: "web was aborted",
    });
  });

  it("says where it is", () => {
    expect([0, 1, 3, 4].map((index) => whereabouts(at(index)))).toEqual([
      "at step 1 of 4, weight 20%",
      "at step 2 of 4, weight 20%",
      "at step 4 of 4, weight 60%",
      "at the end of 4 steps, weight 100%",
    ]);
    expect(whereabouts(at(4, { stableRS: "b" }))).toBe("");
  });

  it("ends a pause by itself, or waits for somebody", () => {
    expect(pauseOf(at(1, pause("CanaryPauseStep")))).toEqual({ reason: "CanaryPauseStep" });
    expect(pauseOf(at(3, pause("CanaryPauseStep")))).toEqual({ reason: "CanaryPauseStep", duration: "10m" });
    const green = (seconds?: number) =>
      rollout(pause("BlueGreenPause"), { strategy: { blueGreen: { autoPromotionSeconds: seconds } } });
    expect(pauseOf(green())).toEqual({ reason: "BlueGreenPause" });
    expect(pauseOf(green(30))).toEqual({ reason: "BlueGreenPause", duration: "30" });
    expect(pauseOf(green(0))).toEqual({ reason: "BlueGreenPause" });
    expect(pauseOf(rollout({}))).toBeUndefined();
  });

  it("is judged by its phase: a timed pause is only time, a paused spec is a mistake", () => {
    expect(stateOf(rollout({ phase: "Healthy" }))).toMatchObject({ state: "healthy", message: "web ready" });
    expect(stateOf(at(1, pause("CanaryPauseStep")))).toMatchObject({
      state: "paused",
      message: "web is paused at step 2 of 4, weight 20% (CanaryPauseStep)",
    });
    expect(stateOf(at(3, pause("CanaryPauseStep")))).toMatchObject({
      state: "progressing",
      message: "web pauses for 10m at step 4 of 4, weight 60%",
    });
    expect(stateOf(rollout({ phase: "Paused", message: "manually paused" }, { paused: true }))).toMatchObject(
      { state: "failed" },
    );
    expect(stateOf(rollout({ phase: "Degraded", message: "RolloutAborted: x", abort: true }))).toMatchObject({
      state: "failed",
      message: "web was aborted: RolloutAborted: x",
    });
    expect(stateOf(rollout({}, {}, { deletionTimestamp: "2026-11-21T10:00:00Z" }))?.state).toBe("other");
    expect(stateOf(rollout({ observedGeneration: "3" }))?.troubles?.[0]?.graceMs).toBe(60_000);
  });
});

describe("commands for people", () => {
  it("are the plugin's where it is there, with its flags behind", () => {
    const commands = createCommands(() => kubectl, true);
    expect(commands(rollout({}), "retry")).toBe(
      "kubectl argo rollouts retry rollout web -n shop --context prod-eu",
    );
  });

  it("are kubectl's own where it is not", () => {
    const commands = createCommands(() => kubectl, false);
    expect(commands(rollout({}), "promote")).toBe(
      `kubectl --context prod-eu -n shop patch rollouts.argoproj.io web --subresource=status --type=merge -p '{"status":{"pauseConditions":null}}'`,
    );
    expect(commands(rollout({}), "get")).toBe(
      "kubectl --context prod-eu -n shop describe rollouts.argoproj.io web",
    );
  });
});
