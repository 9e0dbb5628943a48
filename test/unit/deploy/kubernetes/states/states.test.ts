import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../../src/deploy/kubernetes/object.ts";
import { numberAt } from "../../../../../src/deploy/kubernetes/shape.ts";
import { daemonPods, daemonSetState } from "../../../../../src/deploy/kubernetes/states/daemon-set.ts";
import {
  deploymentState,
  newestPods,
  newestReplicaSet,
} from "../../../../../src/deploy/kubernetes/states/deployment.ts";
import { jobState } from "../../../../../src/deploy/kubernetes/states/job.ts";
import { coreKinds } from "../../../../../src/deploy/kubernetes/states/kinds.ts";
import { statefulPods, statefulSetState } from "../../../../../src/deploy/kubernetes/states/stateful-set.ts";
import { scene, withPart } from "./fixtures.ts";

const keys = (troubles: readonly { key: string }[] = []) => troubles.map(({ key }) => key.split(" ").at(-1));

describe("a Deployment", () => {
  it("is well when all of it is new and ready, and when it is scaled to nothing", () => {
    for (const [name, message] of [
      ["deployment-healthy", "healthy ready"],
      ["deployment-zero", "zero scaled to 0"],
    ] as const) {
      const { object, nearby } = scene(name);
      expect(deploymentState(object, { nearby })).toEqual({ state: "healthy", message });
    }
  });

  it("is in progress while new pods are not ready, and says how many are", () => {
    const { object, nearby } = scene("deployment-half-out");
    expect(numberAt(object, "status", "availableReplicas")).toBe(3);
    expect(deploymentState(object, { nearby })).toMatchObject({
      state: "progressing",
      message: "half 0 of 3 ready",
    });
  });

  it("is in progress while pods of the old are left", () => {
    const { object } = scene("deployment-healthy");
    const crowded = withPart(object, ["status", "replicas"], 3);
    expect(deploymentState(crowded, { nearby: [] })).toMatchObject({
      state: "progressing",
      message: "healthy ready, 1 of the old to go",
    });
  });

  it("is in progress until minReadySeconds are over, although its pods are ready", () => {
    const { object, nearby } = scene("deployment-min-ready-seconds");
    expect(numberAt(object, "status", "readyReplicas")).toBe(1);
    expect(deploymentState(object, { nearby })).toEqual({
      state: "progressing",
      message: "minready 0 of 1 ready",
      troubles: [],
    });
  });

  it("says nothing of what its controller has not seen yet", () => {
    const { object, nearby } = scene("deployment-deadline");
    const generation = (object.metadata.generation ?? 0) + 1;
    expect(deploymentState(withPart(object, ["metadata", "generation"], generation), { nearby })).toEqual({
      state: "progressing",
      message: "stale is not yet seen by its controller",
    });
  });

  it("has failed when its progress deadline is over, and what hinders is told", () => {
    const { object, nearby } = scene("deployment-deadline");
    const { state, troubles } = deploymentState(object, { nearby });
    expect(state).toBe("failed");
    expect(new Set(keys(troubles))).toEqual(new Set(["deadline", "unready"]));
    expect(troubles?.[0]?.what).toBe("stale made no progress for 3 s (ProgressDeadlineExceeded)");
  });

  it("has not failed when the deadline was that of the revision before an undo", () => {
    const { object, nearby } = scene("deployment-deadline");
    const newest = newestReplicaSet(object, { nearby });
    const old = nearby.find(
      ({ kind, metadata }) => kind === "ReplicaSet" && metadata.uid !== newest?.metadata.uid,
    );
    const template = (old as KubeObject)["spec"] as { template: unknown };
    const undone = withPart(object, ["spec", "template"], template.template);
    expect(deploymentState(undone, { nearby }).state).toBe("progressing");
    expect(keys(deploymentState(undone, { nearby }).troubles)).not.toContain("deadline");
  });

  it("has not failed by a deadline older than its template, where replica sets may not be read", () => {
    const { object } = scene("deployment-deadline");
    const changed = (time: string) =>
      withPart(
        object,
        ["metadata", "managedFields"],
        [{ manager: "x", operation: "Update", time, fieldsV1: { "f:spec": { "f:template": {} } } }],
      );
    const said = (
      object["status"] as { conditions: { type: string; lastUpdateTime: string }[] }
    ).conditions.find(({ type }) => type === "Progressing");
    const earlier = new Date(Date.parse(said?.lastUpdateTime ?? "") - 3000).toISOString();
    expect(deploymentState(changed(said?.lastUpdateTime ?? ""), { nearby: [] }).state).toBe("progressing");
    expect(deploymentState(changed(earlier), { nearby: [] }).state).toBe("failed");
  });

  it("that is paused has failed: waiting does not help", () => {
    const { object, nearby } = scene("deployment-paused");
    expect(deploymentState(object, { nearby })).toEqual({
      state: "failed",
      message: "paused is paused: nothing rolls out",
      remedy: "kubectl rollout resume deployment/paused -n rs-k-probe",
    });
    expect(
      deploymentState(withPart(scene("deployment-healthy").object, ["spec", "paused"], true), { nearby: [] })
        .state,
    ).toBe("healthy");
  });

  it("is being removed by somebody: that is something else", () => {
    const { object } = scene("deployment-healthy");
    const leaving = withPart(object, ["metadata", "deletionTimestamp"], "2026-01-01T00:00:00Z");
    expect(deploymentState(leaving, { nearby: [] }).state).toBe("other");
  });

  it("is blamed for pods of its newest revision alone", () => {
    const { object, nearby } = scene("deployment-old-crash");
    const pods = nearby.filter(({ kind }) => kind === "Pod");
    expect(pods).toHaveLength(2);
    expect(newestPods(object, { nearby }).map((pod) => pod.metadata.name)).toHaveLength(1);
    expect(keys(deploymentState(object, { nearby }).troubles)).toEqual(["unready"]);
  });

  it("is not blamed for what another one's replica set does, be its labels the same", () => {
    const { object, nearby } = scene("deployment-crash");
    expect(keys(deploymentState(object, { nearby }).troubles)).toEqual(["crash"]);
    const foreign = nearby.map((one) => {
      const [owner] = one.metadata.ownerReferences ?? [];
      const isSet = one.kind === "ReplicaSet" && owner !== undefined;
      return isSet
        ? withPart(one, ["metadata", "ownerReferences"], [{ ...owner, uid: "of-somebody-else" }])
        : one;
    });
    expect(deploymentState(object, { nearby: foreign }).troubles).toEqual([]);
  });

  it("takes the oldest of replica sets that are alike, as its controller does", () => {
    const { object, nearby } = scene("deployment-healthy");
    const set = nearby.find(({ kind }) => kind === "ReplicaSet") as KubeObject;
    const aged = (name: string, creationTimestamp: string) => ({
      ...set,
      metadata: { ...set.metadata, name, creationTimestamp },
    });
    const sets = ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"].map((time, i) =>
      aged(`set-${i}`, time),
    );
    expect(newestReplicaSet(object, { nearby: sets })?.metadata.name).toBe("set-1");
  });

  it("whose pods are not let in says what lets them not in", () => {
    const { object, nearby } = scene("deployment-quota");
    const { state, troubles } = deploymentState(object, { nearby });
    expect(state).toBe("progressing");
    expect(troubles?.find(({ key }) => key.endsWith("refused"))).toMatchObject({
      what: expect.stringMatching(/^pods of quota are not let in \(FailedCreate\): .*exceeded quota: q/),
      graceMs: 20_000,
    });
  });
});

describe("a StatefulSet", () => {
  it("is well when all of its pods are ready and of the present revision", () => {
    const { object, nearby } = scene("stateful-set-healthy");
    expect(statefulSetState(object, { nearby })).toEqual({ state: "healthy", message: "ordered ready" });
  });

  it("is in progress while a new pod is broken, and only that one is looked at", () => {
    const { object, nearby } = scene("stateful-set-broken");
    expect(statefulPods(object, { nearby })).toHaveLength(1);
    const { state, troubles, message } = statefulSetState(object, { nearby });
    expect(state).toBe("progressing");
    expect(message).toBe("ordered 0 of 2 ready");
    expect(keys(troubles)).toEqual(["image"]);
  });

  it("with OnDelete is well while old pods run, and says that they do", () => {
    const { object, nearby } = scene("stateful-set-on-delete");
    expect(statefulSetState(object, { nearby })).toEqual({
      state: "healthy",
      message: "ondelete ready, 2 of 2 still old: OnDelete changes a pod when it is deleted",
    });
  });

  it("with a partition is well when the pods above it are new", () => {
    const { object, nearby } = scene("stateful-set-partition");
    expect(statefulSetState(object, { nearby })).toEqual({
      state: "healthy",
      message: "partition ready, 1 of 2 new: its partition 1 keeps the others as they are",
    });
    const early = withPart(object, ["status", "updatedReplicas"], 0);
    expect(statefulSetState(early, { nearby }).state).toBe("progressing");
  });

  it("is in progress while pods are ready but not yet available", () => {
    const { object } = scene("stateful-set-healthy");
    const early = withPart(object, ["status", "availableReplicas"], 1);
    expect(statefulSetState(early, { nearby: [] })).toMatchObject({ message: "ordered 1 of 2 ready" });
  });
});

describe("a DaemonSet", () => {
  it("is well when every node has the new pod", () => {
    const { object, nearby } = scene("daemon-set-healthy");
    expect(daemonSetState(object, { nearby })).toEqual({ state: "healthy", message: "daemon ready" });
  });

  it("knows its new pods by the newest controller revision", () => {
    const { object, nearby } = scene("daemon-set-crash");
    expect(nearby.filter(({ kind }) => kind === "ControllerRevision")).toHaveLength(2);
    expect(daemonPods(object, { nearby })).toHaveLength(1);
    const { state, troubles } = daemonSetState(object, { nearby });
    expect(state).toBe("progressing");
    expect(troubles?.map(({ what }) => what).join()).toMatch(
      /^container app of pod daemon-\w+ crashes again and again/,
    );
  });

  it("with a surge is in progress while the old pod is still there beside the new one", () => {
    const { object } = scene("daemon-set-healthy");
    const surging = withPart(object, ["spec", "updateStrategy"], {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
    const half = withPart(surging, ["status", "updatedNumberScheduled"], 0);
    expect(daemonSetState(half, { nearby: [] })).toMatchObject({ message: "daemon 0 of 1 ready" });
    expect(daemonSetState(surging, { nearby: [] }).state).toBe("healthy");
  });
});

describe("a Job", () => {
  it("is well when it is complete", () => {
    const { object, nearby } = scene("job-complete");
    expect(jobState(object, { nearby })).toEqual({ state: "healthy", message: "good-job complete" });
  });

  it("has failed when it says so, and its pods tell more", () => {
    const { object, nearby } = scene("job-failed");
    const { state, troubles } = jobState(object, { nearby });
    expect(state).toBe("failed");
    expect(troubles?.map(({ what }) => what)).toEqual([
      "job bad-job has failed (BackoffLimitExceeded: Job has reached the specified backoff limit)",
      expect.stringMatching(/^container app of pod bad-job-\w+ crashed: it ended with exit code 1$/),
      expect.stringMatching(/^container app of pod bad-job-\w+ crashed: it ended with exit code 1$/),
    ]);
  });

  it("is not given up before it gives up itself", () => {
    const { object, nearby } = scene("job-failed");
    const going = withPart(object, ["status", "conditions"], []);
    const { state, message, troubles } = jobState(going, { nearby });
    expect({ state, message }).toEqual({
      state: "progressing",
      message: "bad-job 0 of 1 complete, 2 failed",
    });
    expect(troubles?.every(({ graceMs }) => graceMs === Number.POSITIVE_INFINITY)).toBe(true);
  });

  it("leaves it to itself how often its pods may crash", () => {
    const { object, nearby } = scene("job-failed");
    const status = {
      phase: "Running",
      containerStatuses: [
        { name: "app", restartCount: 9, state: { waiting: { reason: "CrashLoopBackOff" } } },
      ],
    };
    const crashing = nearby.map((one) => (one.kind === "Pod" ? withPart(one, ["status"], status) : one));
    const { troubles } = jobState(withPart(object, ["status"], {}), { nearby: crashing });
    expect(troubles?.map(({ graceMs }) => graceMs)).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("that is suspended is as it was asked for", () => {
    const { object } = scene("job-failed");
    const suspended = withPart(withPart(object, ["status"], {}), ["spec", "suspend"], true);
    expect(jobState(suspended, { nearby: [] })).toEqual({ state: "healthy", message: "bad-job suspended" });
  });
});

describe("other kinds", () => {
  const object = (apiVersion: string, kind: string, status: object): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name: "it" },
    status,
  });
  const stateOf = (kind: string, one: KubeObject) => coreKinds[kind]?.state(one, { nearby: [] }).state;

  it("a definition is well when it is served, and has failed when its names are taken", () => {
    const kind = "apiextensions.k8s.io/CustomResourceDefinition";
    const definition = (type: string, status: string) =>
      object("apiextensions.k8s.io/v1", "CustomResourceDefinition", { conditions: [{ type, status }] });
    expect(stateOf(kind, definition("Established", "True"))).toBe("healthy");
    expect(stateOf(kind, definition("Established", "False"))).toBe("progressing");
    expect(stateOf(kind, definition("NamesAccepted", "False"))).toBe("failed");
  });

  it("a claim may wait for its first pod, but not lose its volume", () => {
    const claim = (phase: string) => object("v1", "PersistentVolumeClaim", { phase });
    expect(stateOf("/PersistentVolumeClaim", claim("Pending"))).toBe("healthy");
    expect(stateOf("/PersistentVolumeClaim", claim("Lost"))).toBe("failed");
  });

  it("a pod by itself is well when it is ready or done, and has failed when it failed", () => {
    const pod = (phase: string, ready: string) =>
      object("v1", "Pod", { phase, conditions: [{ type: "Ready", status: ready }] });
    expect(stateOf("/Pod", pod("Running", "True"))).toBe("healthy");
    expect(stateOf("/Pod", pod("Succeeded", "False"))).toBe("healthy");
    expect(stateOf("/Pod", pod("Running", "False"))).toBe("progressing");
    expect(stateOf("/Pod", pod("Failed", "False"))).toBe("failed");
  });
});
