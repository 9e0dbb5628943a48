import type { Kubectl } from "../../clients/kubectl.ts";
import { argumentOf, type KubeObject, refOf } from "./object.ts";
import { recordKey } from "./record.ts";
import { groupKind } from "./states/kinds.ts";

/** So many objects are named in one command; more of them would not be read. */
const mostNamed = 12;

/** What a person would type to see what is there, and to mend it. */
export function commandsByHand(place: {
  readonly kubectl: Kubectl;
  readonly home: string;
  readonly name: string | undefined;
  readonly wanted: readonly KubeObject[];
  /** As they were before. */
  readonly before: readonly KubeObject[];
}): string[] {
  const { kubectl, home, name, wanted, before } = place;
  const spaces = [...new Set(wanted.map(({ metadata }) => metadata.namespace))];
  const shown = spaces.map((namespace) => {
    const here = wanted.filter(({ metadata }) => metadata.namespace === namespace).slice(0, mostNamed);
    const door = namespace === undefined ? kubectl : kubectl.bound({ namespace });
    return door.typed(["get", ...here.map((object) => argumentOf(refOf(object)))]);
  });
  const events = kubectl.bound({ namespace: home }).typed(["get", "events", "--sort-by=.lastTimestamp"]);
  // Revisions are numbered anew when something is put back: which one is which says the history.
  const history = before.flatMap((object) => {
    if (groupKind(object) !== "apps/Deployment") return [];
    const door = kubectl.bound({ namespace: object.metadata.namespace ?? home });
    return [door.typed(["rollout", "history", `deployment/${object.metadata.name}`])];
  });
  const kept =
    name === undefined ? [] : [["get", "secret", `release-sentinel.${recordKey(name)}`, "-o", "yaml"]];
  return [
    ...shown,
    events,
    ...history.slice(0, mostNamed),
    ...kept.map((args) => kubectl.bound({ namespace: home }).typed(args)),
  ];
}
