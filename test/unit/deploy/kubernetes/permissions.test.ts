import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Need, permissionProofs, refusedOf } from "../../../../src/deploy/kubernetes/permissions.ts";
import { scriptedKubectl, forever as signal } from "../../../support/kubectl.ts";
import { tempFolder } from "../../../support/temp.ts";

const typed = (namespace: string | undefined, args: readonly string[]) =>
  ["kubectl --context prod", ...(namespace ? [`-n ${namespace}`] : []), ...args].join(" ");

const need = (verb: string, resource: string, more: Partial<Need> = {}): Need => ({
  verb,
  group: resource === "deployments" ? "apps" : "",
  resource,
  namespace: "shop",
  ...more,
});
const rule = (verbs: string, groups: string, resources: string, names?: string) => ({
  verbs: verbs.split(" "),
  apiGroups: groups.split(" "),
  resources: resources.split(" "),
  ...(names && { resourceNames: names.split(" ") }),
});
const rules = (resourceRules: object[], incomplete = false) => ({
  kind: "SelfSubjectRulesReview",
  status: { resourceRules, nonResourceRules: [], incomplete },
});
const access = (allowed: boolean) => ({ kind: "SelfSubjectAccessReview", status: { allowed } });

/** Answers each run of kubectl with the next of these lists, and remembers what it was asked. */
function server(...answers: object[][]) {
  const folder = tempFolder();
  const cases = answers
    .map((items, i) => `${i + 1}) echo '${JSON.stringify({ kind: "List", items })}';;`)
    .join("\n");
  const kubectl = scriptedKubectl(`cd ${folder}; echo . >> runs; n=$(wc -l < runs); cat > asked.$n
case $((n)) in\n${cases}\n*) exit 1;; esac`);
  const asked = (run: number) => JSON.parse(readFileSync(join(folder, `asked.${run}`), "utf8")).items;
  return { kubectl, asked };
}
const spoken = (needs: readonly Need[]) => needs.map(({ verb, resource }) => `${verb} ${resource}`);

describe.skipIf(process.platform === "win32")("permissions", () => {
  it("are one question for a namespace", async () => {
    const { kubectl, asked } = server([
      rules([rule("get patch", "apps", "deployments"), rule("get", "", "pods/log")]),
    ]);
    const needs = [
      need("get", "deployments", { name: "web" }),
      need("create", "deployments", { name: "web" }),
      need("get", "pods/log"),
      need("get", "secrets"),
      need("get", "secrets"),
    ];
    expect(spoken(await refusedOf(kubectl, needs, signal))).toEqual(["create deployments", "get secrets"]);
    expect(asked(1)).toHaveLength(1);
    expect(asked(1)[0]).toMatchObject({ kind: "SelfSubjectRulesReview", spec: { namespace: "shop" } });
  });

  it.each<[string, object, Need, boolean]>([
    ["a star for everything", rule("*", "*", "*"), need("delete", "deployments"), true],
    ["a star for subresources", rule("get", "", "*/log"), need("get", "pods/log"), true],
    ["a resource without its subresource", rule("get", "", "pods"), need("get", "pods/log"), false],
    ["another group", rule("get", "extensions", "deployments"), need("get", "deployments"), false],
    [
      "a name that is this one",
      rule("get", "", "secrets", "db"),
      need("get", "secrets", { name: "db" }),
      true,
    ],
    [
      "a name that is another one",
      rule("get", "", "secrets", "db"),
      need("get", "secrets", { name: "x" }),
      false,
    ],
    ["a name for something without one", rule("list", "", "secrets", "db"), need("list", "secrets"), false],
    [
      "a name for what has none yet",
      rule("create", "", "secrets", "db"),
      need("create", "secrets", { name: "db" }),
      false,
    ],
  ])("are read from rules: %s", async (_what, one, wanted, allowed) => {
    const { kubectl } = server([rules([one])]);
    expect(await refusedOf(kubectl, [wanted], signal)).toHaveLength(allowed ? 0 : 1);
  });

  it("are asked for one by one where rules cannot be listed, in one more run", async () => {
    const incomplete = rules([rule("get", "apps", "deployments")], true);
    const { kubectl, asked } = server([incomplete], [access(true), access(false)]);
    const needs = [need("get", "deployments"), need("patch", "deployments"), need("get", "pods/log")];
    expect(spoken(await refusedOf(kubectl, needs, signal))).toEqual(["get pods/log"]);
    expect(asked(2).map(({ spec }: { spec: object }) => spec)).toEqual([
      { resourceAttributes: { verb: "patch", group: "apps", resource: "deployments", namespace: "shop" } },
      {
        resourceAttributes: {
          verb: "get",
          group: "",
          resource: "pods",
          subresource: "log",
          namespace: "shop",
        },
      },
    ]);
  });

  it("for the whole cluster are not believed to be what a namespace's rules say", async () => {
    const { kubectl, asked } = server([rules([rule("*", "*", "*")]), access(false)]);
    const { namespace: _, ...wide } = need("create", "namespaces", { name: "shop" });
    const refused = await refusedOf(
      kubectl,
      [need("get", "pods"), { ...wide, namespace: undefined }],
      signal,
    );
    expect(spoken(refused)).toEqual(["create namespaces"]);
    expect(asked(1)).toHaveLength(2);
  });

  it("that are missing are one conflict a namespace, with the role that would mend it", () => {
    const proofs = permissionProofs(
      [
        need("create", "deployments"),
        need("delete", "deployments"),
        need("get", "pods/log", { namespace: "cart" }),
        { ...need("create", "namespaces"), namespace: undefined },
      ],
      typed,
    );
    expect(proofs).toEqual([
      {
        state: "conflict",
        message: "not allowed in namespace shop: create, delete deployments.apps",
        remedy:
          "ask for it: `kubectl --context prod -n shop create role release-sentinel --verb=create,delete --resource=deployments.apps`, and bind it to this user",
      },
      expect.objectContaining({ message: "not allowed in namespace cart: get pods/log" }),
      {
        state: "conflict",
        message: "not allowed in the cluster: create namespaces",
        remedy:
          "ask for it: `kubectl --context prod create clusterrole release-sentinel --verb=create --resource=namespaces`, and bind it to this user",
      },
    ]);
  });

  it("that only help are no more than a notice", () => {
    expect(permissionProofs([need("list", "events", { optional: true })], typed)).toMatchObject([
      { state: "notice" },
    ]);
    expect(permissionProofs([], typed)).toEqual([]);
  });
});
