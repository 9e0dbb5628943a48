import type { Language, PackageManager } from "../facts.ts";

const languageFiles: readonly (readonly [RegExp, Language])[] = [
  [/^package\.json$/, "node"],
  [/^(pyproject\.toml|setup\.py|setup\.cfg|requirements\.txt|Pipfile)$/, "python"],
  [/^go\.mod$/, "go"],
  [/^(pom\.xml|build\.gradle(\.kts)?)$/, "java"],
  [/^Cargo\.toml$/, "rust"],
  [/^Gemfile$/, "ruby"],
  [/^composer\.json$/, "php"],
  [/\.(csproj|fsproj|sln)$/, "dotnet"],
  [/^mix\.exs$/, "elixir"],
  [/^Package\.swift$/, "swift"],
];

/** In this order: a lock file says more than a project file. */
const managerFiles: readonly (readonly [RegExp, PackageManager])[] = [
  [/^pnpm-lock\.yaml$/, "pnpm"],
  [/^yarn\.lock$/, "yarn"],
  [/^bun\.lockb?$/, "bun"],
  [/^package-lock\.json$/, "npm"],
  [/^uv\.lock$/, "uv"],
  [/^poetry\.lock$/, "poetry"],
  [/^go\.mod$/, "go"],
  [/^pom\.xml$/, "maven"],
  [/^build\.gradle(\.kts)?$/, "gradle"],
  [/^Cargo\.toml$/, "cargo"],
  [/^Gemfile$/, "bundler"],
  [/^composer\.json$/, "composer"],
  [/\.(csproj|fsproj|sln)$/, "nuget"],
  [/^mix\.exs$/, "mix"],
  [/^package\.json$/, "npm"],
  [/^(pyproject\.toml|requirements\.txt|setup\.py)$/, "pip"],
];

/** How deep a project file still tells what the repository is made of. */
const deepest = 3;

/** By project files, those nearest to the top first. */
export function readLanguages(files: readonly string[]): readonly Language[] {
  const near = files
    .map((path) => path.split("/"))
    .filter((parts) => parts.length <= deepest)
    .sort((a, b) => a.length - b.length);
  const found = near.flatMap((parts) =>
    languageFiles.filter(([pattern]) => pattern.test(parts.at(-1) ?? "")).map(([, language]) => language),
  );
  return [...new Set(found)];
}

/** Of the top folder. */
export function readPackageManager(files: readonly string[]): PackageManager | null {
  const top = files.filter((path) => !path.includes("/"));
  return managerFiles.find(([pattern]) => top.some((name) => pattern.test(name)))?.[1] ?? null;
}

/** Folders with a package of their own, where the top is a workspace. */
export function readPackages(files: readonly string[], packageJson: string | null): readonly string[] {
  const isWorkspace =
    /"workspaces"\s*:/.test(packageJson ?? "") ||
    ["pnpm-workspace.yaml", "lerna.json", "go.work"].some((name) => files.includes(name));
  if (!isWorkspace) return [];
  return files
    .filter((path) => /^[^/]+(\/[^/]+){1,2}$/.test(path) && /\/(package\.json|go\.mod)$/.test(path))
    .map((path) => path.slice(0, path.lastIndexOf("/")));
}
