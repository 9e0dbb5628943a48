import { dockerFailure } from "../../clients/docker/failure.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { count, printable } from "../../core/text.ts";
import {
  type Container,
  containersOf,
  everyContainerOf,
  inspect,
  isHalfMade,
  labels,
  serviceOf,
} from "./containers.ts";
import { bringBack } from "./images.ts";
import type { Kept } from "./kept.ts";
import { type ComposeModel, replicas } from "./model.ts";
import type { ComposePlace } from "./place.ts";
import { composeOn } from "./render.ts";

/** What an engine still does, or has left, of a compose that was killed. */
const unfinished = /is already in use by container|removal of container .* is already in progress/i;
const pauseMs = 1000;

/** Starts what a model says. @throws StepFailure; DockerFailure */
export async function up(
  place: ComposePlace,
  project: string,
  model: ComposeModel,
  flags: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const compose = await place.compose(signal);
  const args = ["up", "--detach", "--no-build", ...flags];
  const call = { signal, timeoutMs: place.options.waitMs };
  const start = async () => {
    await clearHalfMade(place, project, signal);
    return await composeOn(compose, project, model, args, call);
  };
  let { code, stderr } = await start();
  for (let left = 2; code !== 0 && unfinished.test(stderr) && left > 0; left -= 1) {
    await sleep(pauseMs, signal);
    ({ code, stderr } = await start());
  }
  if (code === 0) return;
  const failure = dockerFailure(stderr);
  if (failure.transient) throw failure;
  const message = `compose could not start ${project}: ${place.options.secrets.mask(failure.message)}`;
  throw new StepFailure(message, compose.typed(["-p", project, "logs", "--tail", "50"]));
}

/** Compose fails over the name of a half-made container whenever it makes it again before it has removed it. */
async function clearHalfMade(place: ComposePlace, project: string, signal: AbortSignal): Promise<void> {
  const all = await everyContainerOf(place.docker, project, signal);
  const ids = all.filter((container) => isHalfMade(container, all)).map(({ Id }) => Id);
  // What is gone by itself meanwhile is no failure: whether it is in the way, compose will say.
  if (ids.length > 0) await place.docker.run(["rm", "--force", ...ids], { signal });
}

/** Whether compose would take it, by its own dry run; v1 has none, and reads it only. Null: it would. */
export async function rehearse(
  place: ComposePlace,
  project: string,
  model: ComposeModel,
  signal: AbortSignal,
): Promise<string | null> {
  const compose = await place.compose(signal);
  const args = compose.major >= 2 ? ["--dry-run", "up", "--detach", "--no-build"] : ["config", "--quiet"];
  const { code, stderr } = await composeOn(compose, project, impatient(unpulled(model)), args, { signal });
  if (code === 0) return null;
  const failure = dockerFailure(stderr);
  if (failure.transient) throw failure;
  return place.options.secrets.mask(failure.message);
}

/** A rehearsal starts nothing, so there is nothing to wait for. */
function impatient(model: ComposeModel): ComposeModel {
  const services = Object.entries(model.services).map(([name, service]) => {
    const { depends_on: needs, ...rest } = service;
    if (needs === undefined || Array.isArray(needs)) return [name, service];
    const soon = Object.keys(needs).map((needed) => [needed, { condition: "service_started" }]);
    return [name, { ...rest, depends_on: Object.fromEntries(soon) }];
  });
  return { ...model, services: Object.fromEntries(services) };
}

/** Stops and removes the containers of services that are to be gone. Volumes stay. @throws DockerFailure */
export async function removeServices(
  place: ComposePlace,
  containers: readonly Container[],
  isGone: (service: string) => boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const gone = containers.filter((container) => isGone(serviceOf(container)));
  if (gone.length === 0) return [];
  const ids = gone.map(({ Id }) => Id);
  const call = { signal, timeoutMs: place.options.waitMs };
  await place.docker.run(["stop", ...ids], call);
  await place.docker.text(["rm", "--force", ...ids], call);
  return [...new Set(gone.map(serviceOf))];
}

/** Has what is kept run again, and takes away what was not there then. The sentence for people. */
export async function putBack(
  place: ComposePlace,
  project: string,
  kept: Kept,
  signal: AbortSignal,
): Promise<string> {
  await bringBack(place.docker, kept, signal);
  const names = Object.keys(kept.services);
  const now = await containersOf(place.docker, project, signal);
  const removed = await removeServices(place, now, (name) => !names.includes(name), signal);
  if (names.length > 0) await up(place, project, unpulled(kept.model), scales(kept), signal);
  await removeNetworks(place, project, kept.networks, signal);
  const back = names.length === 0 ? "nothing runs, as before" : `${names.join(", ")} as before`;
  return removed.length === 0 ? back : `${back}; ${count(removed.length, "new service")} removed`;
}

/** What ran is here, whatever a registry has under its name by now. */
function unpulled(model: ComposeModel): ComposeModel {
  const services = Object.entries(model.services).map(([name, service]) => {
    const { build: _build, ...rest } = service;
    return [name, { ...rest, pull_policy: "never" }];
  });
  return { ...model, services: Object.fromEntries(services) };
}

/** Of services that somebody has scaled by hand. */
function scales({ model, services }: Kept): string[] {
  return Object.entries(services).flatMap(([name, { count: n }]) => {
    const service = model.services[name];
    return service !== undefined && replicas(service) !== n ? ["--scale", `${name}=${n}`] : [];
  });
}

/** Names of the project's own networks. @throws DockerFailure */
export async function networksOf(
  place: ComposePlace,
  project: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const filter = `label=${labels.project}=${project}`;
  const listed = await place.docker.text(["network", "ls", "--filter", filter, "--format", "{{.Name}}"], {
    signal,
  });
  return listed.split("\n").filter((name) => name !== "");
}

async function removeNetworks(
  place: ComposePlace,
  project: string,
  kept: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const added = (await networksOf(place, project, signal)).filter((name) => !kept.includes(name));
  const found = await inspect<{ Name: string; Containers?: object }>(place.docker, "network", added, {
    signal,
  });
  // Somebody else's container in it is somebody else's affair.
  const unused = found.filter(({ Containers = {} }) => Object.keys(Containers).length === 0);
  for (const { Name } of unused) {
    const { code, stderr } = await place.docker.run(["network", "rm", Name], { signal });
    if (code !== 0 && !/not found|no such|active endpoints/i.test(stderr)) {
      throw new StepFailure(`network ${Name} cannot be removed: ${printable(stderr.trim(), 200)}`);
    }
  }
}
