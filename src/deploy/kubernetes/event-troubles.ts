import { printable } from "../../core/text.ts";
import type { NearbyEvent } from "./nearby.ts";
import type { KubeObject } from "./object.ts";
import { templateChangedAt } from "./states/changed-at.ts";
import { type Around, ownedBy, type Trouble } from "./states/state.ts";

const grace = { refused: 20_000, mount: 30_000 };

/** What only the cluster's events tell: pods that are not let in, volumes that cannot be had. Pure. */
export function eventTroubles(
  object: KubeObject,
  pods: readonly KubeObject[],
  troubles: readonly Trouble[],
  around: Around,
  events: readonly NearbyEvent[],
): Trouble[] {
  return [...refused(object, around, events), ...unmounted(pods, troubles, events)];
}

/** Of the present template, and after the last pod that was let in. */
function refused(object: KubeObject, around: Around, events: readonly NearbyEvent[]): Trouble[] {
  const { uid, name } = object.metadata;
  const changed = templateChangedAt(object);
  const last = events.findLast((event) => event.uid === uid && event.reason === "FailedCreate");
  if (last === undefined || changed === undefined || last.at < changed) return [];
  const letIn = ownedBy(around, object, "Pod").map(({ metadata }) =>
    Date.parse(metadata.creationTimestamp ?? ""),
  );
  if (letIn.some((time) => time > last.at)) return [];
  return [
    {
      key: `${uid} refused`,
      what: `pods of ${name} are not let in (FailedCreate): ${printable(last.message, 400)}`,
      graceMs: grace.refused,
      uid: uid ?? "",
    },
  ];
}

/** Pods that wait to be created, and why: it is no state of theirs. */
function unmounted(
  pods: readonly KubeObject[],
  troubles: readonly Trouble[],
  events: readonly NearbyEvent[],
): Trouble[] {
  return pods.flatMap(({ metadata }) => {
    const uid = metadata.uid ?? "";
    const waits = troubles.some((trouble) => trouble.uid === uid && trouble.key.endsWith(" creating"));
    const last = events.findLast(
      (event) =>
        event.uid === uid && (event.reason === "FailedMount" || event.reason === "FailedAttachVolume"),
    );
    if (!waits || last === undefined) return [];
    const isDefinite = /not found|non-existent/i.test(last.message);
    return [
      {
        key: `${uid} mount`,
        what: `pod ${metadata.name} cannot get its volumes: ${printable(last.message, 400)}`,
        graceMs: isDefinite ? grace.mount : Number.POSITIVE_INFINITY,
        uid,
      },
    ];
  });
}
