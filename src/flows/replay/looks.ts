import type { Finding } from "../../core/finding.ts";
import { references } from "../../core/interpolate.ts";
import type { Json } from "../../core/json.ts";
import type { PlannedCheck } from "../../core/policy.ts";

type Options = { readonly [key: string]: Json | undefined };

/** Which of a check's options have a part in what. An option may have both. */
interface Parts {
  /** Not among those that shape what is observed: only the judge reads them. */
  readonly judgedOnly: readonly string[];
  /** Shape what is observed, and are compared by the judge once more. */
  readonly judgedToo?: readonly string[];
  /** Its answer needs no observation at all. */
  readonly looksAtNothing?: true;
}

/**
 * Of every check in the catalogue. Under other values of options that shape what is observed, a recorded observation tells
 * nothing: `calendar.freeze` and `host.tool` do their arithmetic while they look.
 */
export const partsOf: Readonly<Record<string, Parts>> = {
  "calendar.freeze": { judgedOnly: [] },
  "env.allowed": { judgedOnly: ["allow"], looksAtNothing: true },
  "env.secrets": { judgedOnly: [] },
  "env.variables": { judgedOnly: [] },
  exec: { judgedOnly: [] },
  "git.branch": { judgedOnly: [] },
  "git.clean": { judgedOnly: [] },
  "git.history": { judgedOnly: ["allowPartial"] },
  "git.order": { judgedOnly: [] },
  "git.pushed": { judgedOnly: [] },
  "git.repository": { judgedOnly: [] },
  "git.signed": { judgedOnly: ["keys"] },
  "git.tag": { judgedOnly: [] },
  "git.tag.remote": { judgedOnly: [] },
  "git.version": { judgedOnly: ["preReleases"], looksAtNothing: true },
  "host.disk": { judgedOnly: ["warn", "critical", "inodesWarn", "inodesCritical"] },
  "host.memory": { judgedOnly: ["warn", "critical"] },
  "host.process": { judgedOnly: [] },
  "host.tool": { judgedOnly: [], judgedToo: ["version"] },
  http: { judgedOnly: ["maxLatencyMs"], judgedToo: ["status", "version"] },
  "repo.secrets": { judgedOnly: [] },
  "slo.budget": { judgedOnly: ["slo", "minimum"], judgedToo: ["window"] },
  "slo.burn": { judgedOnly: ["slo", "above", "floors"], judgedToo: ["over"] },
  tcp: { judgedOnly: [] },
  tls: { judgedOnly: ["warnDays", "criticalDays"] },
};

export function looksAtNothing({ check }: PlannedCheck): boolean {
  return partsOf[check.id]?.looksAtNothing === true;
}

/**
 * Why what was recorded cannot be judged under this entry; undefined when it can.
 * @param samePolicy whether the policies' digests are the same, and so all options
 */
export function otherLook(planned: PlannedCheck, recorded: Finding, samePolicy: boolean): string | undefined {
  if (samePolicy) return undefined;
  const { check, options } = planned;
  if (recorded.uses !== undefined && recorded.uses !== check.id)
    return `${recorded.uses} looked, and this policy asks ${check.id}`;
  const parts = partsOf[check.id];
  const shaping = Object.keys({ ...recorded.options, ...options }).filter(
    (name) => !parts?.judgedOnly.includes(name) && !check.paths?.includes(name),
  );
  if (shaping.length === 0) return undefined;
  if (recorded.options === undefined) return "what the check was told then is not recorded";
  const changed = shaping.filter((name) => !isSame(recorded.options?.[name], options[name]));
  return changed.length === 0
    ? undefined
    : `it looked with other options then (${changed.sort().join(", ")}), and nobody knows what it would have seen`;
}

/** Variables whose values the judge would need: they are secrets or of another machine, and not recorded. */
export function unknownVariables({ check, options }: PlannedCheck): readonly string[] {
  const parts = partsOf[check.id];
  const judged: Options = parts
    ? Object.fromEntries(
        [...parts.judgedOnly, ...(parts.judgedToo ?? [])].map((name) => [name, options[name]]),
      )
    : options;
  return references(judged as Json).filter((name) => name !== "version" && name !== "environment");
}

/** Whether two values are the same JSON, whatever the order of their keys. */
function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Options, b as Options];
  return Object.keys({ ...x, ...y }).every((key) => isSame(x[key], y[key]));
}
