import { expect, it } from "vitest";
import { KubectlFailure } from "../../../../src/clients/kubectl.ts";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";
import { restoreObjects } from "../../../../src/deploy/kubernetes/restore.ts";
import { forever, kubectlOf } from "../../../support/kubectl.ts";

const at = (version: number, image: string, managedFields: object[] = []) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop", uid: "u", resourceVersion: String(version), managedFields },
  spec: { template: { spec: { containers: [{ name: "app", image }] } } },
});

/** A cluster with one Deployment, whose controller is quicker than every write of ours, so many times. */
function busy(quicker: number, live: KubeObject) {
  let now = live;
  let left = quicker;
  const list = (items: readonly KubeObject[]) => JSON.stringify({ kind: "List", apiVersion: "v1", items });
  const answer = (stdout: string) => ({ code: 0, stdout, stderr: "" });
  const kubectl = kubectlOf(async ([verb = ""], { input = "" }) => {
    if (verb === "get") return answer(input.includes('"web"') ? list([now]) : list([]));
    const version = Number(now.metadata.resourceVersion) + 1;
    if (left-- > 0) {
      now = { ...now, metadata: { ...now.metadata, resourceVersion: String(version) } };
      throw new KubectlFailure([{ reason: "Conflict", message: "the object has been modified" }]);
    }
    const body = JSON.parse(input) as KubeObject;
    now = { ...body, metadata: { ...body.metadata, resourceVersion: String(version) } };
    left = quicker;
    return answer(JSON.stringify(now));
  });
  return { kubectl, live: () => now };
}

const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web" };

it("an object that its controller writes to all the time is put back all the same", async () => {
  const { kubectl, live } = busy(12, at(7, "web:2"));
  const { message } = await restoreObjects(kubectl, [{ ref, object: at(1, "web:1") }], forever);
  expect(message).toBe("put back Deployment shop/web");
  expect(live()["spec"]).toEqual(at(1, "web:1").spec);
});

it("and its fields are given back to whom they belonged", async () => {
  const owner = { manager: "deployer", operation: "Apply", time: "2026-01-01T00:00:00Z" };
  const { kubectl, live } = busy(12, at(7, "web:2", [owner]));
  await restoreObjects(kubectl, [{ ref, object: at(1, "web:1", [owner]) }], forever);
  expect(live().metadata.managedFields).toMatchObject([{ manager: "deployer", operation: "Apply" }]);
});
