import type { Facts, Manifests } from "./facts.ts";

const overlayOf = /(?:^|\/)(?:overlays|environments|envs)\/([A-Za-z0-9][\w.-]*)$/;
const folderOf = /(?:^|\/)(dev|development|test|qa|uat|stage|staging|preprod|prod|production|live)$/i;

/** What is for one environment alone, by its name: kustomize overlays, else folders that are called so. */
export function overlaysOf(manifests: readonly Manifests[]): ReadonlyMap<string, Manifests> {
  const named = (kind: Manifests["kind"], pattern: RegExp) =>
    manifests.flatMap((found) => {
      const name = found.kind === kind ? pattern.exec(found.path)?.[1] : undefined;
      return name === undefined ? [] : [[name, found] as const];
    });
  const overlays = named("kustomize", overlayOf);
  return new Map(overlays.length > 0 ? overlays : named("kubernetes", folderOf));
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
