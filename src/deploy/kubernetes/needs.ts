import { needed, wished } from "./grant.ts";
import { type Kinds, kindKey } from "./kinds.ts";
import { groupOf, type KubeObject, keyOf, refOf } from "./object.ts";
import type { Need } from "./permissions.ts";

/** What a deploy of these objects may have to do, whether they are there yet or not. */
export function needsOf(objects: readonly KubeObject[], kinds: Kinds): Need[] {
  return objects.flatMap((object) => {
    const { apiVersion, kind, metadata } = object;
    const facts = kinds.get(kindKey(apiVersion, kind));
    if (facts === undefined) return [];
    const { name, namespace } = metadata;
    const about = { group: groupOf(apiVersion), resource: facts.resource, namespace, name };
    return ["get", "patch", "create", "update", "delete"].map((verb) => ({ verb, ...about }));
  });
}

/** What is there needs no creating; what is not, no putting back. */
export function isNeeded(need: Need, present: ReadonlySet<string>): boolean {
  if (need.name === undefined) return true;
  const there = present.has(presenceKey(need));
  return there ? !["create", "delete"].includes(need.verb) : need.verb !== "update";
}

/** What is there of these objects, as `isNeeded` asks for it. */
export function presenceOf(
  live: ReadonlyMap<string, KubeObject>,
  wanted: readonly KubeObject[],
  kinds: Kinds,
): Set<string> {
  const there = wanted.filter((object) => live.has(keyOf(refOf(object))));
  return new Set(needsOf(there, kinds).map(presenceKey));
}

function presenceKey({ group, resource, namespace = "", name = "" }: Need): string {
  return [group, resource, namespace, name].join("\0");
}

/** What lock and memory need where they are kept, and what explanations need wherever something may go wrong. */
export function ownNeeds(home: string, namespaces: readonly string[]): Need[] {
  const autoscalers = { group: "autoscaling", resource: "horizontalpodautoscalers", verbs: ["list"] };
  const inHome = needed.flatMap(({ group, resource, verbs }) =>
    verbs.map((verb): Need => ({ verb, group, resource, namespace: home })),
  );
  const everywhere = namespaces.flatMap((namespace) =>
    [...wished, autoscalers].flatMap(({ group, resource, verbs }) =>
      verbs.map((verb): Need => ({ verb, group, resource, namespace, optional: true })),
    ),
  );
  return [...inHome, ...everywhere];
}
