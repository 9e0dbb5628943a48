import { createHash, randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { ManifestUnreadable, readManifestFiles } from "../../clients/kubectl/manifest-files.ts";
import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { duration, printable } from "../../core/text.ts";
import type { Phase, Status } from "../driver.ts";
import { parseManifests } from "../kubernetes/manifests.ts";
import { argumentOf, at, type KubeObject, refOf, say } from "../kubernetes/object.ts";
import { createObserver } from "../kubernetes/observe.ts";
import { patiently } from "../kubernetes/patience.ts";
import { conflict } from "../kubernetes/proof.ts";
import { readObjects } from "../kubernetes/read.ts";
import { jobLabels, livingJob } from "./phase-job-living.ts";
import type { PhaseWorld, TimedPhase } from "./phase-world.ts";

const pollMs = 1000;
const tidyMs = 20_000;
/** For the pods of a job that is ended in the middle: longer than their usual grace. */
const goneMs = 50_000;
/** If nobody is left to remove it, the cluster does, where it can. */
const keptSeconds = 3600;

/** A Job of the project's own, made under a name of its own, waited for, and removed. */
export function jobPhase(phase: TimedPhase, path: string, world: PhaseWorld): Phase {
  const shown = printable(phase.name ?? path, 300);
  return {
    id: phase.id,
    title: `Run the job ${shown}`,
    async prove(signal) {
      if (world.cluster === null)
        return [conflict(`the job ${shown} needs a cluster`, "run a program instead: `run:`")];
      const kubectl = await world.cluster();
      try {
        const job = await wanted(phase, path, kubectl, world, signal);
        const args = ["create", "--dry-run=server", "-o", "name", "-f", "-"];
        await patiently(() => kubectl.text(args, { signal, input: JSON.stringify(job) }), signal);
        // That they may be listed is found out now, too.
        await livingJob(inNamespaceOf(kubectl, job), job, signal);
        return [];
      } catch (error) {
        if (error instanceof StepFailure) return [conflict(error.message, error.remedy)];
        if (!(error instanceof KubectlFailure)) throw error;
        const state = error.transient ? "unknown" : "conflict";
        return [{ state, message: `the job ${shown} cannot be made: ${error.message}` }];
      } finally {
        kubectl.close();
      }
    },
    async run(signal) {
      if (world.cluster === null) throw new StepFailure(`the job ${shown} needs a cluster`);
      const kubectl = await world.cluster();
      try {
        const job = await wanted(phase, path, kubectl, world, signal);
        return await withJob(kubectl, job, signal, (made) => waitFor(kubectl, made, phase, world, signal));
      } finally {
        kubectl.close();
      }
    },
  };
}

/** The manifest's only object, under a name that no other run has. @throws StepFailure */
async function wanted(
  { timeoutMs, id }: TimedPhase,
  path: string,
  kubectl: Kubectl,
  { cwd, runId, variables }: PhaseWorld,
  signal: AbortSignal,
): Promise<KubeObject> {
  const { Readable } = await import("node:stream");
  const around = { cwd, stdin: Readable.from([]), signal };
  const texts = await readManifestFiles([resolve(cwd, path)], around).catch((error) => {
    throw error instanceof ManifestUnreadable ? new StepFailure(error.message, undefined, true) : error;
  });
  const { wanted, problems } = parseManifests(texts);
  const [problem] = problems;
  if (problem) throw new StepFailure(problem.message, problem.remedy, true);
  const [one, ...others] = wanted;
  if (!one || others.length > 0 || one.object.kind !== "Job" || !one.object.apiVersion.startsWith("batch/")) {
    throw new StepFailure(
      `${printable(path, 300)} must hold one Job and nothing else`,
      "put what it needs into the manifests",
      true,
    );
  }
  if (at(one.object, "spec", "suspend") === true) {
    throw new StepFailure(
      `${one.where}: ${say(refOf(one.object))} is suspended, and would never run`,
      undefined,
      true,
    );
  }
  const { metadata, ...rest } = one.object;
  const { namespace = kubectl.namespace } = metadata;
  if (kubectl.namespace !== undefined && namespace !== kubectl.namespace) {
    throw new StepFailure(
      `${one.where}: ${say(refOf(one.object))} is not in namespace ${printable(kubectl.namespace, 100)}, which this deploy is for`,
      "take the namespace out of the manifest",
      true,
    );
  }
  const run = createHash("sha256").update(runId).digest("hex").slice(0, 16);
  const labels = {
    ...metadata.labels,
    ...jobLabels(id, variables["RS_ENVIRONMENT"] ?? "", one.object),
    "release-sentinel/run": run,
  };
  const name = `${metadata.name.slice(0, 44).replace(/[-.]+$/, "")}-${randomBytes(4).toString("hex")}`;
  const limits = { activeDeadlineSeconds: Math.ceil(timeoutMs / 1000), ttlSecondsAfterFinished: keptSeconds };
  const spec = { ...limits, ...(rest["spec"] as object) };
  return {
    ...rest,
    metadata: { ...metadata, name, labels, ...(namespace === undefined ? {} : { namespace }) },
    spec,
  } as KubeObject;
}

function inNamespaceOf(kubectl: Kubectl, { metadata: { namespace } }: KubeObject): Kubectl {
  return namespace === undefined ? kubectl : kubectl.bound({ namespace });
}

/** Whatever comes of it, the job is removed. One that a killed run has left at work is waited for, and no second one made. */
async function withJob(
  kubectl: Kubectl,
  job: KubeObject,
  signal: AbortSignal,
  work: (made: KubeObject) => Promise<string>,
): Promise<string> {
  const { name } = job.metadata;
  const where = inNamespaceOf(kubectl, job);
  let known = job;
  const make = async () => {
    try {
      const living = await livingJob(where, job, signal);
      if (living) known = living;
      if (living) return living;
      const args = ["create", "-o", "json", "-f", "-"];
      // Not again when it fails: a second one would run the migration twice.
      return await where.json<KubeObject>(args, { signal, input: JSON.stringify(job) });
    } catch (error) {
      if (!(error instanceof KubectlFailure)) throw error;
      throw new StepFailure(`the job ${printable(name, 100)} cannot be made: ${error.message}`);
    }
  };
  const ended = await make()
    .then(work)
    .then(
      (sentence) => ({ sentence }),
      (error: unknown) => ({ error }),
    );
  const left = await remove(where, known, "error" in ended);
  const still = left === null ? "" : `the job is still there: ${left}`;
  if (!("error" in ended)) return left === null ? ended.sentence : `${ended.sentence}; ${still}`;
  const { error } = ended;
  if (left === null) throw error;
  if (!(error instanceof StepFailure)) throw new StepFailure(still);
  throw new StepFailure(`${error.message}; ${still}`, error.remedy, error.final);
}

/**
 * The command that does it, where it could not be done.
 * @param isAtWork its pods may be: they are waited for, as whoever has the lock next would meet them
 */
async function remove(kubectl: Kubectl, job: KubeObject, isAtWork: boolean): Promise<string | null> {
  const name = argumentOf(refOf(job));
  const args = ["delete", name, "--ignore-not-found", "--wait=false"];
  const signal = AbortSignal.timeout(isAtWork ? goneMs + tidyMs : tidyMs);
  try {
    // In the foreground the job is there as long as its pods are.
    const all = isAtWork ? [...args, "--cascade=foreground"] : args;
    await patiently(() => kubectl.text(all, { signal }), signal);
    for (const end = monotonicMs() + goneMs; isAtWork; ) {
      if ((await patiently(() => readObjects(kubectl, [refOf(job)], signal), signal)).size === 0) break;
      if (monotonicMs() >= end) return kubectl.typed(["get", name]);
      await sleep(pollMs, signal);
    }
    return null;
  } catch {
    return kubectl.typed(args);
  }
}

async function waitFor(
  kubectl: Kubectl,
  job: KubeObject,
  { timeoutMs }: TimedPhase,
  { secrets }: PhaseWorld,
  signal: AbortSignal,
): Promise<string> {
  const began = monotonicMs();
  const observer = createObserver({ kubectl, secrets });
  const expected = [{ ref: refOf(job), object: job }];
  let status: Status = { state: "progressing", message: "" };
  while (monotonicMs() - began < timeoutMs) {
    await sleep(pollMs, signal);
    status = await observer.look(expected, signal);
    if (status.state === "healthy") return `${status.message} in ${duration(monotonicMs() - began)}`;
    if (status.state === "failed" || status.state === "other") throw failure(status);
  }
  throw failure(status, `did not end within ${duration(timeoutMs)}`);
}

function failure({ message, why, remedy }: Status, otherwise = message): StepFailure {
  const told = why ?? otherwise;
  return new StepFailure(
    told === otherwise ? told : `${otherwise}: ${told}`,
    remedy ?? "mend it, and see how far it came, then deploy again",
  );
}
