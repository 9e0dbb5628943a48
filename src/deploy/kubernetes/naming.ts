import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { Located } from "./locate.ts";
import { keyOf, refOf } from "./object.ts";
import { createRecordStore, listRecords } from "./record-store.ts";
import { groupKind } from "./states/kinds.ts";

const workloads = /^(apps\/(Deployment|StatefulSet|DaemonSet)|argoproj\.io\/Rollout)$/;

/**
 * What lock and memory are called: as it was said; else as the record that has one of these workloads is called, so that a
 * manifest may be reordered; else after the first workload. Without a manifest: the only record of this environment.
 * @throws StepFailure
 */
export async function nameOfTarget(
  { kubectl, wanted, home }: Located,
  { name, environment }: { readonly name?: string | undefined; readonly environment: string },
  signal: AbortSignal,
): Promise<string> {
  if (name !== undefined) return name;
  const all = await listRecords(kubectl, home, signal);
  const records = all.filter((record) => record.environment === environment).map((record) => record.name);
  if (wanted.length === 0) return onlyOne(records, environment, home);
  const objects = wanted.map(({ object }) => object);
  const own = objects.filter((object) => workloads.test(groupKind(object)));
  const names = own.map(({ metadata }) => metadata.name);
  const same = names.find((candidate) => records.includes(candidate));
  if (same !== undefined) return same;
  const keys = new Set(own.map((object) => keyOf(refOf(object))));
  for (const record of records) {
    const store = createRecordStore({ kubectl, namespace: home, environment, name: record });
    const stored = await store.read(signal);
    const kept = [...(stored?.good[0]?.objects ?? []), ...(stored?.unfinished?.captured ?? [])];
    if (kept.some(({ ref }) => keys.has(keyOf(ref)))) return record;
  }
  return names[0] ?? objects[0]?.metadata.name ?? home;
}

function onlyOne(records: readonly string[], environment: string, home: string): string {
  const [only, ...others] = records;
  const where = printable(`of ${environment} in namespace ${home}`, 200);
  if (only === undefined) {
    const remedy = "name the namespace with --namespace, or the application with --name";
    throw new StepFailure(`nothing is remembered ${where}`, remedy, true);
  }
  if (others.length === 0) return only;
  const names = records.map((record) => printable(record, 100)).join(", ");
  throw new StepFailure(
    `there are several applications ${where}: ${names}`,
    `say which: --name ${printable(only, 100)}`,
    true,
  );
}
