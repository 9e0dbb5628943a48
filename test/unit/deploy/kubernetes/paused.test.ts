import { expect, it } from "vitest";
import { keyOf, refOf } from "../../../../src/deploy/kubernetes/object.ts";
import { pausedProofs } from "../../../../src/deploy/kubernetes/paused.ts";
import { deploymentOf } from "./objects.ts";

const typed = (namespace: string | undefined, args: readonly string[]) =>
  ["kubectl --context prod -n", namespace, ...args].join(" ");
const web = (image: string, paused?: boolean) => deploymentOf("web", image, { paused });

function proofs(before: ReturnType<typeof web>, result: ReturnType<typeof web>) {
  return pausedProofs([result], new Map([[keyOf(refOf(before)), before]]), typed);
}

it("says that a Deployment is paused, and how it goes on, before anything is written into it", () => {
  expect(proofs(web("web:1", true), web("web:2", true))).toEqual([
    {
      state: "conflict",
      message: "Deployment shop/web is paused: nothing of this would roll out",
      remedy: "kubectl --context prod -n shop rollout resume deployment/web",
    },
  ]);
});

it("has nothing against a pause that nothing waits for, or that ends with this", () => {
  expect(proofs(web("web:1", true), web("web:1", true))).toEqual([]);
  expect(proofs(web("web:1", true), web("web:2"))).toEqual([]);
  expect(proofs(web("web:1"), web("web:2"))).toEqual([]);
  expect(pausedProofs([web("web:1", true)], new Map(), typed)).toEqual([]);
});
