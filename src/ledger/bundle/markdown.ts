import type { Json } from "../../core/json.ts";
import { printable } from "../../core/text.ts";
import type { LedgerEntry, Recorded } from "../entry.ts";
import { verdictOf } from "../query.ts";
import type { Manifest } from "./manifest.ts";

type About = Pick<
  Manifest,
  "version" | "madeAt" | "madeBy" | "tool" | "ledger" | "attachments" | "attestations"
>;

/**
 * The readable part of a bundle. Made from the entries and the manifest alone, always the same way: whoever verifies a
 * bundle makes it again and compares.
 */
export function evidenceText(about: About, entries: readonly Recorded[]): string {
  const commits = unique(entries.map(({ entry }) => entry.commit));
  const environments = unique(entries.map(({ entry }) => entry.environment));
  const facts: Row[] = [
    ["Version", code(about.version)],
    ["Commit", commits.map((commit) => code(commit)).join(", ") || "not recorded"],
    ["Environments", environments.map((name) => code(name)).join(", ") || "none recorded"],
    ["Entries", `${entries.length}, from ${entries[0]?.time} to ${entries.at(-1)?.time}`],
    ["Ledger", code(about.ledger)],
    [
      "Exported",
      `${about.madeAt} by ${about.madeBy ? `${cell(about.madeBy.name)} (${about.madeBy.source})` : "somebody"}, release-sentinel ${cell(about.tool)}`,
    ],
  ];
  const parts = [
    `# Evidence for ${cell(about.version)}`,
    table(["", ""], facts),
    "## What happened",
    table(["#", "when", "what", "environment", "result", "who", "run"], entries.map(timelineRow)),
    ...entries.flatMap(details),
    ...attached(about),
    "## How to verify this",
    howTo,
    "",
  ];
  return `${parts.join("\n\n")}\n`;
}

const howTo = `On any machine, with the public key of those who kept the ledger, or with a hash that they published (the trailer
\`Ledger-Head\` of the release's tag):

    release-sentinel ledger verify --bundle THIS-FILE --key public.pem

It shows that the entries stood in the ledger as they are given below, that the text above says what they say, and which
attachments and attestations whoever exported this has named. It does not show that the ledger has no other entries about this
version: for that, verify the ledger itself. Times are those of the machines that wrote the entries.`;

type Row = readonly string[];

function timelineRow({ seq, time, entry }: Recorded): Row {
  const { kind, command, environment, actor, run } = entry;
  const who = actor ? `${cell(actor.name)} (${cell(actor.source)})` : "not known";
  return [
    `${seq}`,
    time,
    `${cell(kind)} (${cell(command)})`,
    environment === null ? "" : code(environment),
    result(entry),
    who,
    link(run?.url),
  ];
}

function result(entry: LedgerEntry): string {
  const outcome = entry.data?.["outcome"];
  return cell(
    [verdictOf(entry), typeof outcome === "string" ? outcome : null]
      .filter((word) => word !== null)
      .join(", "),
  );
}

/** What an entry holds, part by part; what this version has no words for is shown as it is. */
function details({ seq, entry }: Recorded): string[] {
  const { verdict, steps, plan, approvals, waivers, breakGlass, outcome, message, reasons, url, ...rest } =
    record(entry.data);
  const end = [text(outcome), text(message)].filter((word) => word !== "").join(": ");
  const parts = [
    ...(end === "" ? [] : [`**Outcome:** ${cell(end)} ${link(url)}`.trimEnd()]),
    ...list(reasons),
    ...verdictPart(verdict),
    ...tablePart("Plan", plan, ["id", "state", "message"]),
    ...tablePart("Steps", steps, ["id", "outcome", "message"]),
    ...tablePart("Approvals", approvals, ["by", "decision", "at", "comment"]),
    ...tablePart("Waivers", waivers, ["check", "owner", "reason", "until"]),
    ...(breakGlass ? [`**Break-glass:** ${cell(text(breakGlass))}`] : []),
    ...also(rest),
    ...(entry.cut ? [`Too large to be kept: ${entry.cut.map(cell).join(", ")}`] : []),
  ];
  return parts.length === 0 ? [] : [`### Entry ${seq}: ${cell(entry.kind)}`, ...parts];
}

function also(rest: ReturnType<typeof record>): string[] {
  const told = Object.entries(rest).filter(
    ([, value]) => value !== null && value !== false && value !== undefined,
  );
  return told.length > 0 ? [`Also recorded:\n\n${indented(Object.fromEntries(told))}`] : [];
}

function verdictPart(value: Json | undefined): string[] {
  const verdict = record(value);
  if (typeof verdict["verdict"] !== "string") return [];
  const { verdict: word, policyDigest, policySource, branch, releasable } = verdict;
  const findings = Array.isArray(verdict["findings"]) ? verdict["findings"].map(record) : [];
  const rows = findings.map(({ check, status, message, observation, waiver, breakGlass, shadow }) => [
    code(text(check)),
    cell(
      [text(status), waiver ? "waived" : "", breakGlass ? "break-glass" : "", shadow ? "shadow" : ""]
        .filter((word, n) => word !== "" && (n !== 1 || status !== "waived"))
        .join(", "),
    ),
    cell(text(message)),
    observation === null || observation === undefined ? "" : code(JSON.stringify(observation), 160),
  ]);
  return [
    `**${cell(word)}**, ${releasable === true ? "releasable" : "not releasable"}, on branch ${code(text(branch))}, by the policy ${code(text(policyDigest))} (${cell(text(policySource))})`,
    ...list(verdict["reasons"]),
    ...(rows.length > 0 ? [table(["check", "status", "answer", "what was seen"], rows)] : []),
    ...list(findings.flatMap(excuses)),
  ];
}

/** Who let it pass, and why. */
function excuses({ check, waiver, breakGlass, shadow }: ReturnType<typeof record>): string[] {
  return Object.entries({ waived: waiver, "break-glass": breakGlass, "only tried out": shadow }).flatMap(
    ([how, value]) => {
      const { owner, reason, until, ticket } = record(value);
      if (value === undefined || value === null) return [];
      const parts = [
        owner && `by ${text(owner)}`,
        until && `until ${text(until)}`,
        ticket && text(ticket),
        reason && text(reason),
      ];
      return [
        [`${text(check)}: ${how}`, ...parts.filter((part) => typeof part === "string" && part !== "")].join(
          ", ",
        ),
      ];
    },
  );
}

function tablePart(title: string, value: Json | undefined, columns: readonly string[]): string[] {
  if (!Array.isArray(value) || value.length === 0) return [];
  const rows = value.map(record).map((row) => columns.map((column) => cell(text(row[column]))));
  return [`**${title}**`, table(columns, rows)];
}

function attached({ attachments, attestations }: About): string[] {
  const files = attachments.map(({ name, bytes, sha256 }) => [
    code(name),
    `${bytes}`,
    code(`sha256:${sha256}`),
  ]);
  const signed = attestations.map(({ name, sha256 }) => [code(name), code(`sha256:${sha256}`)]);
  return [
    ...(files.length > 0 ? ["## Attachments", table(["file", "bytes", "hash"], files)] : []),
    ...(signed.length > 0 ? ["## Attestations", table(["file", "hash"], signed)] : []),
  ];
}

function list(value: Json | undefined): string[] {
  return Array.isArray(value) && value.length > 0
    ? [value.map((one) => `- ${item(text(one))}`).join("\n")]
    : [];
}

/** Only what is a plain web address becomes one to click on. */
function link(url: unknown): string {
  return typeof url === "string" && /^https?:\/\/[^\s()<>|\\]+$/.test(url) ? `<${url}>` : "";
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function record(value: unknown): { readonly [key: string]: Json | undefined } {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json | undefined })
    : {};
}

function text(value: Json | undefined): string {
  return value === undefined || value === null
    ? ""
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
}

/** Text from outside, which cannot become Markdown or HTML in the middle of a line. */
function cell(value: string): string {
  return printable(value, 2000).replace(/[\\`*_{}[\]<>#|~&@]|:(?=\/\/)/g, entity);
}

/** The same at the beginning of one, where a number or a dash would begin a list. */
function item(value: string): string {
  return cell(value)
    .replace(/^[-+=]/, entity)
    .replace(/^(\d+)([.)])/, (_, digits: string, char: string) => digits + entity(char));
}

function entity(char: string): string {
  return `&#${char.charCodeAt(0)};`;
}

/** The same in a fixed-width face. */
function code(value: string, most = 200): string {
  const shown = printable(value, most).replaceAll("|", "\\|");
  if (shown.trim() === "") return "";
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest > 0 ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`;
}

function indented(value: object): string {
  return JSON.stringify(value, null, 2)
    .split("\n")
    .map((line) => `    ${printable(line, 2000)}`)
    .join("\n");
}

function unique(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => typeof value === "string"))];
}
