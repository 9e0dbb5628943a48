import type { Resolved } from "./images.ts";
import type { Kept } from "./kept.ts";
import { type ComposeModel, jobsOf, replicas } from "./model.ts";
import type { Expected, ExpectedService } from "./states.ts";

/** What should be there when a model has been applied. */
export function expectedOf(wanted: {
  readonly model: ComposeModel;
  readonly hashes: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<string, Resolved>>;
  readonly gone: readonly string[];
}): Expected {
  const jobs = jobsOf(wanted.model);
  const services = Object.entries(wanted.model.services).map(([name, service]): [string, ExpectedService] => [
    name,
    {
      hash: wanted.hashes[name] ?? null,
      id: wanted.images[name]?.id ?? null,
      count: replicas(service),
      job: jobs.has(name),
      asItWas: false,
    },
  ]);
  return { services: Object.fromEntries(services), gone: wanted.gone };
}

/** What should be there when what was kept has been put back. */
export function keptExpectation(
  kept: Kept,
  hashes: Readonly<Record<string, string>>,
  present: readonly string[],
): Expected {
  const jobs = jobsOf(kept.model);
  const services = Object.entries(kept.services).map(([name, its]): [string, ExpectedService] => [
    name,
    // Not the hash that was kept: a service made from its container has another one.
    {
      hash: hashes[name] ?? null,
      id: its.id,
      count: its.count,
      job: jobs.has(name),
      asItWas: !its.well,
    },
  ]);
  return {
    services: Object.fromEntries(services),
    gone: present.filter((name) => !Object.hasOwn(kept.services, name)),
  };
}
