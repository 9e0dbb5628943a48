import { describe, expect, it } from "vitest";
import { type KubeObject, keyOf, refOf } from "../../../../src/deploy/kubernetes/object.ts";
import type { Captured } from "../../../../src/deploy/kubernetes/record.ts";
import { changedByHand, expectedAfter, restorePlan } from "../../../../src/deploy/kubernetes/restore-plan.ts";
import { deploymentOf, live, settings } from "./objects.ts";

const none: ReadonlySet<string> = new Set();
const there = (...objects: KubeObject[]) => new Map(objects.map((object) => [keyOf(refOf(object)), object]));
const kept = (object: KubeObject): Captured => ({ ref: refOf(object), object });
const absent = (object: KubeObject): Captured => ({ ref: refOf(object), object: null });
const said = (actions: ReturnType<typeof restorePlan>) =>
  actions.map(({ kind, ref }) => `${kind} ${ref.kind} ${ref.name}`);

const leaving = { deletionTimestamp: "2026-01-01T00:00:00Z" };
const hpa = live("autoscaling/v2", "HorizontalPodAutoscaler", "web", { spec: {} });
const job = (meta: object = {}) => live("batch/v1", "Job", "migrate", { spec: { template: {} } }, meta);

describe("the plan of a way back", () => {
  it("puts back, creates, removes, and leaves alone what is right", () => {
    const captured = [
      kept(settings({ a: "1" })),
      kept(deploymentOf("web", "web:1")),
      kept(live("v1", "Service", "web", { spec: {} })),
      absent(live("v1", "Secret", "new")),
      absent(live("v1", "Secret", "never")),
    ];
    const now = there(settings({ a: "1" }), deploymentOf("web", "web:2"), live("v1", "Secret", "new"));
    expect(said(restorePlan(captured, now, none))).toEqual([
      "same ConfigMap settings",
      "same Secret never",
      "create Service web",
      "replace Deployment web",
      "remove Secret new",
    ]);
  });

  it("brings what others stand on first, takes it away last where it may, and a new autoscaler before all", () => {
    const captured = [
      deploymentOf("web", "web:1"),
      hpa,
      live("v1", "Service", "web"),
      settings({}),
      live("v1", "Namespace", "n"),
    ];
    expect(said(restorePlan(captured.map(kept), there(), none)).map((text) => text.split(" ")[1])).toEqual([
      "Namespace",
      "ConfigMap",
      "Service",
      "Deployment",
      "HorizontalPodAutoscaler",
    ]);
    expect(
      said(restorePlan(captured.map(absent), there(...captured), none)).map((text) => text.split(" ")[1]),
    ).toEqual(["HorizontalPodAutoscaler", "Namespace", "Deployment", "Service", "ConfigMap"]);
  });

  it("knows what is in the way of what comes back until it is gone", () => {
    const going = settings({ a: "2" }, leaving);
    const [action] = restorePlan([kept(settings({ a: "1" }))], there(going), none);
    expect(action).toMatchObject({ kind: "create", leaving: going });
  });

  it("takes away in the opposite order of the manifest", () => {
    const [a, b] = [settings({}, { name: "a" }), settings({}, { name: "b" })] as const;
    expect(said(restorePlan([absent(a), absent(b)], there(a, b), none))).toEqual([
      "remove ConfigMap b",
      "remove ConfigMap a",
    ]);
  });

  it("never runs a job again", () => {
    expect(said(restorePlan([kept(job())], there(), none))).toEqual(["leave Job migrate"]);
    expect(said(restorePlan([kept(job())], there(job({ uid: "another" })), none))).toEqual([
      "leave Job migrate",
    ]);
    expect(said(restorePlan([kept(job())], there(job()), none))).toEqual(["same Job migrate"]);
  });

  it("leaves a volume claim that has data, and what belongs to somebody", () => {
    const claim = (phase: string) => live("v1", "PersistentVolumeClaim", "data", { status: { phase } });
    expect(said(restorePlan([absent(claim("Bound"))], there(claim("Bound")), none))[0]).toMatch(/^leave/);
    expect(said(restorePlan([absent(claim("Pending"))], there(claim("Pending")), none))[0]).toMatch(
      /^remove/,
    );
    const owned = settings(
      {},
      { ownerReferences: [{ apiVersion: "v1", kind: "Lamp", name: "l", uid: "u", controller: true }] },
    );
    expect(restorePlan([absent(owned)], there(owned), none)).toMatchObject([
      { kind: "leave", why: "it belongs to Lamp l" },
    ]);
  });

  it("leaves what would take along things of others: a namespace, a kind, a volume in use", () => {
    const crd = live("apiextensions.k8s.io/v1", "CustomResourceDefinition", "lamps.example.com");
    const volume = (phase: string, name: string) =>
      live("v1", "PersistentVolume", name, { status: { phase } }, { namespace: undefined });
    const new_ = [live("v1", "Namespace", "n"), crd, volume("Bound", "used"), volume("Available", "free")];
    expect(said(restorePlan(new_.map(absent), there(...new_), none)).sort()).toEqual([
      "leave CustomResourceDefinition lamps.example.com",
      "leave Namespace n",
      "leave PersistentVolume used",
      "remove PersistentVolume free",
    ]);
  });

  it("takes what is on its way out for gone", () => {
    const going = settings({ a: "1" }, leaving);
    expect(said(restorePlan([absent(going)], there(going), none))).toEqual(["same ConfigMap settings"]);
    expect(said(restorePlan([kept(settings({ a: "1" }))], there(going), none))).toEqual([
      "create ConfigMap settings",
    ]);
    expect(said(restorePlan([kept(going)], there(), none))).toEqual(["leave ConfigMap settings"]);
  });

  it("waits for what it has put there, and not for what it has left, nor for a job that had failed before", () => {
    const failed = { ...job(), status: { conditions: [{ type: "Failed", status: "True" }] } } as KubeObject;
    const captured = [
      kept(settings({})),
      kept(job()),
      kept({ ...failed, metadata: { ...failed.metadata, name: "old" } }),
    ];
    const actions = restorePlan(captured, there(settings({})), none);
    expect(expectedAfter(actions, captured).map(({ ref }) => ref.name)).toEqual(["settings"]);
  });

  it("knows by the server's clock who has changed something by hand since", () => {
    const by = (manager: string, time: string, more: object = {}) => ({
      manager,
      time,
      operation: "Update",
      ...more,
    });
    const before = settings({}, { managedFields: [by("kubectl-edit", "2026-01-01T00:00:05Z")] });
    const now = (...managedFields: object[]) => settings({}, { managedFields });
    expect(changedByHand(before, now(by("kubectl-edit", "2026-01-01T00:00:05Z")))).toEqual([]);
    expect(
      changedByHand(
        before,
        now(
          by("kubectl-client-side-apply", "2026-01-01T00:00:09Z"),
          by("kube-controller-manager", "2026-01-01T00:00:09Z"),
          by("kubectl-scale", "2026-01-01T00:00:09Z", { subresource: "scale" }),
          by("kubectl-edit", "2026-01-01T00:00:09Z"),
        ),
      ),
    ).toEqual(["kubectl-edit"]);
  });
});
