import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../../src/deploy/kubernetes/object.ts";
import { podTroubles } from "../../../../../src/deploy/kubernetes/states/pod.ts";
import { scene } from "./fixtures.ts";

const never = Number.POSITIVE_INFINITY;

function pod(status: object, spec: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1", namespace: "shop", uid: "u1" },
    spec,
    status,
  };
}

const container = (state: object, more: object = {}) => ({
  phase: "Running",
  containerStatuses: [{ name: "app", image: "app:2", ready: false, restartCount: 0, state, ...more }],
});

const waiting = (reason: string, message = "", more: object = {}) =>
  container({ waiting: { reason, message } }, more);
const ended = (exitCode: number, reason = "Error") => ({ terminated: { exitCode, reason } });

const firstOf = (one: KubeObject, wellOthers = false) => podTroubles(one, wellOthers)[0];

describe("what keeps a pod from being ready", () => {
  it("is nothing when it is ready, done, or on its way out", () => {
    const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
    expect(podTroubles(pod(ready))).toEqual([]);
    expect(podTroubles(pod({ phase: "Succeeded" }))).toEqual([]);
    const { object, nearby } = scene("deployment-crash");
    const crashing = nearby.filter(({ kind }) => kind === "Pod");
    expect(object.metadata.name).toBe("crash");
    const leaving = crashing.map((one) => ({
      ...one,
      metadata: { ...one.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
    }));
    expect(crashing.flatMap((one) => podTroubles(one))).toHaveLength(1);
    expect(leaving.flatMap((one) => podTroubles(one))).toEqual([]);
  });

  it("a crash is no failure the first two times, and is one the third time", () => {
    const crash = (restartCount: number) =>
      pod(waiting("CrashLoopBackOff", "back-off", { restartCount, lastState: ended(1) }));
    expect([0, 1, 2, 3].map((restarts) => firstOf(crash(restarts))?.graceMs)).toEqual([never, never, 0, 0]);
    expect(firstOf(crash(2))?.what).toBe(
      "container app of pod web-1 crashes again and again (CrashLoopBackOff, 3 times): it ended with exit code 1",
    );
  });

  it("a crash among pods that are well takes twice as many", () => {
    const crash = (restartCount: number) =>
      pod(waiting("CrashLoopBackOff", "", { restartCount, lastState: ended(1) }));
    expect(firstOf(crash(2), true)?.graceMs).toBe(never);
    expect(firstOf(crash(5), true)?.graceMs).toBe(0);
  });

  it("having crashed, and running again, is no failure however often", () => {
    const running = pod(container({ running: {} }, { restartCount: 9, lastState: ended(1) }));
    expect(firstOf(running)).toMatchObject({
      graceMs: never,
      what: "container app of pod web-1 is not ready; before, it ended with exit code 1",
      log: { previous: true },
    });
  });

  it("too little memory is named, with the limit", () => {
    const one = pod(
      waiting("CrashLoopBackOff", "", { restartCount: 2, lastState: ended(137, "OOMKilled") }),
      {
        containers: [{ name: "app", resources: { limits: { memory: "64Mi" } } }],
      },
    );
    expect(firstOf(one)?.what).toContain("killed for using more memory than it may (OOMKilled, limit 64Mi)");
  });

  it("an image that is not there has ten seconds, a busy registry a minute, a bad name none", () => {
    const image = (reason: string, message: string) => firstOf(pod(waiting(reason, message)))?.graceMs;
    expect(image("ErrImagePull", "manifest unknown: not found")).toBe(10_000);
    expect(image("ImagePullBackOff", 'Back-off pulling image "app:2"')).toBe(10_000);
    expect(image("ErrImagePull", "dial tcp: i/o timeout")).toBe(60_000);
    expect(image("ErrImagePull", "429 Too Many Requests")).toBe(60_000);
    expect(image("ErrImagePull", "timeout after: pull access denied")).toBe(10_000);
    expect(image("InvalidImageName", "couldn't parse")).toBe(0);
  });

  it("that it cannot pull an image is one trouble, whatever the kubelet calls it at the moment", () => {
    const [one, other] = ["ErrImagePull", "ImagePullBackOff"].map((reason) => firstOf(pod(waiting(reason))));
    expect(one?.key).toBe(other?.key);
  });

  it("a missing key of its configuration has a while, for who brings it", () => {
    const one = firstOf(pod(waiting("CreateContainerConfigError", 'secret "keys" not found')));
    expect(one).toMatchObject({
      graceMs: 20_000,
      what: 'container app of pod web-1 cannot be started (CreateContainerConfigError): secret "keys" not found',
    });
  });

  it("no node has room for it, unless room is being made", () => {
    const conditions = [
      {
        type: "PodScheduled",
        status: "False",
        reason: "Unschedulable",
        message: "0/3 nodes are available: 3 Insufficient cpu.",
      },
    ];
    expect(podTroubles(pod({ phase: "Pending", conditions }))).toEqual([
      {
        key: "u1 unschedulable",
        what: "pod web-1 cannot be scheduled: 0/3 nodes are available: 3 Insufficient cpu.",
        graceMs: 30_000,
        uid: "u1",
      },
    ]);
    expect(podTroubles(pod({ phase: "Pending", conditions, nominatedNodeName: "node-2" }))).toEqual([]);
  });

  it("an init container that fails counts like any other", () => {
    const status = {
      phase: "Pending",
      initContainerStatuses: [
        {
          name: "migrate",
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: ended(2),
        },
      ],
      containerStatuses: [{ name: "app", state: { waiting: { reason: "PodInitializing" } } }],
    };
    expect(podTroubles(pod(status)).map(({ key, graceMs }) => [key, graceMs])).toEqual([
      ["u1 migrate crash", 0],
      ["u1 app creating", never],
    ]);
  });

  it("a pod that was evicted says why, and is made anew by its owner", () => {
    const one = pod({ phase: "Failed", reason: "Evicted", message: "low on memory" });
    expect(podTroubles(one)).toMatchObject([
      { what: "pod web-1 has failed: Evicted: low on memory", graceMs: never },
    ]);
  });

  it("what the cluster writes cannot break the line it is shown on", () => {
    const one = firstOf(pod(waiting("ErrImagePull", "a\nb\u001b[31m")));
    expect(one?.what).toContain("a\\nb\\x1b[31m");
  });
});
