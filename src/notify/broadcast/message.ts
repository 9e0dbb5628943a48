import { count } from "../../core/text.ts";
import type { BroadcastSettings, MessageKind } from "./settings.ts";

/** What is known of a release that was made. Texts may be anything: each channel makes them safe in its own way. */
export interface BroadcastFacts {
  readonly tag: string;
  readonly rehearsal: boolean;
  readonly commit: string;
  /** RFC 3339 */
  readonly taggedAt: string;
  /** The release before. */
  readonly previous: string | null;
  readonly repository: string | null;
  readonly environment: string | null;
  readonly urls: {
    readonly release: string | null;
    /** What changed, on the forge. */
    readonly compare: string | null;
    readonly dashboard: string | null;
    readonly snapshot: string | null;
    readonly run: string | null;
  };
  /** Null where there is no changelog. */
  readonly changes: ChangeFacts | null;
  /** What the dashboard's panels answered, what the watch said: one line each. */
  readonly slo: readonly string[];
  readonly incidents: readonly string[];
  /** That were carried out, by the ledger. */
  readonly migrationsExecuted: readonly string[];
  readonly metrics: readonly string[];
  readonly toolVersion: string;
}

/** One line each. */
export interface ChangeFacts {
  readonly commits: number;
  readonly contributors: number;
  readonly features: readonly string[];
  readonly fixes: readonly string[];
  readonly breaking: readonly string[];
  readonly security: readonly string[];
  readonly migrations: readonly string[];
  /** `infrastructure: 3 files` */
  readonly risky: readonly string[];
}

/** A message as data: the same for every channel. */
export interface BroadcastMessage {
  readonly tag: string;
  readonly rehearsal: boolean;
  readonly title: string;
  /** Shown above everything else; null for a real release. */
  readonly banner: string | null;
  readonly parts: readonly MessagePart[];
  /** http(s). */
  readonly links: readonly { readonly label: string; readonly url: string }[];
  readonly fields: Fields;
  readonly subject: {
    readonly repository: string | null;
    readonly environment: string | null;
    readonly commit: string;
    readonly taggedAt: string;
  };
  readonly toolVersion: string;
}

export interface MessagePart {
  readonly kind: MessageKind;
  readonly title: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly sections: readonly { readonly title: string; readonly lines: readonly string[] }[];
}

/** What a template may name. */
export const fieldNames = [
  "tag",
  "previous",
  "repository",
  "environment",
  "commit",
  "date",
  "rehearsal",
  "impact",
  "risk",
  "rollback",
  "owner",
  "onCall",
  "breaking",
  "security",
  "migrations",
  "flags",
  "features",
  "fixes",
  "flagDefaults",
  "migrationsExecuted",
  "slo",
  "incidents",
  "metrics",
  "releaseUrl",
  "compareUrl",
  "dashboardUrl",
  "snapshotUrl",
  "runUrl",
] as const;
export type FieldName = (typeof fieldNames)[number];
/** A list is shown as one line for each entry. */
export type Fields = Readonly<Record<FieldName, string | readonly string[]>>;

const rehearsalBanner = "This is a rehearsal: nothing final was published.";

/** The message of a release. */
export function messageOf(
  facts: BroadcastFacts,
  settings: BroadcastSettings,
  kinds: readonly MessageKind[],
): BroadcastMessage {
  const { tag, rehearsal, repository, environment, commit, taggedAt, toolVersion } = facts;
  const fields = fieldsOf(facts, settings);
  const what = rehearsal ? "Rehearsal of release" : "Release";
  return {
    tag,
    rehearsal,
    title: `${what} ${tag}${repository === null ? "" : ` of ${repository}`}`,
    banner: rehearsal ? rehearsalBanner : null,
    parts: kinds.map((kind) => (kind === "announcement" ? announcement(fields) : notes(fields))),
    links: linksOf(facts),
    fields,
    subject: { repository, environment, commit, taggedAt },
    toolVersion,
  };
}

/** What an announcement should say and nobody has: names of settings. */
export function unsaid(settings: BroadcastSettings): readonly string[] {
  return (["owner", "onCall"] as const).filter((name) => settings[name] === undefined);
}

function announcement(fields: Fields): MessagePart {
  return {
    kind: "announcement",
    title: "Change announcement",
    facts: said(fields, [
      ["Impact", "impact"],
      ["Risk", "risk"],
      ["Rollback", "rollback"],
      ["Owner", "owner"],
      ["On call", "onCall"],
      ["Environment", "environment"],
      ["Commit", "commit"],
    ]),
    sections: listed(fields, [
      ["Breaking changes", "breaking"],
      ["Security", "security"],
      ["Migrations", "migrations"],
      ["Flags", "flags"],
    ]),
  };
}

function notes(fields: Fields): MessagePart {
  return {
    kind: "notes",
    title: "Post-release notes",
    facts: said(fields, [
      ["Since", "previous"],
      ["Released", "date"],
    ]),
    sections: listed(fields, [
      ["Features", "features"],
      ["Fixes", "fixes"],
      ["Flag defaults changed", "flagDefaults"],
      ["Migrations executed", "migrationsExecuted"],
      ["SLO status", "slo"],
      ["Incidents", "incidents"],
      ["Delivery", "metrics"],
    ]),
  };
}

function said(
  fields: Fields,
  wanted: readonly (readonly [string, FieldName])[],
): (readonly [string, string])[] {
  return wanted.flatMap(([label, name]) => {
    const value = fields[name];
    return typeof value === "string" && value.trim() !== "" ? [[label, value] as const] : [];
  });
}

function listed(fields: Fields, wanted: readonly (readonly [string, FieldName])[]): MessagePart["sections"] {
  return wanted.flatMap(([title, name]) => {
    const value = fields[name];
    const lines = typeof value === "string" ? [] : value.filter((line) => line.trim() !== "");
    return lines.length > 0 ? [{ title, lines }] : [];
  });
}

function fieldsOf(facts: BroadcastFacts, settings: BroadcastSettings): Fields {
  const { changes, urls } = facts;
  return {
    tag: facts.tag,
    previous: facts.previous ?? "",
    repository: facts.repository ?? "",
    environment: facts.environment ?? "",
    commit: facts.commit.slice(0, 12),
    date: facts.taggedAt.slice(0, 10),
    rehearsal: facts.rehearsal ? rehearsalBanner : "",
    impact: settings.impact ?? impactOf(changes),
    risk: settings.risk ?? riskOf(changes),
    rollback: settings.rollback ?? rollbackOf(facts),
    owner: settings.owner ?? "",
    onCall: settings.onCall ?? "",
    breaking: changes?.breaking ?? [],
    security: changes?.security ?? [],
    migrations: changes?.migrations ?? [],
    flags: settings.flags ?? [],
    features: changes?.features ?? [],
    fixes: changes?.fixes ?? [],
    flagDefaults: settings.flagDefaults ?? [],
    migrationsExecuted: facts.migrationsExecuted,
    slo: facts.slo,
    incidents: facts.incidents,
    metrics: facts.metrics,
    releaseUrl: urls.release ?? "",
    compareUrl: urls.compare ?? "",
    dashboardUrl: urls.dashboard ?? "",
    snapshotUrl: urls.snapshot ?? "",
    runUrl: urls.run ?? "",
  };
}

function impactOf(changes: ChangeFacts | null): string {
  if (changes === null) return "";
  const { breaking, features, fixes, commits, contributors } = changes;
  const parts = [
    ...(breaking.length > 0 ? [count(breaking.length, "breaking change")] : []),
    ...(features.length > 0 ? [count(features.length, "feature")] : []),
    ...(fixes.length > 0 ? [count(fixes.length, "fix", "fixes")] : []),
  ];
  const by = `${count(commits, "commit")} by ${count(contributors, "contributor")}`;
  return parts.length > 0 ? `${parts.join(", ")}; ${by}` : by;
}

/** By what the changelog says, and no more: what is not seen is not called safe. */
function riskOf(changes: ChangeFacts | null): string {
  if (changes === null) return "";
  const why = [
    ...(changes.breaking.length > 0 ? ["it breaks something"] : []),
    ...(changes.migrations.length > 0 ? ["it migrates data"] : []),
    ...(changes.security.length > 0 ? ["it is about security"] : []),
    ...changes.risky,
  ];
  return why.length === 0 ? "nothing in the changelog stands out" : `look closer: ${why.join(", ")}`;
}

function rollbackOf({ previous, environment }: BroadcastFacts): string {
  if (previous === null) return "there is no release before this one";
  return environment === null
    ? `back to ${previous}`
    : `back to ${previous}: release-sentinel rollback --env ${environment}`;
}

function linksOf({ urls }: BroadcastFacts): BroadcastMessage["links"] {
  const all = [
    ["Release", urls.release],
    ["Changes", urls.compare],
    ["Dashboard", urls.dashboard],
    ["Snapshot", urls.snapshot],
    ["CI run", urls.run],
  ] as const;
  return all.flatMap(([label, url]) => (url === null ? [] : [{ label, url }]));
}
