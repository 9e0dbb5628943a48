import { GrafanaFailure } from "../../clients/grafana/failure.ts";
import type { Annotation, Grafana, NewAnnotation } from "../../clients/grafana/types.ts";
import { printable } from "../../core/text.ts";
import type { RitualRelease } from "../release.ts";

export type Annotations = Pick<Grafana, "findAnnotations" | "createAnnotation">;

/** What tells this release's annotation from every other: Grafana itself has nothing against two that are equal. */
export function identityTags({ tag, commit, environment }: RitualRelease): readonly string[] {
  const where = environment === null ? [] : [`environment:${printable(environment, 80)}`];
  return ["release-sentinel", `version:${tag}`, `commit:${commit}`, ...where];
}

/** The deploy as Grafana's graphs show it. */
export function annotationOf(release: RitualRelease, dashboardUid: string | undefined): NewAnnotation {
  const { tag, rehearsal, environment, deployed, url } = release;
  const where = environment === null ? "" : ` to ${printable(environment, 80)}`;
  const what = rehearsal ? `Rehearsal of ${tag}${where}: no release` : `Release ${tag}${where}`;
  return {
    text: url === null || rehearsal ? what : `${what}\n${url}`,
    tags: [...identityTags(release), ...(rehearsal ? ["rehearsal"] : [])],
    time: deployed.from,
    timeEnd: deployed.to,
    ...(dashboardUid === undefined ? {} : { dashboardUid }),
  };
}

/** The annotation of this release, if it is there. @throws GrafanaFailure */
export async function findAnnotation(
  grafana: Annotations,
  release: RitualRelease,
  signal: AbortSignal,
): Promise<Annotation | null> {
  const tags = identityTags(release);
  const found = await grafana.findAnnotations({ tags }, signal);
  return found.find((annotation) => tags.every((tag) => annotation.tags.includes(tag))) ?? null;
}

/** Its number, whether it was there or is made now. An answer that was lost is looked for. @throws GrafanaFailure */
export async function annotate(
  grafana: Annotations,
  release: RitualRelease,
  dashboardUid: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly id: number; readonly made: boolean }> {
  const there = await findAnnotation(grafana, release, signal);
  if (there !== null) return { id: there.id, made: false };
  try {
    return { id: await grafana.createAnnotation(annotationOf(release, dashboardUid), signal), made: true };
  } catch (error) {
    if (!(error instanceof GrafanaFailure && error.uncertain)) throw error;
    const made = await findAnnotation(grafana, release, signal).catch(() => null);
    if (made === null) throw error;
    return { id: made.id, made: true };
  }
}
