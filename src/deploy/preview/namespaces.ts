import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import type { KubeList, KubeObject } from "../kubernetes/object.ts";
import { patiently } from "../kubernetes/patience.ts";
import {
  metadataOf,
  type PreviewMark,
  type PreviewNamespace,
  previewSelector,
  readNamespace,
} from "./mark.ts";

const pollMs = 1000;

/** The namespaces of previews, as the cluster has them. Everything throws KubectlFailure, or the signal's reason. */
export interface PreviewNamespaces {
  /** Null: there is none of this name. */
  find(name: string, signal: AbortSignal): Promise<PreviewNamespace | null>;
  /** All that have our label, whether they are really ours or not. */
  list(signal: AbortSignal): Promise<readonly PreviewNamespace[]>;
  /** @throws KubectlFailure `AlreadyExists` when somebody was quicker */
  make(name: string, mark: PreviewMark, signal: AbortSignal): Promise<PreviewNamespace>;
  /** Marks it anew, if it is still the one that was seen. @throws KubectlFailure `Conflict` when it is not */
  renew(seen: PreviewNamespace, mark: PreviewMark, signal: AbortSignal): Promise<PreviewNamespace>;
  /** Begins to remove it, if it is still the one that was seen. @throws KubectlFailure `Conflict` when it is not */
  remove(seen: PreviewNamespace, signal: AbortSignal): Promise<void>;
  /** Waits until they are gone, or others have come in their place. Those that are left when the time is up, as they stand. */
  gone(
    seen: readonly PreviewNamespace[],
    limitMs: number,
    signal: AbortSignal,
  ): Promise<readonly PreviewNamespace[]>;
}

export function createPreviewNamespaces(kubectl: Kubectl): PreviewNamespaces {
  const find = async (name: string, signal: AbortSignal) => {
    const args = ["get", "namespace", name, "--ignore-not-found", "-o", "json"];
    const text = await patiently(() => kubectl.text(args, { signal }), signal);
    return text.trim() === "" ? null : readNamespace(JSON.parse(text) as KubeObject);
  };
  const list = async (signal: AbortSignal) => {
    const args = ["get", "namespaces", "-l", previewSelector, "-o", "json"];
    const { items } = await patiently(() => kubectl.json<KubeList>(args, { signal }), signal);
    return items.map(readNamespace).sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  return {
    find,
    list,
    async make(name, mark, signal) {
      const object = { apiVersion: "v1", kind: "Namespace", metadata: { name, ...metadataOf(mark) } };
      const args = ["create", "-o", "json", "-f", "-"];
      return readNamespace(await kubectl.json<KubeObject>(args, { signal, input: JSON.stringify(object) }));
    },
    async renew({ name, uid, resourceVersion }, mark, signal) {
      // With its version, nothing is written over what somebody else has just written.
      const patch = { metadata: { uid, resourceVersion, ...metadataOf(mark) } };
      const args = ["patch", "namespace", name, "--type=merge", "-o", "json", "-p", JSON.stringify(patch)];
      return readNamespace(await kubectl.json<KubeObject>(args, { signal }));
    },
    async remove({ name, uid }, signal) {
      const options = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
      const args = ["delete", "--raw", `/api/v1/namespaces/${name}`, "-f", "-"];
      const call = { signal, input: JSON.stringify(options) };
      await patiently(async () => {
        const { code, stderr } = await kubectl.run(args, call);
        const failure = code === 0 ? null : KubectlFailure.from(stderr);
        if (failure && failure.reason !== "NotFound") throw failure;
      }, signal);
    },
    async gone(seen, limitMs, signal) {
      const began = monotonicMs();
      const uids = new Set(seen.map(({ uid }) => uid));
      for (;;) {
        const [first] = seen;
        const now = seen.length === 1 && first ? [await find(first.name, signal)] : await list(signal);
        const left = now.filter((one): one is PreviewNamespace => one !== null && uids.has(one.uid));
        if (left.length === 0 || monotonicMs() - began >= limitMs) return left;
        await sleep(pollMs, signal);
      }
    },
  };
}
