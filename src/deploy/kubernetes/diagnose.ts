import type { Kubectl } from "../../clients/kubectl.ts";
import type { Secrets } from "../../core/mask.ts";
import { count, printable } from "../../core/text.ts";
import type { NearbyEvent } from "./nearby.ts";
import { type KubeObject, refOf, say } from "./object.ts";
import type { LogPlace, Trouble } from "./states/state.ts";

/** What is wrong with one workload. */
export interface Ailing {
  readonly object: KubeObject;
  readonly troubles: readonly Trouble[];
  /** Of those, what counts as a failure by now; may be empty. */
  readonly failing: readonly Trouble[];
}

const mostWorkloads = 3;
const mostEvents = 3;
const logLines = 6;

/** What explains more comes first. */
const ranks = ["image", "create", "crash", "mount", "unschedulable", "refused", "unready", "creating"];
const classOf = ({ key }: Trouble): string => key.slice(key.lastIndexOf(" ") + 1);
const rank = (trouble: Trouble): number => {
  const found = ranks.indexOf(classOf(trouble));
  return found < 0 ? ranks.length : found;
};

/** One paragraph for whoever must decide: what is wrong, what it said last, what the cluster says about it. */
export async function diagnose(
  kubectl: Kubectl,
  ailing: readonly Ailing[],
  events: readonly NearbyEvent[],
  secrets: Secrets,
  signal: AbortSignal,
): Promise<{ why: string; remedy?: string }> {
  const shown = [...ailing]
    .sort((a, b) => b.failing.length - a.failing.length)
    .slice(0, mostWorkloads)
    .filter(({ troubles }) => troubles.length > 0);
  const told = await Promise.all(
    shown.map(async (one) => {
      const [main, cause] = mostTelling(one);
      const place = (cause ?? main)?.log ?? main?.log;
      const log = place && (await lastWords(kubectl, place, secrets, signal));
      return paragraph(one, log ?? [], events, secrets);
    }),
  );
  const rest = ailing.length - shown.length;
  const more = rest > 0 ? ` ${count(rest, "more workload")} ${rest === 1 ? "is" : "are"} not well.` : "";
  const [worst] = shown;
  const remedy = worst && remedyOf(kubectl, worst);
  return { why: told.join(" ") + more, ...(remedy === undefined ? {} : { remedy }) };
}

/** What it failed of, and what is behind that, if it is something else. */
function mostTelling({ failing, troubles }: Ailing): [Trouble | undefined, Trouble | undefined] {
  const byRank = (a: Trouble, b: Trouble) => rank(a) - rank(b);
  const main = [...(failing.length > 0 ? failing : troubles)].sort(byRank)[0];
  const cause = [...troubles].sort(byRank)[0];
  return [main, cause !== undefined && main !== undefined && rank(cause) < rank(main) ? cause : undefined];
}

/** Pure: the words about one workload. */
export function paragraph(
  ailing: Ailing,
  log: readonly string[],
  events: readonly NearbyEvent[],
  secrets: Secrets,
): string {
  const [main, cause] = mostTelling(ailing);
  if (main === undefined) return "";
  const told = [main, cause].filter((trouble) => trouble !== undefined);
  const alike = new Set(
    ailing.troubles.filter((other) => classOf(other) === classOf(told.at(-1) ?? main)).map(({ uid }) => uid),
  );
  const others = alike.size > 1 ? ` (${count(alike.size - 1, "more pod")} likewise)` : "";
  const what = told.map(({ what }) => printable(secrets.mask(what), 600)).join("; ");
  const sentences = [`${say(refOf(ailing.object))}: ${what}${others}.`];
  if (log.length > 0) sentences.push(`The end of its log: ${log.map((line) => `“${line}”`).join(" ")}.`);
  const said = eventsAbout(told, ailing.object, events, secrets).filter((text) => !what.includes(text));
  if (said.length > 0) sentences.push(`Events: ${said.join("; ")}.`);
  return sentences.join(" ");
}

function eventsAbout(
  troubles: readonly Trouble[],
  object: KubeObject,
  events: readonly NearbyEvent[],
  secrets: Secrets,
): string[] {
  const about = new Set([...troubles.map(({ uid }) => uid), object.metadata.uid]);
  const latest = new Map<string, NearbyEvent>();
  for (const event of events) {
    if (!event.isWarning || !about.has(event.uid)) continue;
    const key = `${event.reason}: ${event.message}`;
    const before = latest.get(key);
    latest.delete(key);
    latest.set(key, { ...event, count: event.count + (before?.count ?? 0) });
  }
  return [...latest]
    .slice(-mostEvents)
    .map(([text, { count }]) => printable(secrets.mask(text), 300) + (count > 1 ? ` (×${count})` : ""));
}

/** The last lines that a container wrote; none where they cannot be had. */
async function lastWords(
  kubectl: Kubectl,
  place: LogPlace,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<string[]> {
  for (const previous of [place.previous, !place.previous]) {
    const args = logArguments(place, previous);
    try {
      const { code, stdout } = await kubectl.run([...args, "--limit-bytes=65536"], {
        signal,
        timeoutMs: 10_000,
      });
      // Masked whole: a value may have several lines.
      const lines =
        code === 0
          ? secrets
              .mask(stdout)
              .split(/\r?\n/)
              .filter((line) => line.trim() !== "")
          : [];
      if (lines.length > 0) return lines.slice(-logLines).map((line) => printable(line.trim(), 200));
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return [];
}

function logArguments({ namespace, pod, container }: LogPlace, previous: boolean): string[] {
  return [
    "logs",
    pod,
    `--namespace=${namespace}`,
    `--container=${container}`,
    "--tail=20",
    ...(previous ? ["--previous"] : []),
  ];
}

function remedyOf(kubectl: Kubectl, { object, failing, troubles }: Ailing): string | undefined {
  const [main, cause] = mostTelling({ object, failing, troubles });
  const trouble = cause ?? main;
  if (trouble === undefined) return undefined;
  if (trouble.remedy !== undefined) return trouble.remedy;
  const inNamespace = kubectl.bound({ namespace: object.metadata.namespace ?? "default" });
  const pod = /\bpod (\S+?)(?:[:,]? |$)/.exec(trouble.what)?.[1];
  const describe = inNamespace.typed([
    "describe",
    pod ? "pod" : object.kind.toLowerCase(),
    pod ?? object.metadata.name,
  ]);
  switch (classOf(trouble)) {
    case "image":
      return `see that the image is there and that the cluster may pull it: ${describe}`;
    case "crash":
      return trouble.log
        ? inNamespace.typed(["logs", trouble.log.pod, "-c", trouble.log.container])
        : describe;
    case "refused":
      return `see what refuses it: ${inNamespace.typed(["describe", "resourcequota,limitrange"])}`;
    default:
      return describe;
  }
}
