import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { at, groupOf, type KubeObject } from "./object.ts";

/** How the API speaks of a kind. */
export interface KindFacts {
  /** `deployments`. */
  readonly resource: string;
  readonly namespaced: boolean;
}

/** Facts by `Kind.group` (`Kind.` for the core group). */
export type Kinds = ReadonlyMap<string, KindFacts>;

export function kindKey(apiVersion: string, kind: string): string {
  return `${kind}.${groupOf(apiVersion)}`;
}

/**
 * What is to be known of the kinds of these objects: from what every cluster has, from CRDs among them, and only if that is not
 * enough from the server. Kinds that nobody knows are missing in the answer. @throws KubectlFailure
 */
export async function learnKinds(
  kubectl: Kubectl,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Kinds> {
  const kinds = new Map(wellKnown);
  for (const object of objects) learnFromCrd(object, kinds);
  const missing = objects.some(({ apiVersion, kind }) => !kinds.has(kindKey(apiVersion, kind)));
  if (missing) await askServer(kubectl, kinds, signal);
  return kinds;
}

function learnFromCrd(object: KubeObject, kinds: Map<string, KindFacts>): void {
  if (kindKey(object.apiVersion, object.kind) !== "CustomResourceDefinition.apiextensions.k8s.io") return;
  const [kind, resource] = [at(object, "spec", "names", "kind"), at(object, "spec", "names", "plural")];
  const group = at(object, "spec", "group");
  if (typeof kind !== "string" || typeof resource !== "string" || typeof group !== "string") return;
  kinds.set(`${kind}.${group}`, { resource, namespaced: at(object, "spec", "scope") !== "Cluster" });
}

async function askServer(
  kubectl: Kubectl,
  kinds: Map<string, KindFacts>,
  signal: AbortSignal,
): Promise<void> {
  // It fails when one of many APIs (metrics, say) is down, and still lists the rest.
  const { stdout, stderr } = await kubectl.run(["api-resources", "--no-headers"], { signal });
  if (stdout.trim() === "") throw KubectlFailure.from(stderr);
  for (const line of stdout.split("\n")) {
    const words = line.trim().split(/\s+/);
    const [kind, namespaced, apiVersion] = words.slice(-3).reverse();
    const resource = words[0];
    if (words.length < 4 || !kind || !apiVersion || !resource) continue;
    const key = kindKey(apiVersion, kind);
    if (!kinds.has(key)) kinds.set(key, { resource, namespaced: namespaced === "true" });
  }
}

const inNamespaces: Readonly<Record<string, string>> = {
  "": "ConfigMap=configmaps Endpoints=endpoints LimitRange=limitranges PersistentVolumeClaim=persistentvolumeclaims Pod=pods PodTemplate=podtemplates ReplicationController=replicationcontrollers ResourceQuota=resourcequotas Secret=secrets Service=services ServiceAccount=serviceaccounts",
  apps: "ControllerRevision=controllerrevisions DaemonSet=daemonsets Deployment=deployments ReplicaSet=replicasets StatefulSet=statefulsets",
  autoscaling: "HorizontalPodAutoscaler=horizontalpodautoscalers",
  batch: "CronJob=cronjobs Job=jobs",
  "coordination.k8s.io": "Lease=leases",
  "discovery.k8s.io": "EndpointSlice=endpointslices",
  "networking.k8s.io": "Ingress=ingresses NetworkPolicy=networkpolicies",
  policy: "PodDisruptionBudget=poddisruptionbudgets",
  "rbac.authorization.k8s.io": "Role=roles RoleBinding=rolebindings",
  "argoproj.io":
    "Rollout=rollouts AnalysisRun=analysisruns AnalysisTemplate=analysistemplates Experiment=experiments",
};

const inClusters: Readonly<Record<string, string>> = {
  "": "Namespace=namespaces Node=nodes PersistentVolume=persistentvolumes",
  "admissionregistration.k8s.io":
    "MutatingWebhookConfiguration=mutatingwebhookconfigurations ValidatingWebhookConfiguration=validatingwebhookconfigurations",
  "apiextensions.k8s.io": "CustomResourceDefinition=customresourcedefinitions",
  "apiregistration.k8s.io": "APIService=apiservices",
  "networking.k8s.io": "IngressClass=ingressclasses",
  "rbac.authorization.k8s.io": "ClusterRole=clusterroles ClusterRoleBinding=clusterrolebindings",
  "scheduling.k8s.io": "PriorityClass=priorityclasses",
  "storage.k8s.io": "StorageClass=storageclasses",
};

const wellKnown: Kinds = new Map([...table(inNamespaces, true), ...table(inClusters, false)]);

function table(groups: Readonly<Record<string, string>>, namespaced: boolean): [string, KindFacts][] {
  return Object.entries(groups).flatMap(([group, kinds]) =>
    kinds.split(" ").map((pair): [string, KindFacts] => {
      const [kind = "", resource = ""] = pair.split("=");
      return [`${kind}.${group}`, { resource, namespaced }];
    }),
  );
}
