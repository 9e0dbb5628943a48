import { ProgramMissing, type SentinelCheck } from "../../clients/readers.ts";
import { printable } from "../../core/text.ts";
import { findVersion, versionArguments } from "./tool-version.ts";

interface Options {
  name: string;
  /** Semver range. */
  version?: string;
  args?: string[];
  /** Regular expression; its first group, or all of it, is the version. */
  pattern?: string;
}

type Seen = {
  present: boolean;
  /** As the tool prints it, `1.29.2` or `15.14`; null when not read. */
  version: string | null;
  /** Why it was not read. */
  trouble: string | null;
  /** The range that the version was compared with. */
  range: string | null;
  satisfied: boolean;
};

/** Is a program there, and is it a version that will do? */
export const hostTool: SentinelCheck<Options, Seen> = {
  id: "host.tool",
  question: "Is the tool installed, in a version that will do?",
  kind: "health",
  reach: "local",
  defaults: { name: "" },
  limits: { timeoutMs: 10_000 },
  schema: (z) =>
    z.strictObject({
      name: z.string().min(1).describe("The program, as the shell finds it on PATH, or a path."),
      version: z
        .string()
        .min(1)
        .optional()
        .describe("A semver range that its version must satisfy, for example >=1.28."),
      args: z
        .array(z.string())
        .optional()
        .describe(
          "Arguments that make it print its version; without them what the tool is known for, else --version.",
        ),
      pattern: z
        .string()
        .min(1)
        .optional()
        .describe(
          "A regular expression whose first group, or whole match, is the version in what it prints.",
        ),
    }),
  async observe({ readers, options, signal }) {
    const { name, version: range = null } = options;
    if (name === "") throw new Error("no tool is named");
    const seen: Seen = { present: false, version: null, trouble: null, range, satisfied: range === null };
    if (readers.programs.which(name) === undefined) return seen;
    const args = versionArguments(options);
    // Nobody asked for the version, and what `--version` does to a program that we do not know, nobody knows.
    if (args === undefined) return { ...seen, present: true };
    try {
      const answer = await readers.programs.run({ argv: [name, ...args], signal });
      if (answer.code !== 0) {
        const trouble = answer.signal ?? `exit code ${answer.code}`;
        return { ...seen, present: true, trouble: `${[name, ...args].join(" ")} failed (${trouble})` };
      }
      const version = findVersion(answer, options.pattern);
      if (!version)
        return { ...seen, present: true, trouble: `${[name, ...args].join(" ")} prints no version` };
      const satisfied = range === null || (await satisfies(version.semver, range));
      return { ...seen, present: true, version: version.text, satisfied };
    } catch (error) {
      if (error instanceof ProgramMissing) return seen;
      throw error;
    }
  },
  judge(seen, { options }) {
    const name = printable(options.name, 200);
    const range = options.version === undefined ? "" : printable(options.version, 100);
    const wanted = range ? `${name} ${range}` : name;
    if (!seen.present) {
      return {
        status: "fail",
        message: `Tool CRITICAL: ${name} not found`,
        remedy: `install ${wanted}, or put it on PATH`,
      };
    }
    if (seen.version === null) {
      if (options.version === undefined && seen.trouble === null)
        return { status: "ok", message: `Tool OK: ${name}` };
      return {
        status: "unknown",
        message: `Tool UNKNOWN: version of ${name} not found out`,
        ...(seen.trouble === null ? {} : { details: [printable(seen.trouble)] }),
        remedy: "name the arguments that print its version in `args`, and what to look for in `pattern`",
      };
    }
    const version = printable(seen.version, 100);
    if (options.version === undefined) return { status: "ok", message: `Tool OK: ${name} ${version}` };
    if (seen.range !== options.version) {
      return {
        status: "unknown",
        message: `Tool UNKNOWN: ${name} ${version} was not compared with ${range}`,
        remedy: "run the check itself again",
      };
    }
    if (seen.satisfied) return { status: "ok", message: `Tool OK: ${name} ${version}` };
    return {
      status: "fail",
      message: `Tool CRITICAL: ${name} ${version} does not satisfy ${range}`,
      remedy: `install ${wanted}`,
    };
  },
};

async function satisfies(version: string, range: string): Promise<boolean> {
  const [{ default: validRange }, { default: inRange }] = await Promise.all([
    import("semver/ranges/valid.js"),
    import("semver/functions/satisfies.js"),
  ]);
  if (validRange(range) === null) throw new Error(`${printable(range, 100)} is not a range of versions`);
  return inRange(version, range);
}
