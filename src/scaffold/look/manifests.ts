import type { Manifests } from "../facts.ts";

/** Kinds that are deployed; a folder of only others (a CRD's example, a CI's file) is none. */
const workload = /^kind: *["']?(Deployment|StatefulSet|DaemonSet|Service|Ingress|CronJob|Job|Rollout)\b/m;

/** Not the repository's own manifests: CI's files, and what was written for tests. */
const elsewhere = /(^|\/)(\.[^/]+|tests?|testdata|fixtures|examples?|vendor|node_modules)\//;
const mostFiles = 500;

/**
 * Folders with Kubernetes manifests, kustomizations and charts. A folder inside another one of them is a part of it,
 * but for overlays, of which each is one.
 * @param read the text of a file's beginning; null when it cannot be read
 */
export function readManifests(
  files: readonly string[],
  read: (path: string) => string | null,
): readonly Manifests[] {
  const candidates = files.filter((path) => /\.ya?ml$/.test(path) && !elsewhere.test(path));
  const charts = foldersOf(candidates, /^Chart\.ya?ml$/);
  const kustomizations = foldersOf(candidates, /^[Kk]ustomization\.ya?ml$/);
  const plain = candidates
    .filter((path) => !isUnder(path, charts) && !isUnder(path, kustomizations))
    .slice(0, mostFiles)
    .filter((path) => {
      const text = read(path) ?? "";
      return /^apiVersion: /m.test(text) && workload.test(text);
    });
  // The top has other YAML files too: of those in it each is named by itself.
  const folders = [...foldersOf(plain.filter(isBelow), /./), ...plain.filter((path) => !isBelow(path))];
  return [
    ...kustomizations.map((path) => ({ kind: "kustomize" as const, path })),
    ...outermost(folders).map((path) => ({ kind: "kubernetes" as const, path })),
    ...outermost(charts).map((path) => ({ kind: "helm" as const, path })),
  ];
}

function foldersOf(paths: readonly string[], name: RegExp): readonly string[] {
  const folders = paths.flatMap((path) => {
    const at = path.lastIndexOf("/");
    return name.test(path.slice(at + 1)) ? [at < 0 ? "." : path.slice(0, at)] : [];
  });
  return [...new Set(folders)].sort();
}

function isBelow(path: string): boolean {
  return path.includes("/");
}

function isUnder(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => folder !== "." && path.startsWith(`${folder}/`));
}

function outermost(folders: readonly string[]): readonly string[] {
  return folders.filter((folder) => !isUnder(folder, folders));
}
