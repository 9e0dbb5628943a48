import type { Proof } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { type KubeObject, refOf, say } from "./object.ts";
import { conflict, notice } from "./proof.ts";

/** Who puts an object back to what they want, whatever we do to it. */
interface Owner {
  /** `Argo CD application shop`. */
  readonly name: string;
  /** What to do there. */
  readonly remedy: string;
}

/** Of live objects that belong to somebody else: one proof an owner. Changes to them would be taken back, or break theirs. */
export function ownerProofs(live: readonly KubeObject[]): Proof[] {
  const owned = new Map<string, { owner: Owner; objects: KubeObject[] }>();
  for (const object of live) {
    const owner = ownerOf(object);
    if (!owner) continue;
    const entry = owned.get(owner.name) ?? { owner, objects: [] };
    entry.objects.push(object);
    owned.set(owner.name, entry);
  }
  const proofs = [...owned.values()].map(({ owner, objects }) => {
    const names = objects.slice(0, 3).map((object) => say(refOf(object)));
    const more = objects.length > 3 ? ` and ${objects.length - 3} more` : "";
    const verb = objects.length === 1 ? "belongs" : "belong";
    return conflict(`${names.join(", ")}${more} ${verb} to ${owner.name}`, owner.remedy);
  });
  const resting = live.filter((object) => object.metadata.annotations?.[fluxReconcile] === "disabled");
  return [
    ...proofs,
    ...resting.map((object) =>
      notice(`${say(refOf(object))} belongs to Flux, which is told to leave it alone`),
    ),
  ];
}

const fluxReconcile = "kustomize.toolkit.fluxcd.io/reconcile";

function ownerOf(object: KubeObject): Owner | undefined {
  return controller(object) ?? argoCd(object) ?? flux(object) ?? helm(object) ?? others(object);
}

function controller({ metadata }: KubeObject): Owner | undefined {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (!owner) return undefined;
  const name = printable(`${owner.kind} ${owner.name}`, 200);
  return { name, remedy: `change ${name}: its controller makes this object` };
}

function argoCd(object: KubeObject): Owner | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  // `app:group/kind:namespace/name`
  const tracked = annotations["argocd.argoproj.io/tracking-id"]?.split(":")[0];
  const byLabel = labels["argocd.argoproj.io/instance"];
  // Its older label is everybody's: only with a trace of Argo CD itself does it mean anything.
  const applied = managedBy(object, /^argocd(-|$)/);
  const app = tracked || byLabel || (applied ? labels["app.kubernetes.io/instance"] : undefined);
  if (!app && !applied) return undefined;
  const name = app ? printable(app, 200) : "";
  return {
    name: `Argo CD application ${name || "(unknown)"}`,
    remedy: `change it in the Git repository that Argo CD follows, then \`argocd app sync ${name || "APP"}\``,
  };
}

function flux(object: KubeObject): Owner | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  if (annotations[fluxReconcile] === "disabled") return undefined;
  const kinds = [
    ["kustomize.toolkit.fluxcd.io", "Kustomization", "kustomization"],
    ["helm.toolkit.fluxcd.io", "HelmRelease", "helmrelease"],
  ] as const;
  for (const [group, kind, word] of kinds) {
    const [name, namespace] = [labels[`${group}/name`], labels[`${group}/namespace`]];
    if (!name) continue;
    const where = namespace ? ` -n ${printable(namespace, 100)}` : "";
    return {
      name: printable(`Flux ${kind} ${namespace ? `${namespace}/` : ""}${name}`, 300),
      remedy: `change it in the Git repository that Flux follows, then \`flux reconcile ${word} ${printable(name, 100)}${where}\``,
    };
  }
  if (!managedBy(object, /^(kustomize|helm)-controller$/)) return undefined;
  return { name: "Flux", remedy: "change it in the Git repository that Flux follows" };
}

function helm({ metadata }: KubeObject): Owner | undefined {
  const release = metadata.annotations?.["meta.helm.sh/release-name"];
  if (!release) return undefined;
  const namespace = metadata.annotations?.["meta.helm.sh/release-namespace"];
  const [name, where] = [printable(release, 100), namespace ? ` -n ${printable(namespace, 100)}` : ""];
  return {
    name: `Helm release ${name}`,
    remedy: `\`helm upgrade ${name} CHART${where}\`, or let \`--driver exec\` call helm`,
  };
}

/** Others that reconcile, each by the mark that it leaves. */
const marks: readonly (readonly [string, string])[] = [
  ["objectset.rio.cattle.io/id", "Rancher Fleet"],
  ["configmanagement.gke.io/managed", "Config Sync"],
  ["configsync.gke.io/resource-id", "Config Sync"],
  ["kapp.k14s.io/app", "kapp"],
  ["addonmanager.kubernetes.io/mode", "the cluster's addon manager"],
];

function others({ metadata }: KubeObject): Owner | undefined {
  const all = { ...metadata.labels, ...metadata.annotations };
  const mark = marks.find(([key]) => Object.hasOwn(all, key) && all[key] !== "disabled");
  return mark && { name: mark[1], remedy: `change it where ${mark[1]} takes it from` };
}

function managedBy({ metadata }: KubeObject, pattern: RegExp): boolean {
  return (metadata.managedFields ?? []).some(
    ({ manager, subresource }) => !subresource && pattern.test(manager ?? ""),
  );
}
