import type { Kubectl } from "../../clients/kubectl.ts";
import { StepFailure } from "../../core/step.ts";
import { type Kinds, kindKey } from "./kinds.ts";
import { groupOf, type KubeObject, type ObjectRef, say } from "./object.ts";

/**
 * Writes objects as they are. `kubectl replace` and `create` would put another text into the annotation that
 * `kubectl apply` compares with, so that the next apply took fields away that it should not.
 */
export interface RawWriter {
  /** PUT. @returns the object as it is now. @throws KubectlFailure */
  replace(body: KubeObject, manager: string, signal: AbortSignal): Promise<KubeObject>;
  /** POST. @throws KubectlFailure */
  create(body: KubeObject, manager: string, signal: AbortSignal): Promise<KubeObject>;
  /** DELETE, of this very object and no other one of its name. @throws KubectlFailure */
  remove(live: KubeObject, propagation: "Background" | "Orphan", signal: AbortSignal): Promise<void>;
}

export function createRawWriter(kubectl: Kubectl, kinds: Kinds): RawWriter {
  const path = (ref: ObjectRef, own: boolean): string => {
    const facts = kinds.get(kindKey(ref.apiVersion, ref.kind));
    if (facts === undefined) {
      throw new StepFailure(`${say(ref)}: the cluster knows no such kind any more`, undefined, true);
    }
    const root = groupOf(ref.apiVersion) === "" ? "/api" : "/apis";
    const space = facts.namespaced ? `/namespaces/${encodeURIComponent(ref.namespace ?? "default")}` : "";
    const name = own ? `/${encodeURIComponent(ref.name)}` : "";
    return `${root}/${ref.apiVersion}${space}/${facts.resource}${name}`;
  };
  const refOfBody = ({ apiVersion, kind, metadata }: KubeObject): ObjectRef => ({
    apiVersion,
    kind,
    ...metadata,
  });
  const by = (manager: string) => `?fieldManager=${encodeURIComponent(manager)}`;
  return {
    async replace(body, manager, signal) {
      const args = ["replace", "--raw", path(refOfBody(body), true) + by(manager), "-f", "-"];
      return await kubectl.json<KubeObject>(args, { signal, input: JSON.stringify(body) });
    },
    async create(body, manager, signal) {
      const args = ["create", "--raw", path(refOfBody(body), false) + by(manager), "-f", "-"];
      return await kubectl.json<KubeObject>(args, { signal, input: JSON.stringify(body) });
    },
    async remove(live, propagationPolicy, signal) {
      const { uid } = live.metadata;
      const options = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy, preconditions: { uid } };
      const args = ["delete", "--raw", path(refOfBody(live), true), "-f", "-"];
      await kubectl.text(args, { signal, input: JSON.stringify(options) });
    },
  };
}
