import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CronJob } from "kubernetes-models/batch/v1/CronJob";
import { Job } from "kubernetes-models/batch/v1/Job";
import { ClusterRole } from "kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole";
import { ClusterRoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding";
import { Role } from "kubernetes-models/rbac.authorization.k8s.io/v1/Role";
import { RoleBinding } from "kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding";
import { Secret } from "kubernetes-models/v1/Secret";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { describe, expect, it } from "vitest";
import { parse } from "../../src/cli/program.ts";
import { root } from "../support/cli.ts";
import { type KubeFileObject, kubernetesFiles, objectsOf, podOf } from "../support/kubernetes-files.ts";

const models = { CronJob, Job, ClusterRole, ClusterRoleBinding, Role, RoleBinding, Secret, ServiceAccount };
const all = kubernetesFiles.flatMap((file) => objectsOf(file));
const pods = all
  .filter(({ kind }) => kind === "Job" || kind === "CronJob")
  .map((object) => ({ object, pod: podOf(object) }));
const job = objectsOf("release-sentinel-job.yaml")[0] as KubeFileObject;

describe("the files for Kubernetes", () => {
  it("are all looked at here", () => {
    expect(readdirSync(join(root, "k8s")).sort()).toEqual([...kubernetesFiles].sort());
  });

  it.each(all.map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
    "are valid by the current schema of Kubernetes: %s",
    (_, object) => {
      const Model = models[object.kind as keyof typeof models] as unknown as new (
        data: object,
      ) => { validate(): void };
      expect(Model, object.kind).toBeDefined();
      expect(() => new Model(object).validate()).not.toThrow();
      // A schema that says yes to everything proves nothing.
      expect(() => new Model({ ...object, metadata: { name: 1 } }).validate()).toThrow();
    },
  );

  it("run commands that there are", () => {
    for (const { pod } of pods) {
      for (const { args, env = [] } of pod.containers) {
        const value = (name: string) => env.find((entry) => entry.name === name)?.value ?? "";
        const words = args.map((word) => word.replace(/\$\((\w+)\)/g, (_, name: string) => value(name)));
        expect(() => parse(words), words.join(" ")).not.toThrow();
        expect(words.join(" ")).not.toContain("$(");
      }
    }
  });

  it("take secrets from Secrets alone, by names that the example has", () => {
    // No data, so that whoever applies it empties no Secret that is there.
    for (const object of objectsOf("secret-example.yaml"))
      expect(Object.keys(object)).toEqual(["apiVersion", "kind", "metadata", "type"]);
    const text = readFileSync(new URL("../../k8s/secret-example.yaml", import.meta.url), "utf8");
    const example = new Map(
      text.split("---\n").map((part) => {
        const keys = [...part.matchAll(/^# ([\w-]+): becomes /gm)].map(([, key]) => key);
        return [/^ {2}name: (.*)$/m.exec(part)?.[1], keys] as const;
      }),
    );
    const refs = pods.flatMap(({ pod }) => pod.containers.flatMap(({ env = [] }) => env));
    const secret = refs.filter(({ valueFrom }) => valueFrom !== undefined);
    expect(secret.map(({ name }) => name)).toEqual(["RS_DEPLOY_TOKEN", "SLACK_WEBHOOK_URL", "GITHUB_TOKEN"]);
    for (const { name, valueFrom } of secret) {
      const { name: of = "", key = "" } = valueFrom?.secretKeyRef ?? {};
      expect(example.get(of), name).toContain(key);
    }
    const open = refs.filter(({ value }) => value !== undefined).map(({ name }) => name);
    expect(open.filter((name) => /TOKEN|SECRET|PASSWORD|WEBHOOK|KEY/.test(name))).toEqual([]);
  });

  it("run once, as nobody in particular, on a root that cannot be written, within limits", () => {
    for (const { object, pod } of pods) {
      expect(pod.restartPolicy, object.metadata.name).toBe("Never");
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container.resources).toHaveProperty("limits.memory");
        expect(container.volumeMounts).toEqual([{ name: "tmp", mountPath: "/tmp" }]);
      }
    }
  });

  it("tell BLOCKED from CRITICAL by a rule for each", () => {
    expect(job["spec"]).toMatchObject({
      backoffLimit: 0,
      template: { spec: { automountServiceAccountToken: false } },
    });
    const { rules } = (
      job["spec"] as { podFailurePolicy: { rules: { action: string; onExitCodes?: object }[] } }
    ).podFailurePolicy;
    expect(rules.map(({ action }) => action)).toEqual(["FailJob", "FailJob", "Ignore"]);
    expect(rules.slice(0, 2).map(({ onExitCodes }) => onExitCodes)).toEqual([
      { containerName: "gate", operator: "In", values: [1] },
      { containerName: "gate", operator: "In", values: [2] },
    ]);
    expect(podOf(job).containers.map(({ name }) => name)).toEqual(["gate"]);
  });

  it("have a policy for failures that the current schema really looks into", () => {
    const broken = JSON.parse(JSON.stringify(job).replace('"operator":"In"', '"operator":7'));
    expect(() => new Job(broken).validate()).toThrow(/operator/);
  });

  it("allow nothing by a star", () => {
    const rules = all.flatMap((object) => (object["rules"] ?? []) as Record<string, string[]>[]);
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.flatMap((rule) => Object.values(rule).flat()).filter((word) => word.includes("*"))).toEqual(
      [],
    );
    expect(
      rules.flatMap(({ verbs = [] }) => verbs).filter((verb) => /escalate|bind|impersonate|watch/.test(verb)),
    ).toEqual([]);
  });
});
