import { describe, expect, it } from "vitest";
import {
  digestOf,
  nearbyQuestions,
  repositoryOf,
  runningDigests,
} from "../../../../src/deploy/kubernetes/nearby.ts";
import { coreKinds } from "../../../../src/deploy/kubernetes/states/kinds.ts";
import { live } from "./objects.ts";
import { scene } from "./states/fixtures.ts";

const sha = `sha256:${"a".repeat(64)}`;
const workload = (kind: string, name: string, matchLabels: object, meta: object = {}) =>
  live(kind === "Job" ? "batch/v1" : "apps/v1", kind, name, { spec: { selector: { matchLabels } } }, meta);

describe("what is asked about the pods of workloads", () => {
  it("is one question for all that share a label's name", () => {
    const both = [
      workload("Deployment", "web", { app: "web", tier: "x" }),
      workload("Deployment", "worker", { app: "worker" }),
      workload("DaemonSet", "agent", { app: "agent" }),
    ];
    expect(nearbyQuestions(both, coreKinds)).toEqual([
      {
        namespace: "shop",
        resources: ["pods", "controllerrevisions.apps", "replicasets.apps"],
        selector: "app in (agent,web,worker)",
      },
    ]);
  });

  it("is one for each namespace, and for the jobs", () => {
    const some = [
      workload("Deployment", "web", { app: "web" }),
      workload("Job", "migrate", { "controller-uid": "x" }),
      workload("StatefulSet", "db", { app: "db" }, { namespace: "data" }),
    ];
    expect(nearbyQuestions(some, coreKinds).map(({ namespace, selector }) => [namespace, selector])).toEqual([
      ["shop", "app in (web)"],
      ["shop", "job-name in (migrate)"],
      ["data", "app in (db)"],
    ]);
  });

  it("is everything where labels do not help", () => {
    const many = ["a", "b", "c", "d"].map((name) => workload("Deployment", name, { [name]: "1" }));
    expect(nearbyQuestions(many, coreKinds).map(({ selector }) => selector)).toEqual([""]);
    const byExpression = live("apps/v1", "Deployment", "web", {
      spec: { selector: { matchExpressions: [{}] } },
    });
    expect(nearbyQuestions([byExpression], coreKinds).map(({ selector }) => selector)).toEqual([""]);
    expect(nearbyQuestions([live("v1", "ConfigMap", "c")], coreKinds)).toEqual([]);
  });
});

describe("the digest of what runs", () => {
  it("is the repository's name with the registry's digest", () => {
    expect(digestOf("app:1", `docker-pullable://registry.example/app@${sha}`)).toBe(`app@${sha}`);
    expect(digestOf(`r:5000/app:1@${sha}`, "")).toBe(`r:5000/app@${sha}`);
    expect(digestOf("app:1", sha)).toBeUndefined();
    expect(["app", "app:1", "r:5000/app", "r:5000/a/b:1"].map(repositoryOf)).toEqual([
      "app",
      "app",
      "r:5000/app",
      "r:5000/a/b",
    ]);
  });

  it("leaves out containers that somebody has injected", () => {
    const { nearby } = scene("deployment-healthy");
    const pods = nearby.filter(({ kind }) => kind === "Pod");
    expect(runningDigests(pods, [{ name: "app", image: "healthy:1" }])).toEqual([
      expect.stringMatching(/^healthy@sha256:/),
    ]);
    expect(runningDigests(pods, [{ name: "proxy", image: "healthy:1" }])).toEqual([]);
  });
});
