import type { ZodType } from "zod";
import type { Readers } from "../clients/readers.ts";
import type { Check, Zod } from "../core/check.ts";
import type { Json } from "../core/json.ts";
import { isMoment } from "../core/text.ts";

// biome-ignore lint/suspicious/noExplicitAny: options and observations differ from check to check
export type AnyCheck = Check<any, any, Readers>;

/** A limit such as `3s`, `500ms`, `2min`, or a number of seconds; milliseconds out. */
export function parseDuration(text: string | number): number | undefined {
  if (typeof text === "number") return text > 0 && text <= 24 * 3600 ? text * 1000 : undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?$/.exec(text.trim());
  if (!match) return undefined;
  const ms =
    Number(match[1]) *
    { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 }[
      (match[2] ?? "s") as "ms" | "s" | "m" | "min" | "h"
    ];
  return ms > 0 && ms <= 24 * 3_600_000 ? ms : undefined;
}

function until(z: Zod) {
  return z
    .string()
    .refine(
      (text) => isMoment(text) && (text.length === 10 || /(Z|[+-]\d{2}:\d{2})$/.test(text)),
      "is not a date (2026-12-31) or RFC 3339 time",
    )
    .describe("Date (through its end, UTC) or RFC 3339 time.");
}

/** Keys that every check's entry has besides the check's own options. */
export function commonKeys(z: Zod) {
  return {
    uses: z
      .string()
      .min(1)
      .optional()
      .describe("A check of the catalogue, ./file.ts, or npm:package#export; without it the entry's name."),
    severity: z
      .enum(["fail", "warn", "notice"])
      .optional()
      .describe("The most that a failure of this check may do. Default: fail."),
    mode: z
      .enum(["enforce", "shadow"])
      .optional()
      .describe("shadow: record what it would have blocked, and never fail."),
    owner: z.string().min(1).optional().describe("Who wants to know, in shadow mode."),
    reason: z.string().min(1).optional().describe("Why it is in shadow mode."),
    until: until(z).optional().describe("Until when it is in shadow mode; enforced after that."),
    timeout: z
      .union([z.string(), z.number()])
      .refine((value) => parseDuration(value) !== undefined, "is not a duration (3s, 500ms, 2min)")
      .optional()
      .describe("Time limit of one attempt: 3s, 500ms, 2min, or seconds."),
    attempts: z.int().min(1).max(20).optional().describe("Attempts in all; 1 = no retry."),
    needs: z.array(z.string().min(1)).optional().describe("Names of checks whose answer this one waits for."),
  };
}

/** One check's entry. An `options` schema that is no object (a plugin's) is checked apart from the common keys. */
export function entrySchema(z: Zod, check: AnyCheck): ZodType {
  const options = check.schema(z);
  // A strict object stays strict, a loose one loose; what is no object (a plugin's record) is asked for besides ours.
  return options instanceof z.ZodObject
    ? options.extend(commonKeys(z))
    : z.intersection(z.looseObject(commonKeys(z)), options);
}

/** A section of the file that another part knows the shape of. */
export interface Section {
  readonly schema: (z: Zod, isDuration: (value: string | number) => boolean) => ZodType;
  readonly description?: string;
  /** An environment may have it too: merged over that of the file. */
  readonly perEnvironment?: true;
}

export type Sections = Readonly<Record<string, Section>>;

function sectionKeys(z: Zod, sections: Sections, wanted: (section: Section) => boolean) {
  const isDuration = (value: string | number) => parseDuration(value) !== undefined;
  return Object.fromEntries(
    Object.entries(sections)
      .filter(([, section]) => wanted(section))
      .map(([name, { schema, description }]) => {
        const optional = schema(z, isDuration).optional();
        return [name, description === undefined ? optional : optional.describe(description)];
      }),
  );
}

/** The file as a whole. Checks' entries are validated by themselves, against the check that each one uses. */
export function fileSchema(z: Zod, sections: Sections, entry?: (z: Zod) => ZodType) {
  const strings = z.array(z.string().min(1)).min(1);
  const entries = z
    .record(
      z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "is not a check's name"),
      entry ? entry(z) : z.union([z.boolean(), z.null(), z.record(z.string(), z.unknown())]),
    )
    .nullable();
  const unknown = z
    .enum(["critical", "blocked", "warn"])
    .describe(
      "What an answer that could not be found out does: critical (exit 2, the default), blocked (exit 1), or only warn.",
    );
  return z.strictObject({
    $schema: z.string().optional().describe("For editors."),
    extends: z
      .union([z.string().min(1), strings])
      .optional()
      .describe(
        "Policies that this one builds on: default, ./file.yaml, or an npm package. Later ones win, this file wins over all.",
      ),
    environments: z
      .record(
        z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "is not an environment's name"),
        z
          .strictObject({
            checks: entries.optional().describe("Checks of this environment: merged over those of the file."),
            unknown: unknown.optional(),
            breakGlass: strings
              .optional()
              .describe("Checks (names or globs) that --break-glass may open here. Without it: none."),
            ...sectionKeys(z, sections, ({ perEnvironment }) => perEnvironment === true),
          })
          .nullable(),
      )
      .optional()
      .describe("The environments that releases go to, each with its own policy. Default: dev, stage, prod."),
    checks: entries.optional().describe("What is checked: name → true, false, or options."),
    unknown: unknown.optional(),
    waivers: z
      .array(
        z.strictObject({
          check: z.string().min(1).describe("Check's name or glob."),
          subject: z
            .string()
            .min(1)
            .optional()
            .describe("Only findings about this (glob): a path, a variable, a file."),
          owner: z.string().min(1).describe("Who answers for it."),
          reason: z.string().min(1).describe("Why it may pass."),
          ticket: z.string().min(1).optional().describe("Where it is being mended."),
          until: until(z),
          environments: strings.optional().describe("Only in these environments."),
          versions: strings.optional().describe("Only for these versions (globs)."),
        }),
      )
      .optional()
      .describe("Findings that may pass for a while: who, why and until when are shown in every report."),
    ...sectionKeys(z, sections, () => true),
  });
}

/** A check entry's options without the common keys. */
export function optionsOf(entry: Readonly<Record<string, unknown>>): Record<string, Json | undefined> {
  const { uses, severity, mode, owner, reason, until: _until, timeout, attempts, needs, ...options } = entry;
  return options as Record<string, Json | undefined>;
}
