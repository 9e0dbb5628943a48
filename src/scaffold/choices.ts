import type { CiKind, Facts, TagShape, ToolRef } from "./facts.ts";
import { type Template, templates } from "./target.ts";
import { isSlug, unknownRepository } from "./templates/text.ts";

export const ciChoices = ["github-actions", "gitlab", "jenkins", "none"] as const;
export const versionShapes = ["v", "plain", "package"] as const;
export type CiChoice = (typeof ciChoices)[number];

/** What people may say about the files. What they do not say is found out. */
export interface Choices {
  readonly template?: Template;
  readonly environment?: string;
  readonly branch?: string;
  readonly ci?: CiChoice;
  /** `owner/name@ref`, or `https://…/name.git@ref`: where workflows get release-sentinel from. */
  readonly action?: string;
  /** How versions are written in tags. */
  readonly versions?: Exclude<TagShape, null>;
  /** Pull requests have environments of their own, which somebody has to clean up. */
  readonly previews?: true;
  /** Paths of files that are not wanted. */
  readonly skip?: readonly string[];
}

const flags = {
  template: "--template",
  environment: "--env",
  branch: "--branch",
  ci: "--ci",
  versions: "--versions",
  action: "--action",
} as const;

/** The choices as they are typed; of those that are made. */
export function choiceWords(choices: Choices): readonly string[] {
  const single = Object.entries(flags).flatMap(([key, flag]) => {
    const value = choices[key as keyof typeof flags];
    return value === undefined ? [] : [flag, value];
  });
  const previews = choices.previews ? ["--previews"] : [];
  const skip = choices.skip?.length ? ["--skip", choices.skip.join(",")] : [];
  return [...single, ...previews, ...skip];
}

/** The choices that a generated file's header tells. Words that are none of ours are passed over: somebody may have edited it. */
export function readChoices(words: readonly string[]): Choices {
  const value = (flag: string) => {
    const at = words.indexOf(flag);
    return at < 0 ? undefined : words[at + 1];
  };
  const template = templates.find((name) => name === value(flags.template));
  const ci = ciChoices.find((name) => name === value(flags.ci));
  const versions = versionShapes.find((name) => name === value(flags.versions));
  const environment = value(flags.environment);
  const branch = value(flags.branch);
  const action = value(flags.action);
  const skip = value("--skip")?.split(",");
  return {
    ...(template ? { template } : {}),
    ...(environment && isEnvironment(environment) ? { environment } : {}),
    ...(branch && isBranch(branch) ? { branch } : {}),
    ...(ci ? { ci } : {}),
    ...(versions ? { versions } : {}),
    ...(action && toolRefOf(action) ? { action } : {}),
    ...(words.includes("--previews") ? { previews: true } : {}),
    ...(skip ? { skip } : {}),
  };
}

/** What a configuration takes as an environment's name. */
export function isEnvironment(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,99}$/.test(text);
}

/** A branch's name that is one word in a file's header. */
export function isBranch(text: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N}\p{M}_./+@=#-]{0,199}$/u.test(text) && !text.includes("..");
}

/**
 * Undefined where it is neither `owner/name@ref` nor a URL with `@ref`; user information is refused.
 * A commit may be followed by its version, for people: `#v1.2.3`.
 */
export function toolRefOf(action: string): ToolRef | undefined {
  const [, named, ref = "", shown = ""] =
    /^((?:https:\/\/[\w.:-]+\/)?[\w.~-]+(?:\/[\w.~-]+)+)@(\w[\w./-]*)(?:#(v[\w.-]+))?$/.exec(action) ?? [];
  if (named === undefined) return undefined;
  const repository = named === unknownRepository ? null : named;
  if (/^[0-9a-f]{40}$/.test(ref)) return { repository, version: shown, sha: ref };
  return { repository, version: ref };
}

/** The same as a word again. */
export function actionOf({ repository, version, sha }: ToolRef): string {
  const name = repository ?? unknownRepository;
  if (sha === undefined) return `${name}@${version}`;
  return version === "" ? `${name}@${sha}` : `${name}@${sha}#${version}`;
}

/** Why files for a CI service cannot name the tool by this; undefined when they can. */
export function actionProblem({ tool, writeCi }: Facts, template: Template): string | undefined {
  const name = tool.repository;
  if (name === null || isSlug(name)) return undefined;
  const isUrl = name.includes("://");
  if (template === "org") return "OWNER/NAME@REF";
  if (writeCi === "github-actions") return isUrl ? "OWNER/NAME@REF" : undefined;
  return writeCi === null || isUrl ? undefined : "OWNER/NAME@REF, or https://HOST/OWNER/NAME.git@REF";
}

export function ciOf(choice: CiChoice): CiKind | null {
  return choice === "none" ? null : choice;
}
