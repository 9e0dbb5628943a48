import type { PreviewNamespace } from "../../deploy/preview/mark.ts";
import { Blocked } from "./outcome.ts";

/** A namespace is touched only if it is this very pull request's preview. @throws Blocked */
export function mustBeOurs(
  seen: PreviewNamespace,
  { pr, repository }: { readonly pr: number; readonly repository: string | null },
): void {
  const { name } = seen;
  if (seen.pr === null) {
    throw new Blocked([
      {
        message: `the namespace ${name} is no preview: it does not have our label, and is left alone`,
        remedy: `see whose it is: kubectl get namespace ${name} --show-labels; previews can be called otherwise: deploy.preview.prefix`,
      },
    ]);
  }
  const foreign = seen.repository !== null && repository !== null && seen.repository !== repository;
  if (seen.pr === pr && !foreign) return;
  const whose = foreign ? `of ${seen.repository}` : `of pull request ${seen.pr}`;
  throw new Blocked([
    {
      message: `the namespace ${name} is a preview ${whose}, and is left alone`,
      remedy: "give each project's previews a prefix of their own: deploy.preview.prefix",
    },
  ]);
}

/** Why a namespace is still there, in the cluster's words. */
export function whyStill({ name, remains }: PreviewNamespace): string {
  return `the namespace ${name} is still being removed${remains.length > 0 ? `: ${remains.join("; ")}` : ""}`;
}

export function unhang(name: string): string {
  return `kubectl get namespace ${name} -o yaml names what holds it: see who should take these finalizers off`;
}
