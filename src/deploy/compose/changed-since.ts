import type { Json } from "../../core/json.ts";
import type { PlaceState } from "../state/register.ts";
import type { Kept } from "./kept.ts";
import type { ComposeModel } from "./model.ts";

type Unfinished = NonNullable<PlaceState["unfinished"]>;
/** By service, compose's hashes of it that runs which have not ended were about to write. */
type Wrote = Readonly<Record<string, readonly string[]>>;

export const keptOf = ({ kept }: Unfinished): Kept => kept as unknown as Kept;

/** What a run is about to write, beside what those before it were; nothing where that is not known of one of them. */
export function wroteBoth(
  before: Unfinished | null,
  hashes: Readonly<Record<string, string>> | undefined,
): Pick<Unfinished, "wrote"> {
  if (hashes === undefined || (before !== null && before.wrote === undefined)) return {};
  const known = (before?.wrote ?? {}) as Wrote;
  const wrote = Object.entries(hashes).map(([name, hash]): [string, string[]] => [
    name,
    [...new Set([...(known[name] ?? []), hash])],
  ]);
  return { wrote: { ...known, ...Object.fromEntries(wrote) } as Json };
}

/** Services that somebody else has changed since a run that has not ended: they run neither as it has kept them, nor as it was about to write them. */
export function changedSince(unfinished: Unfinished, now: Kept): readonly string[] {
  const wrote = (unfinished.wrote ?? {}) as Wrote;
  const { services } = keptOf(unfinished);
  return Object.entries(now.services).flatMap(([name, { hash, id }]) => {
    const [before, written] = [services[name], wrote[name]];
    if (hash === null || written === undefined || written.includes(hash)) return [];
    // What was made from its container has another hash when it is put back.
    const isBack = unfinished.run.returning !== undefined && before?.id === id;
    return before?.hash === hash || isBack ? [] : [name];
  });
}

/** The way back of a run that goes on: what somebody else has changed since is kept as it is now. */
export function keptSince(unfinished: Unfinished, now: Kept): Kept {
  const kept = keptOf(unfinished);
  const theirs = changedSince(unfinished, now);
  if (theirs.length === 0) return kept;
  const of = <T>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => theirs.includes(name)));
  return {
    version: null,
    model: {
      ...merged(now.model, kept.model),
      services: { ...kept.model.services, ...of(now.model.services) },
    },
    services: { ...kept.services, ...of(now.services) },
    networks: [...new Set([...kept.networks, ...now.networks])],
    lost: [
      ...kept.lost.filter((field) => !theirs.includes(serviceIn(field))),
      ...now.lost.filter((field) => theirs.includes(serviceIn(field))),
    ],
  };
}

/** `web` of `web: DeviceRequests`. */
const serviceIn = (field: string) => field.split(":")[0] ?? "";

function merged(more: ComposeModel, model: ComposeModel): ComposeModel {
  const part = (kind: "networks" | "volumes" | "configs" | "secrets") => ({ ...more[kind], ...model[kind] });
  return {
    ...model,
    ...{ networks: part("networks"), volumes: part("volumes") },
    ...{ configs: part("configs"), secrets: part("secrets") },
  };
}
