import type { Kubectl } from "../../clients/kubectl.ts";

/** The command by which an administrator lets us; who it is for, they know. */
export function grantRemedy(
  kubectl: Kubectl,
  namespace: string,
  what: string,
  verbs: readonly string[],
  resource: string,
): string {
  const role = `release-sentinel-${what}`;
  const create = kubectl
    .bound({ namespace })
    .typed(["create", "role", role, `--verb=${verbs.join(",")}`, `--resource=${resource}`]);
  return `${create}, and bind it to who deploys (kubectl create rolebinding)`;
}

/** What these parts ask of the API, for whoever proves permissions: `[group, resource, verbs]`, in the namespace of the target. */
export const needed: readonly { group: string; resource: string; verbs: readonly string[]; what: string }[] =
  [
    {
      group: "",
      resource: "secrets",
      verbs: ["get", "list", "create", "update", "delete"],
      what: "the record of deploys",
    },
    {
      group: "coordination.k8s.io",
      resource: "leases",
      verbs: ["get", "create", "update", "delete"],
      what: "the lock",
    },
  ];

/** Without these the deploy works, and says less when it fails. */
export const wished: typeof needed = [
  {
    group: "coordination.k8s.io",
    resource: "leases",
    verbs: ["delete"],
    what: "leaving no lock behind",
  },
  { group: "", resource: "pods", verbs: ["get", "list"], what: "seeing why pods do not come up" },
  { group: "", resource: "pods/log", verbs: ["get"], what: "the last lines of logs" },
  { group: "", resource: "events", verbs: ["list"], what: "what the cluster says of them" },
  { group: "apps", resource: "replicasets", verbs: ["list"], what: "telling new pods from old ones" },
  { group: "apps", resource: "controllerrevisions", verbs: ["list"], what: "telling new pods from old ones" },
];
