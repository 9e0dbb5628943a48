import { describe, expect, it } from "vitest";
import type { Kubectl } from "../../../../src/clients/kubectl.ts";
import { KubectlFailure } from "../../../../src/clients/kubectl.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";
import { refOf } from "../../../../src/deploy/kubernetes/object.ts";
import { createObserver, type Expected, sightOf } from "../../../../src/deploy/kubernetes/observe.ts";
import { coreKinds } from "../../../../src/deploy/kubernetes/states/kinds.ts";
import { kubectlOf } from "../../../support/kubectl.ts";
import { deploymentOf, settings } from "./objects.ts";
import { type Scene, scene, withPart } from "./states/fixtures.ts";

const { signal } = new AbortController();

/** Answers as a cluster would that stands still until another scene is put up; its clock is moved by hand. */
function stage(first: Scene) {
  let [on, time] = [first, 0];
  let trouble: KubectlFailure | undefined;
  const asked: string[] = [];
  const list = (items: readonly object[]) => JSON.stringify({ kind: "List", items });
  const run: Kubectl["run"] = async ([verb = "", what = ""]) => {
    asked.push(`${verb} ${what}`);
    if (trouble) throw trouble;
    const events = on.events.map(({ uid, at, ...event }) => ({
      ...event,
      kind: "Event",
      type: "Warning",
      involvedObject: { uid },
      lastTimestamp: new Date(at).toISOString(),
    }));
    if (verb === "logs") return { code: 0, stdout: "last words\n", stderr: "" };
    const items = what === "-f" ? [on.object] : what === "events" ? events : on.nearby;
    return { code: 0, stdout: list(items), stderr: "" };
  };
  const kubectl = kubectlOf(run);
  const observer = createObserver({ kubectl, secrets: new Secrets(), now: () => time });
  const others: KubeObject[] = [];
  const expected = (): Expected[] => [on.object, ...others].map((object) => ({ ref: refOf(object), object }));
  return {
    asked,
    show: (next: Scene) => (on = next),
    /** For an object more, which is not there. */
    wait: (object: KubeObject) => others.push(object),
    fail: (failure: KubectlFailure | undefined) => (trouble = failure),
    async lookAt(ms: number) {
      time = ms;
      return await observer.look(expected(), signal);
    },
  };
}

/** The scene with one part of its only pod's container changed. */
function withContainer(from: Scene, part: object): Scene {
  const nearby = from.nearby.map((one) => {
    const statuses = (one["status"] as { containerStatuses?: object[] } | undefined)?.containerStatuses;
    if (one.kind !== "Pod" || statuses === undefined) return one;
    return withPart(one, ["status", "containerStatuses"], [{ ...statuses[0], ...part }]);
  });
  return { ...from, nearby };
}

describe("a look at a rollout", () => {
  it("gives an image ten seconds in a row before it calls the deploy failed", async () => {
    const on = stage(scene("deployment-image"));
    expect((await on.lookAt(0)).state).toBe("progressing");
    expect((await on.lookAt(9_000)).state).toBe("progressing");
    const failed = await on.lookAt(10_000);
    expect(failed.state).toBe("failed");
    expect(failed.why).toMatch(/cannot get its image broken-app:1/);
    expect(failed.message).toBe("image 0 of 1 ready");
  });

  it("begins to count anew when the trouble was gone in between", async () => {
    const image = scene("deployment-image");
    const on = stage(image);
    await on.lookAt(0);
    on.show(withContainer(image, { state: { running: {} } }));
    expect((await on.lookAt(9_000)).state).toBe("progressing");
    on.show(image);
    expect((await on.lookAt(12_000)).state).toBe("progressing");
    expect((await on.lookAt(22_000)).state).toBe("failed");
  });

  it("does not call a pod failed that crashed once and came back", async () => {
    const crash = scene("deployment-crash");
    const state = { waiting: { reason: "CrashLoopBackOff" } };
    const on = stage(withContainer(crash, { restartCount: 1, state }));
    for (const ms of [0, 30_000, 60_000]) expect((await on.lookAt(ms)).state).toBe("progressing");
    on.show(withContainer(crash, { restartCount: 2, state: { running: {} } }));
    expect((await on.lookAt(90_000)).state).toBe("progressing");
    on.show(withContainer(crash, { restartCount: 2, state }));
    const failed = await on.lookAt(91_000);
    expect(failed.state).toBe("failed");
    expect(failed.why).toContain("“last words”");
  });

  it("says why it takes long before anything has failed, and asks for that no more than it must", async () => {
    const on = stage(scene("deployment-half-out"));
    expect((await on.lookAt(0)).why).toBeUndefined();
    expect(on.asked.filter((one) => /events|logs/.test(one))).toEqual([]);
    expect((await on.lookAt(5_000)).why).toContain("runs and is not ready");
    const asked = on.asked.filter((one) => one.startsWith("logs")).length;
    for (const ms of [6_000, 7_000, 8_000]) expect((await on.lookAt(ms)).why).toBeDefined();
    expect(on.asked.filter((one) => one.startsWith("logs")).length).toBe(asked);
  });

  it("goes on waiting while the server is away, and remembers what it has seen", async () => {
    const on = stage(scene("deployment-image"));
    await on.lookAt(0);
    on.fail(new KubectlFailure([{ reason: "unreachable", message: "connection refused" }]));
    expect(await on.lookAt(5_000)).toEqual({
      state: "progressing",
      message: "the API server cannot be asked just now: connection refused",
      unseen: true,
    });
    on.fail(undefined);
    expect((await on.lookAt(10_000)).state).toBe("failed");
  });

  it("ends at once when it may not look", async () => {
    const on = stage(scene("deployment-image"));
    on.fail(new KubectlFailure([{ reason: "Forbidden", message: "pods is forbidden" }]));
    await expect(on.lookAt(0)).rejects.toMatchObject({
      message: "the state of the deploy cannot be read: pods is forbidden",
      final: true,
    });
  });

  it("has done with two runs of kubectl when all is well", async () => {
    const on = stage(scene("deployment-healthy"));
    expect(await on.lookAt(0)).toMatchObject({
      state: "healthy",
      digests: [expect.stringMatching(/^healthy@sha256:/)],
    });
    expect(on.asked).toHaveLength(2);
  });

  it("says that something else is there, whatever else is in progress", async () => {
    const on = stage(scene("deployment-half-out"));
    await on.lookAt(0);
    on.wait(scene("deployment-healthy").object);
    expect(await on.lookAt(1_000)).toMatchObject({
      state: "other",
      message: "half 0 of 3 ready, Deployment rs-k-probe/healthy is not there",
    });
  });

  it("looks for objects of every kind, and asks even where none of them takes time", async () => {
    const on = stage({ object: settings({}), nearby: [], events: [] } as unknown as Scene);
    expect(await on.lookAt(0)).toMatchObject({ state: "healthy", message: "everything is there" });
    expect(on.asked).toEqual(["get -f"]);
    on.wait(settings({}, { name: "gone" }));
    expect(await on.lookAt(1_000)).toMatchObject({
      state: "other",
      message: "ConfigMap shop/gone is not there",
    });
  });

  it("waits for nodes that are on their way", async () => {
    const base = scene("deployment-image");
    const conditions = [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "no room" },
    ];
    const nearby = base.nearby.map((one) =>
      one.kind === "Pod" ? withPart(one, ["status"], { conditions }) : one,
    );
    const uid = nearby.find(({ kind }) => kind === "Pod")?.metadata.uid ?? "";
    const coming = { uid, reason: "TriggeredScaleUp", message: "", count: 1, isWarning: false, at: 1 };
    const alone = stage({ ...base, nearby, events: [] });
    const helped = stage({ ...base, nearby, events: [coming] });
    for (const on of [alone, helped]) for (const ms of [0, 20_000]) await on.lookAt(ms);
    expect((await alone.lookAt(30_000)).state).toBe("failed");
    expect((await helped.lookAt(30_000)).state).toBe("progressing");
  });
});

describe("what is expected", () => {
  const see = (wanted: KubeObject | null, live: KubeObject | null, isRaw = false) => {
    const object = wanted ?? live;
    if (object === null) throw new Error("nothing to see");
    return sightOf({ ref: refOf(object), object: wanted, isRaw }, live, { nearby: [] }, coreKinds).state;
  };

  it("is the same pod template, but for a restart by hand", () => {
    const wanted = deploymentOf("web", "web:1");
    expect(see(wanted, deploymentOf("web", "web:2"))).toMatchObject({
      state: "other",
      message: "Deployment shop/web was changed by somebody else: it has another pod template",
    });
    const restarted = withPart(wanted, ["spec", "template", "metadata"], {
      labels: { app: "web" },
      annotations: { "kubectl.kubernetes.io/restartedAt": "now" },
      creationTimestamp: null,
    });
    expect(see(wanted, restarted).state).not.toBe("other");
    expect(see(wanted, deploymentOf("web", "web:2"), true).state).not.toBe("other");
  });

  it("is there, or gone, as it should be", () => {
    expect(see(settings({}), settings({ other: "1" })).state).toBe("healthy");
    expect(see(settings({}), null)).toEqual({
      state: "other",
      message: "ConfigMap shop/settings is not there",
    });
    expect(see(null, settings({}))).toEqual({
      state: "other",
      message: "ConfigMap shop/settings is still there",
    });
    expect(see(null, settings({}, { deletionTimestamp: "2026-01-01T00:00:00Z" })).state).toBe("progressing");
  });
});
