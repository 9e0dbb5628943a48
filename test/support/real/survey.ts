import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { createKubectl } from "../../../src/clients/kubectl.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { type Located, type LocateRequest, locate } from "../../../src/deploy/kubernetes/locate.ts";
import {
  readPlace,
  type Surveyed,
  type SurveyOptions,
  surveyPlace,
} from "../../../src/deploy/kubernetes/survey.ts";
import { forever } from "../kubectl.ts";
import { tempFolder } from "../temp.ts";
import { kubeconfig } from "./cluster.ts";

/** Files of manifests by their names, in a folder that is gone when the test is. */
export function manifests(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder("rs-manifests-");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export interface SurveyAsked extends Partial<LocateRequest>, Partial<SurveyOptions> {
  /** What is surveyed, unless `manifests` says it. */
  readonly yaml?: string;
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
}

/** What would be found out of a manifest before anything is touched, on the test's cluster. */
export async function surveyed(asked: SurveyAsked): Promise<Surveyed & { readonly located: Located }> {
  const { secrets = new Secrets(), signal = forever } = asked;
  const env = { ...process.env, KUBECONFIG: asked.kubeconfig ?? kubeconfig.found ?? "" };
  const kubectl = createKubectl({ env });
  onTestFinished(() => kubectl.close());
  const folder = asked.yaml === undefined ? "/" : manifests({ "m.yaml": asked.yaml });
  const target = asked.namespace === undefined ? {} : { namespace: asked.namespace };
  const located = await locate(
    kubectl,
    {
      manifests: asked.manifests ?? (asked.yaml === undefined ? [] : [join(folder, "m.yaml")]),
      ...(asked.kustomize === undefined ? {} : { kustomize: asked.kustomize }),
      target: { ...target, ...asked.target },
    },
    { cwd: folder, stdin: Readable.from(asked.stdin ?? ""), secrets },
    signal,
  );
  const { serverSide, images = "resolve", resolveTag } = asked;
  const options = { serverSide, images, resolveTag, secrets };
  return { located, ...(await surveyPlace(located, options, readPlace(located, secrets, signal), signal)) };
}

/** A Deployment as most people write it. */
export function deployment(
  name: string,
  more: { image?: string; replicas?: number; namespace?: string } = {},
): string {
  const { image = "app:1", replicas = 1, namespace } = more;
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}${namespace ? `, namespace: ${namespace}` : ""}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "${image}"}]}
`;
}

export function configMap(name: string, data: Readonly<Record<string, string>> = {}, more = ""): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${more}}\ndata: ${JSON.stringify(data)}\n`;
}
