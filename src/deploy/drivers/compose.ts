import { StepFailure } from "../../core/step.ts";
import { keptOf, keptSince, wroteBoth } from "../compose/changed-since.ts";
import { type Container, containersOf, type Image, inspect } from "../compose/containers.ts";
import { expectedOf, keptExpectation } from "../compose/expected.ts";
import { digestOf, hold } from "../compose/images.ts";
import { byService, type Kept } from "../compose/kept.ts";
import { logsOf } from "../compose/logs.ts";
import { composeLock, composeMemory } from "../compose/memory.ts";
import { fetchable, pinned } from "../compose/pin.ts";
import { asStep, type ComposeOptions, createPlace } from "../compose/place.ts";
import {
  hashesIn,
  imagesOf,
  look,
  planOf,
  refused,
  returnOf,
  type Wanted,
  wantedOf,
  wayBackOf,
} from "../compose/plan.ts";
import { hashesOf, InvalidCompose } from "../compose/render.ts";
import { putBack, removeServices, up } from "../compose/run.ts";
import { type Expected, judge } from "../compose/states.ts";
import type { Driver, RestorePoint, Status } from "../driver.ts";
import { changeState } from "../state/register.ts";

/** How long a container without a health check must have run. */
const settleMs = 5000;

/**
 * `docker compose` (v2, or v1), on whatever engine the user's docker command reaches. The files are rendered once; that
 * model is planned, applied and kept. Lock and memory lie on the engine, since the machine that deploys keeps nothing.
 */
export function createComposeDriver(options: ComposeOptions): Driver {
  const place = createPlace(options);
  const { docker } = place;
  const step = <T>(signal: AbortSignal, work: () => Promise<T>) => asStep(place, signal, work);
  let wanted: Wanted | undefined;
  let target: Kept | undefined;
  let named: string | undefined;
  const started = new Map<string, { readonly at: string; readonly seen: number }>();

  async function wantedNow(signal: AbortSignal): Promise<Wanted> {
    wanted ??= await wantedOf(place, await place.project(signal), signal);
    return wanted;
  }

  /** What runs now; a model of ours that fits is taken for it. */
  async function lookNow(signal: AbortSignal) {
    const project = await place.project(signal);
    named = project;
    const candidates = [
      ...(wanted ? [{ model: wanted.model, hashes: wanted.hashes }] : []),
      ...(target ? [{ model: target.model, hashes: hashesIn(target.services) }] : []),
    ];
    return await look(place, project, candidates, signal);
  }

  async function keptFor(to: RestorePoint, signal: AbortSignal): Promise<Kept> {
    if (to.kind === "image") return await pinned(place, (await lookNow(signal)).now, to.image, signal);
    const stored = await (await place.record(signal)).stored(signal);
    if (to.kind === "captured") {
      if (stored?.unfinished) return stored.unfinished.kept as unknown as Kept;
      // It has been put back before, and the memory told: that it is still there is all that is asked.
      if (target !== undefined) return target;
      throw new StepFailure("nothing has been kept to go back to", undefined, true);
    }
    const good = stored?.good.find(({ id, revision }) =>
      to.kind === "good" ? id === to.good.id : revision === to.revision,
    );
    if (good) return good.kept as unknown as Kept;
    const asked = to.kind === "good" ? to.good.version : `revision ${to.revision}`;
    throw new StepFailure(`${asked} is not remembered on this engine`, undefined, true);
  }

  /** Of what is about to be written; undefined where nobody knows. */
  async function hashesToCome(signal: AbortSignal) {
    // The hash of v1, and that of a pin, has the id of the image in it, which may not be here yet.
    const isKnown = options.request.image === undefined && (await place.compose(signal)).major >= 2;
    return isKnown ? wanted?.hashes : undefined;
  }

  async function lastKept(signal: AbortSignal): Promise<Kept> {
    const stored = await (await place.record(signal)).stored(signal);
    const good = stored?.good.find(({ id }) => id === stored.current)?.kept;
    const kept = stored?.unfinished?.kept ?? good;
    if (kept === undefined) throw new StepFailure("nothing has been put back here", undefined, true);
    return kept as unknown as Kept;
  }

  async function expectation(
    expected: "applied" | "restored",
    containers: readonly Container[],
    signal: AbortSignal,
  ): Promise<Expected> {
    if (expected === "applied") return expectedOf(await wantedNow(signal));
    target ??= await lastKept(signal);
    const [project, compose] = await Promise.all([place.project(signal), place.compose(signal)]);
    const empty = Object.keys(target.services).length === 0;
    const hashes = empty ? {} : await hashesOf(compose, project, target.model, signal);
    return keptExpectation(target, hashes, Object.keys(byService(containers)));
  }

  function settled({ Id, State }: Container): boolean {
    const before = started.get(Id);
    if (before?.at !== State.StartedAt) started.set(Id, { at: State.StartedAt, seen: Date.now() });
    const seen = started.get(Id)?.seen ?? Date.now();
    // Clocks of machines differ, but not by a minute.
    return Date.now() - seen >= settleMs || Date.now() - Date.parse(State.StartedAt) > 60_000;
  }

  return {
    name: "compose",
    lock: composeLock(place),
    memory: composeMemory(place, options.keep, lookNow),
    plan: (signal) =>
      step(signal, async () => {
        if (options.request.returning) return await returnOf(place, await lookNow(signal), signal);
        try {
          wanted = await wantedOf(place, await place.project(signal), signal);
        } catch (error) {
          if (error instanceof InvalidCompose) return refused(place, error);
          throw error;
        }
        const found = await lookNow(signal);
        return await planOf(place, wanted, found, signal);
      }),
    capture: (run, signal) =>
      step(signal, async () => {
        const { now, stored, project } = await lookNow(signal);
        const before = stored?.unfinished ?? null;
        const goesOn = before !== null && before.run.id !== run.id && run.returning === undefined;
        const kept = before === null ? now : goesOn ? keptSince(before, now) : keptOf(before);
        const wrote = wroteBoth(before, run.returning ? {} : await hashesToCome(signal));
        // Again for a run that goes on: somebody may have cleaned up meanwhile.
        await hold(docker, project, kept, signal);
        await changeState(
          await place.record(signal),
          (state) => ({
            ...state,
            unfinished: {
              ...{ run, kept: JSON.parse(JSON.stringify(kept)), wayBack: before?.wayBack ?? null },
              ...wrote,
            },
          }),
          signal,
        );
        const names = Object.keys(kept.services);
        if (before) return `the way back is still the one that run ${before.run.id} has kept`;
        return names.length === 0
          ? "nothing runs yet"
          : `${names.join(", ")} can be put back as they are now`;
      }),
    apply: (signal) =>
      step(signal, async () => {
        const { project, model, gone, ...rest } = await wantedNow(signal);
        const compose = await place.compose(signal);
        const now = await containersOf(docker, project, signal);
        await removeServices(place, now, (name) => gone.includes(name), signal);
        const gaveUp = await up(place, project, model, [], signal).then(
          () => null,
          (error: unknown) => {
            if (error instanceof StepFailure) return error;
            throw error;
          },
        );
        // What has been pulled meanwhile has an id now, and for v1 that is a part of the hash.
        const [images, hashes] = await Promise.all([
          imagesOf(place, model, signal),
          hashesOf(compose, project, model, signal),
        ]);
        wanted = { ...rest, project, model, gone, images, hashes };
        if (gaveUp) {
          const { failed } = judge(await containersOf(docker, project, signal), expectedOf(wanted), settled);
          // What has failed does so again: whoever looks next sees it, and why.
          if (failed.length === 0) throw gaveUp;
          return gaveUp.message;
        }
        return `${Object.keys(model.services).join(", ")} started`;
      }),
    status: (expected, signal) =>
      step(signal, async (): Promise<Status> => {
        const project = await place.project(signal);
        const containers = await containersOf(docker, project, signal);
        const want = await expectation(expected, containers, signal);
        const { status, failed } = judge(containers, want, settled);
        if (failed.length > 0) {
          const logs = await logsOf(place, failed, signal);
          const why = options.secrets.mask([status.why, ...logs].filter(Boolean).join("; "));
          // By its id: another one has its name as soon as it is taken back.
          const log = docker.typed(["logs", "--tail", "100", (failed[0] as Container).Id.slice(0, 12)]);
          const remedy = `mend what it says, and deploy again; all of its log, as long as it is there: ${log}`;
          return { ...status, why, remedy };
        }
        if (status.state !== "healthy") return status;
        return { ...status, digests: await digestsOf(containers, signal) };
      }),
    prove: (to, signal) =>
      step(signal, async () => {
        const fetched = to.kind === "image" ? await fetchable(place, to.image, signal) : null;
        if (fetched !== null) return [fetched];
        const kept = await keptFor(to, signal);
        const project = await place.project(signal);
        const { state, message, remedy } = await wayBackOf(place, project, kept, signal);
        const proof = state === "ready" || state === "nothing" ? ("ok" as const) : ("conflict" as const);
        return [{ state: proof, message, ...(remedy === undefined ? {} : { remedy }) }];
      }),
    restore: (to, signal) =>
      step(signal, async () => {
        const project = await place.project(signal);
        const kept = await keptFor(to, signal);
        target = kept;
        return await putBack(place, project, kept, signal);
      }),
    byHand() {
      const project = named ?? options.settings.name ?? "PROJECT";
      const files = place.source.files.flatMap((file) => ["-f", file]);
      const kept = Object.values(target?.services ?? {});
      return [
        docker.typed(["compose", "-p", project, "ps", "--all"]),
        docker.typed(["compose", "-p", project, "logs", "--tail", "50"]),
        ...kept.map(({ id, image }) => docker.typed(["tag", id, image])),
        docker.typed(["compose", "-p", project, ...files, "up", "--detach", "--no-build"]),
      ];
    },
    async close() {},
  };

  async function digestsOf(containers: readonly Container[], signal: AbortSignal): Promise<string[]> {
    const ids = [...new Set(containers.map(({ Image: id }) => id))];
    const images = await inspect<Image>(docker, "image", ids, { signal });
    const digests = containers.map(({ Image: id, Config }) => {
      const image = images.find(({ Id }) => Id === id) ?? { Id: id };
      return `${Config.Image.split("@")[0]}@${digestOf(Config.Image, image)}`;
    });
    return [...new Set(digests)];
  }
}
