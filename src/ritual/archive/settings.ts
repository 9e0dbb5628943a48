import type { ZodType } from "zod";
import type { Zod } from "../../core/check.ts";
import { parseSpan } from "../../core/days.ts";
import { isPlainUrl } from "../../core/text.ts";

/** The configuration's `ritual.archive:`. */
export interface ArchiveSettings {
  /** Files of the work tree that are archived besides what the ritual makes: globs from its top. Each names one at least. */
  readonly include?: readonly string[];
  readonly stores?: readonly StoreSettings[];
  readonly keep?: KeepSettings & { readonly rehearsals?: KeepSettings };
}

export type StoreSettings =
  | { readonly folder: string }
  | { readonly github: true }
  | { readonly http: { readonly url: string; readonly tokenFrom?: string } }
  | {
      readonly exec: {
        readonly run: readonly [string, ...string[]];
        readonly name?: string;
        readonly env?: readonly string[];
        readonly timeout?: string | number;
      };
    };

/** What is kept for either reason stays; without any, everything does. */
export interface KeepSettings {
  readonly releases?: number;
  /** A span of days: `365d`. */
  readonly age?: string;
}

/** The shape of `ritual.archive:`. */
export function archiveSchema(z: Zod, isDuration: (value: string | number) => boolean): ZodType {
  const keep = {
    releases: z.int().min(1).optional().describe("So many of the newest are kept."),
    age: z
      .string()
      .refine((text) => parseSpan(text) !== undefined, "is no span of time (365d, 12w)")
      .optional()
      .describe("What is younger is kept: 365d, 12w."),
  };
  return z.strictObject({
    include: z
      .array(z.string().min(1))
      .optional()
      .describe(
        "Files of the work tree that are archived too: paths or globs from its top, such as reports/*.json. Each must name one.",
      ),
    stores: z
      .array(storeSchema(z, isDuration))
      .optional()
      .describe("Where archives are kept. Without any they stay in the release's folder."),
    keep: z
      .strictObject({
        ...keep,
        rehearsals: z
          .strictObject(keep)
          .optional()
          .describe("The same for rehearsals; without it they all stay."),
      })
      .optional()
      .describe(
        "What stays in stores and in the release folders of this machine. What neither rule keeps is removed; the newest never is.",
      ),
  });
}

function storeSchema(z: Zod, isDuration: (value: string | number) => boolean) {
  const variable = z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a variable's name (the token itself is a secret)");
  return z.union([
    z.strictObject({
      folder: z
        .string()
        .min(1)
        .describe(
          "A folder: absolute, or from the top of the work tree (with --repo: from where you stand).",
        ),
    }),
    z.strictObject({ github: z.literal(true).describe("The assets of the tag's GitHub Release.") }),
    z.strictObject({
      http: z
        .strictObject({
          url: z
            .string()
            .refine(isFolderUrl, "is no http(s) URL without user information, query and fragment")
            .describe("Files are PUT below it with If-None-Match: *."),
          tokenFrom: variable.optional().describe("Variable that holds a bearer token."),
        })
        .describe("A server that knows PUT, HEAD and GET."),
    }),
    z.strictObject({
      exec: z
        .strictObject({
          run: z.array(z.string().min(1)).min(1).describe("Program and arguments; no shell."),
          name: z.string().min(1).optional().describe("What it is called in messages."),
          env: z
            .array(variable)
            .optional()
            .describe("Variables that it gets besides PATH, HOME and the like."),
          timeout: z
            .union([z.string(), z.number()])
            .refine(isDuration, "is not a duration (30s, 5min)")
            .optional()
            .describe("Time limit of one call. Default: 10min."),
        })
        .describe("A program of yours that stores files."),
    }),
  ]);
}

/** A folder on a server: names are put behind it. */
function isFolderUrl(text: string): boolean {
  if (!isPlainUrl(text)) return false;
  const { search, hash } = new URL(text);
  return !search && !hash;
}
