import { expect, it } from "vitest";
import type { Kubectl } from "../../../../src/clients/kubectl.ts";
import { keyOf, refOf } from "../../../../src/deploy/kubernetes/object.ts";
import { emptyRecord, type StoredRecord } from "../../../../src/deploy/kubernetes/record.ts";
import { proveWayBack } from "../../../../src/deploy/kubernetes/way-back.ts";
import { type Scene, scene } from "./states/fixtures.ts";

const { signal } = new AbortController();

/** A cluster that takes everything, with these things around. */
async function proven({ object, nearby }: Scene, wanted = [object], record: StoredRecord | null = null) {
  const run: Kubectl["run"] = async ([verb]) => ({
    code: 0,
    stdout: verb === "get" ? JSON.stringify({ kind: "List", items: nearby }) : "",
    stderr: "",
  });
  const kubectl = { run } as Kubectl;
  const refs = [refOf(object)];
  const live = new Map([[keyOf(refOf(object)), object]]);
  return await proveWayBack(kubectl, { refs, live, wanted, autoscaled: new Set(), record }, signal);
}

it("is none where what runs now cannot get its image any more", async () => {
  const { wayBack } = await proven(scene("deployment-image"));
  expect(wayBack.state).toBe("none");
  expect(wayBack.message).toMatch(/^what runs now could not come back: .* cannot get its image broken-app:1/);
});

it("is there where what runs now is well, or only not ready", async () => {
  expect((await proven(scene("deployment-healthy"))).wayBack.state).toBe("ready");
  expect((await proven(scene("deployment-half-out"))).wayBack.state).toBe("ready");
});

it("does not hang on a broken image that is being left", async () => {
  const broken = scene("deployment-image");
  expect((await proven(broken, [])).wayBack.state).toBe("ready");
  const run = { id: "v2", version: "v2", commit: null, actor: "a", startedAt: "2026-01-01T00:00:00Z" };
  const captured = [{ ref: refOf(broken.object), object: broken.object }];
  const unfinished = { run, captured, before: { current: null, revision: "", digests: [] } };
  const record = { ...emptyRecord("prod", "shop"), unfinished };
  expect((await proven(broken, [broken.object], record)).wayBack.state).toBe("ready");
});
