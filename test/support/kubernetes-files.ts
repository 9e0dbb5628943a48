import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { root } from "./cli.ts";

/** One object of the files in k8s/, as far as tests look into it. */
export interface KubeFileObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [key: string]: unknown;
}

export const kubernetesFiles = [
  "release-sentinel-job.yaml",
  "secret-example.yaml",
  "rbac-apply.yaml",
  "rbac-preview.yaml",
  "preview-sweep-cronjob.yaml",
] as const;

export function objectsOf(file: (typeof kubernetesFiles)[number]): KubeFileObject[] {
  const documents = parseAllDocuments(readFileSync(join(root, "k8s", file), "utf8"));
  const [broken] = documents.flatMap(({ errors }) => errors);
  if (broken) throw broken;
  return documents.map((document) => document.toJS() as KubeFileObject);
}

export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
  }[];
  readonly securityContext: object;
  readonly resources: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface PodSpec {
  readonly restartPolicy: string;
  readonly securityContext: object;
  readonly containers: readonly Container[];
}

/** The pod that a Job or a CronJob makes. */
export function podOf(object: KubeFileObject): PodSpec {
  const spec = object["spec"] as {
    template?: { spec: PodSpec };
    jobTemplate?: { spec: { template: { spec: PodSpec } } };
  };
  const found = spec.template ?? spec.jobTemplate?.spec.template;
  if (!found) throw new Error(`${object.kind} has no pod`);
  return found.spec;
}
