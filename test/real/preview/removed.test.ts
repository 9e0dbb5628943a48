import { expect, it } from "vitest";
import type { PreviewNamespace } from "../../../src/deploy/preview/mark.ts";
import { createPreviewNamespaces } from "../../../src/deploy/preview/namespaces.ts";
import { productKubectl, signal } from "../../support/real/after.ts";
import { kubeconfig, kubectl } from "../../support/real/cluster.ts";
import { namespaceOf, testPreview } from "./world.ts";

// Far from now: whatever else is swept in this cluster meanwhile.
const [first, then] = ["2998-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] as const;

it.skipIf(kubeconfig.skip)("a preview that was prolonged since it was seen is not removed", async () => {
  const { name, pr } = testPreview();
  const space = `{ name: ${name}, labels: { app.kubernetes.io/managed-by: release-sentinel, release-sentinel/preview: "${pr}" } }`;
  await kubectl(["create", "-f", "-"], `apiVersion: v1\nkind: Namespace\nmetadata: ${space}\n`);
  const end = (at: string) =>
    kubectl(["annotate", "namespace", name, "--overwrite", `release-sentinel/expires=${at}`]);
  await end(first);
  const namespaces = createPreviewNamespaces(productKubectl());
  const seen = await namespaces.find(name, signal);
  if (seen === null) throw expect.unreachable();
  const isOver = ({ expiresAt }: PreviewNamespace) => expiresAt === Date.parse(first);
  await end(then);
  const kept = await namespaces.remove(seen, isOver, signal);
  expect(kept).toMatchObject({ uid: seen.uid, expiresAt: Date.parse(then) });
  expect((await namespaceOf(name))?.status.phase).toBe("Active");
  // Whatever else somebody has written to it does not keep it.
  await end(first);
  expect(await namespaces.remove(seen, isOver, signal)).toBeNull();
  expect((await namespaceOf(name))?.status.phase ?? "gone").not.toBe("Active");
  // It goes already.
  expect(await namespaces.remove(seen, isOver, signal)).toBeNull();
});

it.skipIf(kubeconfig.skip)("the time is the API server's", async () => {
  const time = await createPreviewNamespaces(productKubectl()).now(signal);
  expect(Math.abs(time - Date.now())).toBeLessThan(60_000);
});
