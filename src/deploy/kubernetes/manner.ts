import { type KubeObject, keyOf, refOf } from "./object.ts";

/** How an object is applied: by kubectl itself, or by the server under a field manager's name. */
export type Manner = { readonly side: "client" } | { readonly side: "server"; readonly manager: string };

export const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";
/** kubectl's own name on the server's side. */
const usual = "kubectl";

/**
 * As the object was applied before: a change of manner leaves fields behind that the manifest no longer has.
 * @param wantServer `true` asks for the server's side; `undefined` leaves it to what is there
 */
export function mannerOf(live: KubeObject | undefined, wantServer: boolean | undefined): Manner {
  const managers = (live?.metadata.managedFields ?? [])
    .filter(({ operation, subresource }) => operation === "Apply" && !subresource)
    .flatMap(({ manager }) => manager ?? []);
  const only = managers.length === 1 ? managers[0] : undefined;
  const before = managers.includes(usual) ? usual : only;
  if (wantServer === true) return { side: "server", manager: before ?? usual };
  const byClient = live?.metadata.annotations?.[lastApplied] !== undefined;
  if (wantServer === false || byClient || before === undefined) return { side: "client" };
  return { side: "server", manager: before };
}

export function flagsOf(manner: Manner): string[] {
  return manner.side === "client" ? [] : ["--server-side", `--field-manager=${manner.manager}`];
}

/** Objects that go into one run of kubectl, in their order. */
export function groupByManner(
  objects: readonly KubeObject[],
  manners: ReadonlyMap<string, Manner>,
): { readonly manner: Manner; readonly objects: readonly KubeObject[] }[] {
  const groups = new Map<string, { manner: Manner; objects: KubeObject[] }>();
  for (const object of objects) {
    const manner = manners.get(keyOf(refOf(object))) ?? { side: "client" };
    const name = flagsOf(manner).join(" ");
    const group = groups.get(name) ?? { manner, objects: [] };
    group.objects.push(object);
    groups.set(name, group);
  }
  return [...groups.values()];
}
