import { describe, expect, it } from "vitest";
import { duplicates, parseManifests } from "../../../../src/deploy/kubernetes/manifests.ts";

const read = (text: string, label = "k8s/web.yaml") => parseManifests([{ label, text }]);
const messages = (text: string) => read(text).problems.map(({ message }) => message);
const map = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

describe("manifests", () => {
  it("hold objects, each with the place where it was written", () => {
    const { wanted, problems } = read(`# ours\n${map("a")}---\n${map("b")}`);
    expect(problems).toEqual([]);
    expect(wanted.map(({ object, where }) => [object.metadata.name, where])).toEqual([
      ["a", "k8s/web.yaml:2"],
      ["b", "k8s/web.yaml:6"],
    ]);
  });

  it("may hold lists of objects, also of one kind, and lists in lists", () => {
    const text = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMapList
  items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
`;
    expect(read(text).wanted.map(({ object, where }) => [object.metadata.name, where])).toEqual([
      ["a", "k8s/web.yaml:4"],
      ["b", "k8s/web.yaml:8"],
    ]);
  });

  it("have no lines when kustomize has made them", () => {
    const { wanted } = parseManifests([{ label: "k8s (kustomize)", text: map("a"), lines: false }]);
    expect(wanted[0]?.where).toBe("k8s (kustomize)");
  });

  it("are refused when there is nothing in them", () => {
    expect(messages("# later\n---\n")).toEqual(["there is no Kubernetes object in k8s/web.yaml"]);
    const { problems } = parseManifests([
      { label: "a", text: "" },
      { label: "b", text: "" },
    ]);
    expect(problems.map(({ message }) => message)).toEqual(["there is no Kubernetes object in a, b"]);
  });

  it("may be empty in one file when another one has something", () => {
    const { problems, wanted } = parseManifests([
      { label: "a", text: "# nothing" },
      { label: "b", text: map("b") },
    ]);
    expect(problems).toEqual([]);
    expect(wanted).toHaveLength(1);
  });

  it("are told from other YAML, all of it at once, with file and line", () => {
    expect(
      messages(`${map("a")}---
image: {tag: 1.4.2}
---
just words
---
kind: ConfigMap
metadata: {name: x}
---
apiVersion: v1
kind: ConfigMap
metadata: {}
`),
    ).toEqual([
      "k8s/web.yaml:5: not a Kubernetes object: it has no apiVersion and no kind",
      "k8s/web.yaml:7: not a Kubernetes object, but plain text or a list",
      "k8s/web.yaml:9: not a Kubernetes object: it has no apiVersion",
      "k8s/web.yaml:12: ConfigMap has no metadata.name",
    ]);
  });

  it("say what is wrong with a name that the server would make up", () => {
    const [problem] = read("apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: migrate-}\n").problems;
    expect(problem?.message).toContain("k8s/web.yaml:1: Job has generateName");
    expect(problem?.remedy).toBe("give it a name of its own, for example migrate-1-4-2");
  });

  it("are not kustomizations", () => {
    const [problem] = read(
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n",
    ).problems;
    expect(problem?.remedy).toContain("-k DIR");
  });

  it("are refused with file and line when they are no YAML", () => {
    expect(messages("a: 1\na: 2\n")).toEqual(["k8s/web.yaml:2: not a manifest: Map keys must be unique"]);
  });

  it("bring no terminal escapes into a message", () => {
    const [problem] = read('apiVersion: v1\nkind: "Con\\u001b[2Jfig"\nmetadata: {}\n').problems;
    expect(problem?.message).toBe("k8s/web.yaml:1: Con\\x1b[2Jfig has no metadata.name");
  });
});

describe("the same object twice", () => {
  it("is refused, whatever version of its group it is written in", () => {
    const text = `apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: web, namespace: shop}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
---
apiVersion: networking.k8s.io/v1beta1
kind: Ingress
metadata: {name: web, namespace: shop}
`;
    const proofs = duplicates(read(text).wanted);
    expect(proofs).toEqual([
      {
        state: "conflict",
        message: "Ingress shop/web is there twice: at k8s/web.yaml:5 and at k8s/web.yaml:9",
        remedy: "keep one of the two",
      },
    ]);
  });

  it("is not the same in another namespace, or of another kind", () => {
    const one = (kind: string, namespace: string) =>
      `apiVersion: v1\nkind: ${kind}\nmetadata: {name: a, namespace: ${namespace}}\n`;
    const text = [one("ConfigMap", "x"), one("ConfigMap", "y"), one("Secret", "x")].join("---\n");
    expect(duplicates(read(text).wanted)).toEqual([]);
  });
});
