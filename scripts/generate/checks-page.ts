import { parse } from "yaml";
import { optionsOf } from "../../src/config/schema.ts";
import { defaultLimits } from "../../src/core/check.ts";
import type { Judgement } from "../../src/core/finding.ts";
import type { Target } from "../../src/core/target.ts";
import { duration } from "../../src/core/text.ts";
import { type Example, examples, type Sight } from "./examples.ts";
import { type CatalogueCheck, catalogue, optionsOfCheck } from "./json-schema.ts";
import { anchor, code, fence, generatedFrom, table } from "./markdown.ts";
import { optionsTable } from "./options-table.ts";

const intro = `# Checks

A check answers one question. \`policy\` checks are rules of yours: a failure is BLOCKED (exit 1). \`health\` checks look at
the state of the world: a failure is CRITICAL (exit 2). What could not be found out is \`unknown\`: CRITICAL too, unless
the environment's policy says otherwise.

An entry's name is the check's id, or any name of yours with \`uses: <id>\`. Besides the options listed here every entry takes
[\`severity\`, \`mode\`, \`timeout\`, \`attempts\`, \`needs\` …](configuration.md#an-entry-under-checks).
Your own checks: [how-to/writing-checks.md](how-to/writing-checks.md).

**Order.** *First* means: with the local policy, in milliseconds. If one of those fails, nothing else is started. *Then* means:
with everything else, all at once, under one deadline.`;

export function checksPage(): string {
  const overview = table(
    ["check", "question", "kind", "runs"],
    catalogue.map((check) => [
      `[${check.id}](#${anchor(check.id)})`,
      check.question,
      check.kind,
      goesFirst(check) ? "first" : "then",
    ]),
  );
  return `${[generatedFrom("src/checks/ and scripts/generate/examples.ts"), intro, overview, ...catalogue.map(section)].join("\n\n")}\n`;
}

function goesFirst({ kind, reach }: CatalogueCheck): boolean {
  return kind === "policy" && reach === "local";
}

function section(check: CatalogueCheck): string {
  const example = examples[check.id];
  if (!example) throw new Error(`scripts/generate/examples.ts has no example for ${check.id}`);
  const { properties, required } = optionsOfCheck(check);
  const options =
    Object.keys(properties).length === 0
      ? "It has no options of its own."
      : optionsTable(properties, required);
  const indented = example.yaml.replace(/^/gm, "  ");
  return [
    `## ${check.id}`,
    check.question,
    facts(check),
    options,
    `<!-- config: release-sentinel.yaml -->\n${fence("yaml", `checks:\n${indented}`)}`,
    "What it says:",
    says(check, example),
  ].join("\n\n");
}

function facts(check: CatalogueCheck): string {
  const { timeoutMs, attempts, backoffMs } = { ...defaultLimits, ...check.limits };
  const tries =
    attempts === 1 ? "one attempt" : `${attempts} attempts, ${backoffMs.map(duration).join(", ")} apart`;
  const needs = check.prerequisites?.length
    ? `- Not run when this one is planned too and fails: ${check.prerequisites.map(code).join(", ")}`
    : "";
  return [
    `- Kind: \`${check.kind}\`; runs ${goesFirst(check) ? "first, with the local policy" : "with the network and health checks"}`,
    `- Limits: ${duration(timeoutMs)} an attempt, ${tries}`,
    needs,
  ]
    .filter((line) => line !== "")
    .join("\n");
}

function says(check: CatalogueCheck, example: Example): string {
  const rows = example.sees
    .flatMap((sight) => judged(check, example, sight).map((judgement) => ({ judgement, sight })))
    .map(({ judgement: { status, message, remedy }, sight }) => {
      const purpose = sight.target?.purpose;
      return [
        status,
        `${code(message)}${purpose ? ` (with \`--for ${purpose}\`)` : ""}`,
        remedy ? code(remedy) : "",
      ];
    });
  return table(["status", "message", "remedy"], rows);
}

const usualTarget: Target = {
  environment: "prod",
  version: "v1.4.2",
  purpose: "release",
  at: "2026-11-21T10:00:00Z",
};

/** What the check's own judge says of a sight, with the example's options. */
export function judged(
  check: CatalogueCheck,
  { yaml }: Example,
  { observation, target }: Sight,
): readonly Judgement[] {
  const entries = Object.entries(parse(yaml) as Record<string, Record<string, unknown> | boolean>);
  const [, own] =
    entries.find(
      ([name, entry]) => (typeof entry === "object" && entry["uses"] === check.id) || name === check.id,
    ) ?? [];
  const options = { ...(check.defaults as object), ...optionsOf(typeof own === "object" ? own : {}) };
  const said = check.judge(observation, { options, target: { ...usualTarget, ...target } });
  return [said].flat() as readonly Judgement[];
}
