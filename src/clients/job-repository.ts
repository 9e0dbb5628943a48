import { jobRepository } from "./ci.ts";
import { projectOfRemote } from "./ledger/project.ts";

type Get = (name: string) => string | undefined;

/** Whether an address is that of the repository that the CI job belongs to. False where the service does not tell. */
export function isJobRepository(url: string, get: Get): boolean {
  const own = jobRepository(get);
  return own !== null && projectOfRemote(url) === projectOfRemote(own);
}

/**
 * Whether a clone's origin is known to be another repository than the job's: a fork, most often. A mirror on this machine
 * and another name of the same host are not.
 */
export function isOfAnother(originUrl: string | null, get: Get): boolean {
  const own = jobRepository(get);
  const [there, here] = [originUrl, own].map((url) => (url === null ? null : projectOfRemote(url)));
  if (!there || !here || there.startsWith("/") || here.startsWith("/")) return false;
  return afterHost(there) !== afterHost(here);
}

function afterHost(project: string): string {
  return project.slice(project.indexOf("/"));
}
