import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { repositoryOf } from "./nearby.ts";
import { at, type KubeObject } from "./object.ts";
import { listAt, textAt } from "./shape.ts";
import { containersOf } from "./states/deployment.ts";

/**
 * Those of these workloads that run an image of its repository, with this one in its place. Pure.
 * @param image `name@sha256:…`
 * @throws StepFailure when no container has an image of that name
 */
export function pinned(workloads: readonly KubeObject[], image: string): KubeObject[] {
  if (!/^[^@\s]+@sha256:[0-9a-f]{64}$/.test(image)) {
    throw new StepFailure(`${printable(image, 300)} names no digest`, "name it as NAME@sha256:…", true);
  }
  const wanted = repositoryOf(image);
  const all = [...new Set(workloads.flatMap(containersOf).map((one) => repositoryOf(one.image)))].sort();
  const meant = meantBy(wanted, all);
  if (meant.length === 0) {
    const names = all.slice(0, 10).map((name) => printable(name, 200));
    throw new StepFailure(
      `no container runs ${printable(wanted, 200)}; there ${names.length === 1 ? "is" : "are"} ${names.join(", ") || "none"}`,
      names[0] === undefined ? undefined : `pin --image ${names[0]}@sha256:…`,
      true,
    );
  }
  return workloads.flatMap((workload) => withImage(workload, meant, image) ?? []);
}

/** `app` is `docker.io/library/app`; and where only one image ends so, it is that one. */
function meantBy(wanted: string, all: readonly string[]): string[] {
  const same = all.filter((one) => full(one) === full(wanted));
  if (same.length > 0) return same;
  const ending = all.filter((one) => one.endsWith(`/${wanted}`) || wanted.endsWith(`/${one}`));
  return ending.length === 1 ? ending : [];
}

function full(repository: string): string {
  const [first = "", ...rest] = repository.split("/");
  if (rest.length === 0) return `docker.io/library/${first}`;
  if (first === "docker.io" && rest.length === 1) return `docker.io/library/${rest[0]}`;
  return /[.:]|^localhost$/.test(first) ? repository : `docker.io/${repository}`;
}

function withImage(workload: KubeObject, meant: readonly string[], image: string): KubeObject | undefined {
  const pod = at(workload, "spec", "template", "spec") as Readonly<Record<string, unknown>> | undefined;
  let found = false;
  const put = (containers: readonly unknown[]) =>
    containers.map((container) => {
      const now = textAt(container, "image") ?? "";
      if (!meant.includes(repositoryOf(now))) return container;
      found = true;
      return { ...(container as object), image };
    });
  const init = listAt(pod, "initContainers");
  const spec = {
    ...pod,
    containers: put(listAt(pod, "containers")),
    ...(init.length > 0 && { initContainers: put(init) }),
  };
  if (!found) return undefined;
  const outer = workload["spec"] as Readonly<Record<string, unknown>>;
  return { ...workload, spec: { ...outer, template: { ...(outer["template"] as object), spec } } };
}
