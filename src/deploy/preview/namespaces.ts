import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { timeOf } from "../kubernetes/lease.ts";
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
/** To remove what others write to meanwhile. */
const attempts = 5;

/** The namespaces of previews, as the cluster has them. Everything throws KubectlFailure, or the signal's reason. */
export interface PreviewNamespaces {
  /** The API server's time, so that no machine's own clock ends a preview too soon; ours, where it does not say. */
  now(signal: AbortSignal): Promise<number>;
  /** Null: there is none of this name. */
  find(name: string, signal: AbortSignal): Promise<PreviewNamespace | null>;
  /** All that have our label, whether they are really ours or not. */
  list(signal: AbortSignal): Promise<readonly PreviewNamespace[]>;
  /** @throws KubectlFailure `AlreadyExists` when somebody was quicker */
  make(name: string, mark: PreviewMark, signal: AbortSignal): Promise<PreviewNamespace>;
  /** Marks it anew, if it is still the one that was seen. @throws KubectlFailure `Conflict` when it is not */
  renew(seen: PreviewNamespace, mark: PreviewMark, signal: AbortSignal): Promise<PreviewNamespace>;
  /**
   * Begins to remove it, if nobody has written to it since it was seen; what has been written to is looked at again.
   * @param mayGo asked of it as it is then; what that throws is thrown
   * @returns it as it is then, where it may not go; null: it goes, or it is gone
   * @throws KubectlFailure `Conflict` when others write to it all the time
   */
  remove(
    seen: PreviewNamespace,
    mayGo: (now: PreviewNamespace) => boolean,
    signal: AbortSignal,
  ): Promise<PreviewNamespace | null>;
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
    async now(signal) {
      return await timeOf(kubectl, { apiVersion: "v1", kind: "Namespace" }, signal).catch((error) => {
        if (error instanceof KubectlFailure || error instanceof StepFailure) return Date.now();
        throw error;
      });
    },
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
    async remove(seen, mayGo, signal) {
      const { name, uid } = seen;
      for (let [one, attempt] = [seen, 1]; ; attempt++) {
        const conflict = await askToGo(kubectl, one, signal);
        if (conflict === null) return null;
        const now = await find(name, signal);
        if (now === null || now.uid !== uid || now.goingSince !== null) return null;
        if (!mayGo(now)) return now;
        if (attempt >= attempts) throw conflict;
        one = now;
      }
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

/** Null: it goes, or it is gone; else that it is not as it was seen any more. @throws KubectlFailure */
async function askToGo(
  kubectl: Kubectl,
  { name, uid, resourceVersion }: PreviewNamespace,
  signal: AbortSignal,
): Promise<KubectlFailure | null> {
  const preconditions = { uid, resourceVersion };
  const input = JSON.stringify({ apiVersion: "v1", kind: "DeleteOptions", preconditions });
  const args = ["delete", "--raw", `/api/v1/namespaces/${name}`, "-f", "-"];
  return await patiently(async () => {
    const { code, stderr } = await kubectl.run(args, { signal, input });
    const failure = code === 0 ? null : KubectlFailure.from(stderr);
    if (failure === null || failure.reason === "NotFound") return null;
    if (failure.reason !== "Conflict") throw failure;
    return failure;
  }, signal);
}
