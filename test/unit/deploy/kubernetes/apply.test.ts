import { expect, it } from "vitest";
import { KubectlFailure } from "../../../../src/clients/kubectl.ts";
import { applyObjects } from "../../../../src/deploy/kubernetes/apply.ts";
import { forever, kubectlOf } from "../../../support/kubectl.ts";

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "lamps.example.com" },
};
const lamp = { apiVersion: "example.com/v1", kind: "Lamp", metadata: { name: "lamp" } };

it("a definition that has no conditions yet is waited for, and only then what it defines is sent", async () => {
  const young =
    "error: .status.conditions accessor error: <nil> is of the type <nil>, expected []interface{}";
  const asked: string[] = [];
  const kubectl = kubectlOf(async ([verb = ""], { input = "" }) => {
    asked.push(verb);
    if (verb === "wait" && asked.length < 4) throw KubectlFailure.from(young);
    return { code: 0, stdout: input, stderr: "" };
  });
  const applied = await applyObjects(kubectl, [lamp, definition], new Map(), forever);
  expect(applied).toEqual([definition, lamp]);
  expect(asked).toEqual(["apply", "wait", "wait", "wait", "apply"]);
});
