import type { CiKind, ForeignWorkflow, ForgeKind } from "../facts.ts";

const ciFiles: readonly (readonly [RegExp, CiKind])[] = [
  [/^\.github\/workflows\/[^/]+\.ya?ml$/, "github-actions"],
  [/^\.gitlab-ci\.ya?ml$/, "gitlab"],
  [/^[Jj]enkinsfile(\.[\w-]+)?$/, "jenkins"],
];

/** Services that have files here. */
export function readCiKinds(files: readonly string[]): readonly CiKind[] {
  const found = files.flatMap((path) =>
    ciFiles.filter(([pattern]) => pattern.test(path)).map(([, kind]) => kind),
  );
  return [...new Set(found)];
}

/** Which service files are written for: the one that is used, and of several the forge's own; without any, the forge's. */
export function chooseCi(found: readonly CiKind[], forge: ForgeKind | null): CiKind | null {
  const own = forge === "github" ? "github-actions" : forge === "gitlab" ? "gitlab" : null;
  if (own !== null && (found.length === 0 || found.includes(own))) return own;
  return found[0] ?? null;
}

export function readWorkflows(
  files: readonly string[],
  read: (path: string) => string | null,
): readonly ForeignWorkflow[] {
  return files
    .filter((path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path))
    .map((path) => {
      const text = read(path) ?? "";
      const name = /^name: *["']?(.+?)["']? *(?:#.*)?$/m.exec(text)?.[1] ?? null;
      return { path, name, releases: publishes.test(text) };
    });
}

/** What workflows cut releases with. */
const publishes =
  /\b(semantic-release|gh release create|goreleaser|action-gh-release|release-action|release-please|changesets\/action|release-it|gh-action-pypi-publish|twine upload|(npm|pnpm|yarn|cargo|poetry|uv) publish|git push\b.* --(follow-)?tags)\b/;

/** A workflow of the project's own that cuts releases: another one beside it would do so twice. */
export function releasesAlready(workflows: readonly ForeignWorkflow[]): ForeignWorkflow | undefined {
  return workflows.find(
    ({ path, name, releases }) =>
      releases ||
      /(^|\/)(release|publish|cd|deploy)(?!-(sentinel|gate|drafter|notes))[^/]*$/i.test(path) ||
      /\b(release|publish)/i.test(name ?? ""),
  );
}
