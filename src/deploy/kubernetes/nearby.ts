import type { Kubectl } from "../../clients/kubectl.ts";
import { at, type KubeObject } from "./object.ts";
import { itemsOf } from "./read.ts";
import { listAt, textAt } from "./shape.ts";
import { groupKind, type WaitedKinds } from "./states/kinds.ts";

/** One question: these kinds, in this namespace, with these labels. */
export interface NearbyQuestion {
  readonly namespace: string;
  readonly resources: readonly string[];
  /** Empty: all of the namespace. */
  readonly selector: string;
}

/** More questions than this cost more than the rest of the namespace's pods. */
const mostQuestions = 3;

/** The fewest questions that bring the pods of these workloads, and what tells their revisions apart. */
export function nearbyQuestions(objects: readonly KubeObject[], kinds: WaitedKinds): NearbyQuestion[] {
  const withPods = objects.filter(
    (object) => kinds[groupKind(object)]?.pods && groupKind(object) !== "/Pod" && object.metadata.namespace,
  );
  const namespaces = [...new Set(withPods.map(({ metadata }) => metadata.namespace ?? ""))];
  return namespaces.flatMap((namespace) => {
    const here = withPods.filter(({ metadata }) => metadata.namespace === namespace);
    const needed = new Set(here.flatMap((object) => kinds[groupKind(object)]?.nearby ?? []));
    const resources = ["pods", ...[...needed].sort()];
    const selectors = selectorsOf(here);
    const all = selectors === undefined || selectors.length > mostQuestions;
    return (all ? [""] : selectors).map((selector) => ({ namespace, resources, selector }));
  });
}

/** Workloads that share a label's name are asked for together: `app in (web,worker)`. */
function selectorsOf(objects: readonly KubeObject[]): string[] | undefined {
  const values = new Map<string, Set<string>>();
  for (const object of objects) {
    const labels = matchedLabels(object);
    const names = Object.keys(labels).sort();
    const name = names.find((candidate) => values.has(candidate)) ?? names[0];
    const value = name === undefined ? undefined : labels[name];
    if (name === undefined || value === undefined) return undefined;
    values.set(name, (values.get(name) ?? new Set()).add(value));
  }
  return [...values].map(([name, set]) => `${name} in (${[...set].sort().join(",")})`);
}

function matchedLabels(object: KubeObject): Readonly<Record<string, string>> {
  if (groupKind(object) === "batch/Job") return { "job-name": object.metadata.name };
  // A replication controller's selector is the labels themselves.
  const labels = at(object, "spec", "selector", "matchLabels") ?? at(object, "spec", "selector");
  const entries = Object.entries((labels as Readonly<Record<string, unknown>> | undefined) ?? {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Pods and the rest; what may not be read, or could not be read just now, is missing: nothing depends on it but explanations. */
export async function readNearby(
  kubectl: Kubectl,
  questions: readonly NearbyQuestion[],
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const answers = await Promise.all(
    questions.map(async ({ namespace, resources, selector }) => {
      const args = ["get", resources.join(","), `--namespace=${namespace}`, "-o", "json"];
      return await readSome(kubectl, selector === "" ? args : [...args, `--selector=${selector}`], signal);
    }),
  );
  return answers.flat();
}

/** An event, as far as it explains something. */
export interface NearbyEvent {
  /** Of the object that it is about. */
  readonly uid: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly isWarning: boolean;
  /** Of its last time, milliseconds since the epoch by the server's clock; 0 where it is not said. */
  readonly at: number;
}

/** What the cluster has said about these namespaces' objects, oldest first. */
export async function readEvents(
  kubectl: Kubectl,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<NearbyEvent[]> {
  const answers = await Promise.all(
    namespaces.map((namespace) =>
      readSome(kubectl, ["get", "events", `--namespace=${namespace}`, "-o", "json"], signal),
    ),
  );
  return answers
    .flat()
    .map(eventOf)
    .sort((a, b) => a.at - b.at);
}

export function eventOf(event: KubeObject): NearbyEvent {
  const times = [
    textAt(event, "series", "lastObservedTime"),
    textAt(event, "lastTimestamp"),
    textAt(event, "eventTime"),
    textAt(event, "firstTimestamp"),
  ].flatMap((text) => (text ? [Date.parse(text)] : []));
  const count = at(event, "series", "count") ?? at(event, "count");
  return {
    uid: textAt(event, "involvedObject", "uid") ?? "",
    reason: textAt(event, "reason") ?? "",
    message: textAt(event, "message") ?? "",
    count: typeof count === "number" ? count : 1,
    isWarning: textAt(event, "type") === "Warning",
    at: Math.max(0, ...times),
  };
}

async function readSome(
  kubectl: Kubectl,
  args: readonly string[],
  signal: AbortSignal,
): Promise<KubeObject[]> {
  try {
    // It fails when one of the kinds may not be read, and still brings the others.
    const { stdout } = await kubectl.run(args, { signal, timeoutMs: 30_000 });
    return itemsOf(stdout).map((item) => ({ ...item, kind: item.kind ?? "" }));
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
}

/** Digests of the images that these pods really run, `app@sha256:…`; of containers that their template names. */
export function runningDigests(
  pods: readonly KubeObject[],
  containers: readonly { readonly name: string; readonly image: string }[],
): string[] {
  const found = pods.flatMap((pod) =>
    [
      ...listAt(pod, "status", "containerStatuses"),
      ...listAt(pod, "status", "initContainerStatuses"),
    ].flatMap((status) => {
      const container = containers.find(({ name }) => name === textAt(status, "name"));
      return container ? (digestOf(container.image, textAt(status, "imageID") ?? "") ?? []) : [];
    }),
  );
  return [...new Set(found)].sort();
}

/** `app@sha256:…`; undefined where a runtime knows an image by its own id only. */
export function digestOf(image: string, imageId: string): string | undefined {
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? /@(sha256:[0-9a-f]{64})$/.exec(imageId)?.[1];
  return digest === undefined ? undefined : `${repositoryOf(image)}@${digest}`;
}

/** `registry:5000/app` of `registry:5000/app:1.4.2@sha256:…`. */
export function repositoryOf(image: string): string {
  const [name = ""] = image.split("@");
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/") ? name.slice(0, colon) : name;
}
