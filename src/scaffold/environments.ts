import type { Facts, Manifests } from "./facts.ts";

const overlayOf = /(?:^|\/)(?:overlays|environments|envs)\/([A-Za-z0-9][\w.-]*)$/;

/** Kustomize overlays, by the environment that each is for. */
export function overlaysOf(manifests: readonly Manifests[]): ReadonlyMap<string, string> {
  const found = manifests.flatMap(({ kind, path }) => {
    const name = kind === "kustomize" ? overlayOf.exec(path)?.[1] : undefined;
    return name === undefined ? [] : [[name, path] as const];
  });
  return new Map(found);
}

/** The environments of the configuration: overlays tell them, else the usual three. The one that was asked for is among them. */
export function environmentsOf({ manifests, environment }: Pick<Facts, "manifests" | "environment">) {
  const overlays = [...overlaysOf(manifests).keys()];
  const names = overlays.length > 0 ? overlays : ["dev", "stage", "prod"];
  return names.includes(environment) ? names : [...names, environment];
}

/** Where releases go in the end, if nobody says it. */
export function likelyEnvironment(manifests: readonly Manifests[]): string {
  const overlays = [...overlaysOf(manifests).keys()];
  return overlays.find((name) => /^(prod|production|live)$/i.test(name)) ?? "prod";
}
