/** How the API speaks of a kind. */
export interface KindFacts {
  /** `deployments`. */
  readonly resource: string;
  readonly namespaced: boolean;
}

const inNamespaces: Readonly<Record<string, string>> = {
  "": "ConfigMap=configmaps Endpoints=endpoints Event=events LimitRange=limitranges PersistentVolumeClaim=persistentvolumeclaims Pod=pods PodTemplate=podtemplates ReplicationController=replicationcontrollers ResourceQuota=resourcequotas Secret=secrets Service=services ServiceAccount=serviceaccounts",
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
  "authorization.k8s.io":
    "SelfSubjectRulesReview=selfsubjectrulesreviews SelfSubjectAccessReview=selfsubjectaccessreviews",
  "networking.k8s.io": "IngressClass=ingressclasses",
  "rbac.authorization.k8s.io": "ClusterRole=clusterroles ClusterRoleBinding=clusterrolebindings",
  "scheduling.k8s.io": "PriorityClass=priorityclasses",
  "storage.k8s.io": "StorageClass=storageclasses",
};

/** What every cluster calls its own kinds, by `Kind.group` (`Kind.` for the core group). */
export const wellKnownKinds: ReadonlyMap<string, KindFacts> = new Map([
  ...table(inNamespaces, true),
  ...table(inClusters, false),
]);

function table(groups: Readonly<Record<string, string>>, namespaced: boolean): [string, KindFacts][] {
  return Object.entries(groups).flatMap(([group, kinds]) =>
    kinds.split(" ").map((pair): [string, KindFacts] => {
      const [kind = "", resource = ""] = pair.split("=");
      return [`${kind}.${group}`, { resource, namespaced }];
    }),
  );
}

/** Versions that every server of the last years serves, of what is read by its resource's name. */
const versions: Readonly<Record<string, string>> = {
  "": "v1",
  apps: "v1",
  autoscaling: "v1",
  "coordination.k8s.io": "v1",
};

/** `/api/v1`, and `pods`, of `pods`, `pod` or `replicasets.apps`; undefined for what is not sure. */
export function resourceByWord(word: string): { root: string; facts: KindFacts } | undefined {
  const dot = word.indexOf(".");
  const [name, group] = dot < 0 ? [word, undefined] : [word.slice(0, dot), word.slice(dot + 1)];
  for (const [key, facts] of wellKnownKinds) {
    const [kind = "", ...rest] = key.split(".");
    const own = rest.join(".");
    const isNamed = name === facts.resource || name === kind.toLowerCase();
    const version = versions[own];
    if (!isNamed || version === undefined || (group !== undefined && group !== own)) continue;
    return { root: rootOf(own === "" ? version : `${own}/${version}`), facts };
  }
  return undefined;
}

/** `/apis/apps/v1` of `apps/v1`, `/api/v1` of `v1`. */
export function rootOf(apiVersion: string): string {
  return `${apiVersion.includes("/") ? "/apis" : "/api"}/${apiVersion}`;
}
