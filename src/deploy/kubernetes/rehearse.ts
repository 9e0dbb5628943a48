import { type Complaint, type Kubectl, type KubectlAnswer, KubectlFailure } from "../../clients/kubectl.ts";
import { listOf } from "./list.ts";
import { flagsOf, type Manner } from "./manner.ts";
import { groupOf, type KubeObject, keyOf, refOf } from "./object.ts";
import { itemsOf } from "./read.ts";

/** What the server says an apply would make of an object, or why it would not take it. */
export interface Rehearsed {
  readonly object: KubeObject;
  readonly result: KubeObject | undefined;
  /** Empty when there is a result. */
  readonly complaint: Complaint | undefined;
}

/** When objects have to be asked for one by one: no more runs of kubectl than this. */
const mostRuns = 24;

/**
 * An apply that the server goes through to the end and does not keep (admission, validation, conflicts and all).
 * One run of kubectl when nothing is wrong; more to find out which object is meant when something is.
 * @throws KubectlFailure when the server cannot be asked
 */
export async function rehearse(
  kubectl: Kubectl,
  objects: readonly KubeObject[],
  manner: Manner,
  signal: AbortSignal,
): Promise<Rehearsed[]> {
  if (objects.length === 0) return [];
  const ask = dryRun(kubectl, manner, signal);
  const whole = await ask(objects, "json");
  if (whole.code === 0) return paired(objects, itemsOf(whole.stdout));
  const budget = { runs: mostRuns };
  const complaints = await sortOut(ask, objects, budget);
  const fine = objects.filter((object) => !complaints.has(object));
  const again = fine.length === 0 ? undefined : await ask(fine, "json");
  const results = again?.code === 0 ? paired(fine, itemsOf(again.stdout)) : [];
  const byObject = new Map(results.map((one) => [one.object, one]));
  return objects.map(
    (object) => byObject.get(object) ?? { object, result: undefined, complaint: complaints.get(object) },
  );
}

type Ask = (objects: readonly KubeObject[], output: "json" | "name") => Promise<KubectlAnswer>;

function dryRun(kubectl: Kubectl, manner: Manner, signal: AbortSignal): Ask {
  return async (objects, output) => {
    const args = ["apply", "--dry-run=server", ...flagsOf(manner), "-o", output, "-f", "-"];
    const answer = await kubectl.run(args, { signal, input: listOf(objects) });
    if (answer.code !== 0) {
      const failure = KubectlFailure.from(answer.stderr);
      const cannotAsk = ["unreachable", "certificate", "credentials", "context", "Unauthorized", "timeout"];
      if (failure.transient || cannotAsk.includes(failure.reason)) throw failure;
    }
    return answer;
  };
}

function paired(objects: readonly KubeObject[], results: readonly KubeObject[]): Rehearsed[] {
  const byKey = new Map(results.map((result) => [keyOf(refOf(result)), result]));
  return objects.map((object) => ({ object, result: byKey.get(keyOf(refOf(object))), complaint: undefined }));
}

/** Which object each complaint is about. kubectl's validation stops at the first one, and its messages often name none. */
async function sortOut(
  ask: Ask,
  objects: readonly KubeObject[],
  budget: { runs: number },
): Promise<Map<KubeObject, Complaint>> {
  budget.runs -= 1;
  const { code, stdout, stderr } = await ask(objects, "name");
  if (code === 0) return new Map();
  const { complaints } = KubectlFailure.from(stderr);
  const failed = missingFrom(objects, stdout.split("\n"));
  const matched = match(failed, complaints);
  if (matched) return matched;
  const [complaint] = complaints;
  if (complaint === undefined) return new Map();
  if (objects.length === 1 || budget.runs <= 0) return new Map(failed.map((object) => [object, complaint]));
  const middle = Math.ceil(failed.length / 2);
  const halves = [failed.slice(0, middle), failed.slice(middle)].filter((half) => half.length > 0);
  const found = await Promise.all(halves.map((half) => sortOut(ask, half, budget)));
  return new Map(found.flatMap((one) => [...one]));
}

/** Those whose names kubectl did not print: it keeps their order. */
function missingFrom(objects: readonly KubeObject[], printed: readonly string[]): KubeObject[] {
  const names = printed.map((line) => line.trim()).filter((line) => line !== "");
  let next = 0;
  return objects.filter(({ apiVersion, kind, metadata }) => {
    const group = groupOf(apiVersion);
    const name = `${kind.toLowerCase()}${group === "" ? "" : `.${group}`}/${metadata.name}`;
    if (names[next] !== name) return true;
    next += 1;
    return false;
  });
}

/** Complaints are in the objects' order, but for unknown kinds, which come first and are named. */
function match(
  failed: readonly KubeObject[],
  complaints: readonly Complaint[],
): Map<KubeObject, Complaint> | undefined {
  const matched = new Map<KubeObject, Complaint>();
  const strange = complaints.filter(({ reason }) => reason === "NoKind");
  for (const object of failed) {
    const words = [`"${object.kind}"`, `"${object.apiVersion}"`];
    const complaint = strange.find(({ message }) => words.every((word) => message.includes(word)));
    if (complaint) matched.set(object, complaint);
  }
  const others = failed.filter((object) => !matched.has(object));
  const rest = complaints.filter((complaint) => !strange.includes(complaint));
  if (others.length !== rest.length) return undefined;
  for (const [index, object] of others.entries()) {
    const complaint = rest[index];
    if (complaint === undefined || !mayMean(complaint, object)) return undefined;
    matched.set(object, complaint);
  }
  return matched;
}

/** A message that names an object must name this one. */
function mayMean({ message }: Complaint, object: KubeObject): boolean {
  const named = /"([^"]+)" (?:is invalid|is forbidden|already exists)/.exec(message)?.[1];
  return named === undefined || named === object.metadata.name;
}
