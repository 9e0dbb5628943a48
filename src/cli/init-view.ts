import { join } from "node:path";
import { readHead } from "../clients/file-head.ts";
import type { StepResult } from "../core/plan.ts";
import { count, printable, shellWord } from "../core/text.ts";
import type { PlannedFile } from "../flows/init.ts";
import type { Facts, Language } from "../scaffold/facts.ts";
import { exampleVersion } from "../scaffold/look/tags.ts";
import { gitlabInclude, jenkinsBeside } from "../scaffold/targets.ts";
import { unknownRepository } from "../scaffold/templates/text.ts";

const languageNames: Readonly<Record<Language, string>> = {
  node: "Node.js",
  python: "Python",
  go: "Go",
  java: "Java",
  rust: "Rust",
  ruby: "Ruby",
  php: "PHP",
  dotnet: ".NET",
  elixir: "Elixir",
  swift: "Swift",
};

/** What was found, on one line. */
export function foundLine(facts: Facts): string {
  const { packageManager, packages, manifests, forge, repository, writeCi } = facts;
  const parts = [
    facts.languages.map((language) => languageNames[language]).join(" and ") || "no language that is known",
    ...(packageManager ? [packageManager] : []),
    ...(packages.length > 0 ? [count(packages.length, "package")] : []),
    `branch ${facts.defaultBranch}`,
    ...(facts.tags[0] ? [`last version ${printable(facts.tags[0], 100)}`] : ["no version yet"]),
    repository ? `${forge ?? "remote"} ${printable(repository, 200)}` : "no remote that tells its name",
    writeCi ? `CI ${writeCi}` : "no CI",
    ...manifests.slice(0, 3).map(({ kind, path }) => `${kind} ${printable(path, 100)}`),
    ...(facts.composeFile ? [facts.composeFile] : []),
  ];
  return `Found: ${parts.join(" · ")}\n`;
}

const marks: Readonly<Record<PlannedFile["file"], string>> = {
  current: "as is   ",
  needed: "new     ",
  edited: "yours   ",
  outdated: "old     ",
  foreign: "in place",
  refused: "REFUSED ",
};

/** One file: where it stands, or what became of it. */
export function fileLine(planned: PlannedFile, results: readonly StepResult[]): string {
  const became = results.find(({ id }) => id === planned.id);
  const { file, message, remedy, proofs } = became ? { ...planned, ...became, proofs: [] } : planned;
  const wrong = proofs.filter(({ state }) => state !== "ok");
  const lines = [{ message, remedy }, ...wrong].map(
    (one, i) =>
      `${i === 0 ? marks[file] : "        "}  ${one.message}${one.remedy ? `\n            → ${one.remedy}` : ""}`,
  );
  return `${lines.join("\n")}\n`;
}

/** By which CI learns where the tool is, in files that nobody has edited. */
const withPlace = "release-sentinel init --action OWNER/NAME@REF --update";

/** Files that are there and name no place that CI could get the tool from, and the command or the word that mends them. */
export function placeless(
  { root }: Facts,
  files: readonly PlannedFile[],
): { readonly paths: readonly string[]; readonly remedy: string } {
  const named = new RegExp(`^(?!\\s*(?:#|//)).*${unknownRepository}`, "m");
  const without = files.filter(
    ({ path, file }) => file !== "foreign" && named.test(readHead(join(root, path), 64 * 1024) ?? ""),
  );
  const isEdited = without.some(({ file }) => file === "edited");
  return {
    paths: without.map(({ path }) => path),
    remedy: isEdited ? `put OWNER/NAME in the place of ${unknownRepository}` : withPlace,
  };
}

/** What has to be done by hand, and what no file can know. */
export function notesOf(
  facts: Facts,
  files: readonly PlannedFile[],
  pipeline: string | null,
): readonly string[] {
  const has = (path: string) => files.some((file) => file.path === path);
  const notes: string[] = [];
  const inCi = files.filter(
    ({ path, file }) =>
      file !== "edited" && file !== "foreign" && /^\.git(hub|lab)|[Jj]enkinsfile$/.test(path),
  );
  if (facts.tool.repository === null && inCi.length > 0)
    notes.push(
      `${inCi.map(({ path }) => path).join(", ")}: CI does not know yet where to get release-sentinel from: ${withPlace}, or put it in by hand`,
    );
  if (has(gitlabInclude) && !pipeline?.includes(gitlabInclude))
    notes.push(`add to .gitlab-ci.yml: include: [{ local: ${gitlabInclude} }]`);
  const stages = /^stages:.*(?:\n[ \t-].*)*/m.exec(pipeline ?? "")?.[0];
  if (has(gitlabInclude) && stages !== undefined && !/\btest\b/.test(stages))
    notes.push("its stages have no test: name the gate's there too: release-gate: { stage: ONE OF THEM }");
  if (has(jenkinsBeside))
    notes.push(`make a multibranch pipeline of ${jenkinsBeside}, beside the one of your Jenkinsfile`);
  if (facts.packages.length > 0 && facts.tagShape === "package")
    notes.push("each package is released by its own tag; notes of one: release-sentinel notes --path FOLDER");
  return notes;
}

/** The commands that come next. What npx has found in a project is on nobody's PATH. */
export function nextLines(
  facts: Facts,
  files: readonly PlannedFile[],
  { written, env }: { readonly written: readonly StepResult[]; readonly env: NodeJS.ProcessEnv },
): string {
  const tool = env["npm_command"] === "exec" ? "npx release-sentinel" : "release-sentinel";
  const paths = written.filter(({ outcome }) => outcome === "did").map(({ id }) => id.replace(/^file:/, ""));
  const isPlaceless = placeless(facts, files).paths.length > 0;
  return [
    "Next:",
    ...(isPlaceless ? [`  ${withPlace.replace(/^release-sentinel/, tool)}   # before it is pushed`] : []),
    `  git add ${paths.map(shellWord).join(" ")}`,
    '  git commit -m "ci: the release gate"',
    `  ${tool} check --env ${facts.environment} --version ${exampleVersion(facts.tags)}`,
    "",
  ].join("\n");
}
