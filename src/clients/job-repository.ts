import { jobRepositories } from "./ci.ts";
import { projectOfRemote } from "./ledger/project.ts";

type Get = (name: string) => string | undefined;

/** Whether an address is that of the repository that the CI job belongs to. False where the service does not tell. */
export function isJobRepository(url: string, get: Get): boolean {
  return jobRepositories(get).some((own) => projectOfRemote(url) === projectOfRemote(own));
}

/**
 * Whether a clone's origin is known to be another repository than the job's: a fork, most often. A mirror on this machine
 * and another name of the same host are not.
 */
export function isOfAnother(originUrl: string | null, get: Get): boolean {
  const there = originUrl === null ? null : projectOfRemote(originUrl);
  const own = jobRepositories(get).map(projectOfRemote);
  if (!there || there.startsWith("/") || own.length === 0) return false;
  return own.every((here) => here !== null && !here.startsWith("/") && afterHost(there) !== afterHost(here));
}

function afterHost(project: string): string {
  return project.slice(project.indexOf("/"));
}
