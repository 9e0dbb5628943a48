import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { apiProxy } from "../../support/real/api-proxy.ts";
import { kubeconfig, kubectl, quotaCounts } from "../../support/real/cluster.ts";
import {
  alone,
  config,
  deployment,
  labelled,
  make,
  namespaceOf,
  past,
  removeNamespace,
  testPreview,
} from "./world.ts";

const get = async (name: string, what: string, path: string) =>
  kubectl(["get", what, "-n", name, "-o", `jsonpath=${path}`]).catch((error: Error) => error.message);

describe.skipIf(kubeconfig.skip)("preview deploy", () => {
  it("puts everything into a namespace of its own, whatever namespace it names, and waits until it is well", async () => {
    const preview = testPreview("https://forge.example.com/team/Shop.git");
    const binding = `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reads, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ kind: ServiceAccount, name: web, namespace: shop }, { kind: ServiceAccount, name: ci, namespace: elsewhere }]
`;
    const file = preview.write(
      "all.yaml",
      [deployment("app:1", ", namespace: shop"), config("settings"), binding].join("---\n"),
    );
    const before = Date.now();
    const outcome = await preview.run("deploy", { manifests: [file], ttl: "3d" });
    expect(outcome).toMatchObject({
      schema: "release-sentinel/preview/v1",
      outcome: "up",
      exitCode: 0,
      namespace: preview.name,
      pr: Number(preview.pr),
      message: expect.stringMatching(
        new RegExp(`^Preview of #${preview.pr} is up in namespace ${preview.name} until .*web ready`),
      ),
    });
    expect(outcome.objects.map(({ subject, action }) => `${action} ${subject}`)).toContain(
      `create Deployment ${preview.name}/web`,
    );
    const space = await namespaceOf(preview.name);
    expect(space?.metadata).toMatchObject({
      labels: { "app.kubernetes.io/managed-by": "release-sentinel", "release-sentinel/preview": preview.pr },
      annotations: {
        "release-sentinel/repository": "forge.example.com/team/shop",
        "release-sentinel/expires": outcome.expiresAt,
      },
    });
    expect(Date.parse(outcome.expiresAt ?? "") - before).toBeGreaterThanOrEqual(3 * 86_400_000);
    expect(await get(preview.name, "deployment/web", "{.status.readyReplicas}")).toBe("1");
    expect(await get(preview.name, "rolebinding/reads", "{.subjects[*].namespace}")).toBe(
      `${preview.name} elsewhere`,
    );
  });

  it("again is the newer version in the same place, for longer", async () => {
    const preview = testPreview();
    const file = preview.write("web.yaml", deployment("app:1"));
    const first = await preview.run("deploy", { manifests: [file], ttl: "1h" });
    preview.write("web.yaml", deployment("app:2"));
    const second = await preview.run("deploy", { manifests: [file], ttl: "2h" });
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(second.objects).toEqual([{ subject: `Deployment ${preview.name}/web`, action: "change" }]);
    expect(Date.parse(second.expiresAt ?? "")).toBeGreaterThan(Date.parse(first.expiresAt ?? ""));
    expect(await get(preview.name, "deployment/web", "{.spec.template.spec.containers[0].image}")).toBe(
      "app:2",
    );
  });

  it("takes standard input and a kustomization", async () => {
    const preview = testPreview();
    const stdin = Readable.from([config("from-stdin")]);
    expect(await preview.run("deploy", { manifests: ["-"], stdin })).toMatchObject({ exitCode: 0 });
    const file = preview.write(
      "kustomization.yaml",
      "namespace: other\nconfigMapGenerator: [{ name: made, literals: [a=b], options: { disableNameSuffixHash: true } }]\n",
    );
    expect(await preview.run("deploy", { kustomize: dirname(file) })).toMatchObject({ exitCode: 0 });
    expect(await get(preview.name, "configmaps", "{.items[*].metadata.name}")).toMatch(/from-stdin.*made/);
  });

  it("says why it does not come up, and leaves it to be looked at", async () => {
    const preview = testPreview();
    const file = preview.write("web.yaml", deployment("crash:1"));
    const outcome = await preview.run("deploy", { manifests: [file] });
    expect(outcome).toMatchObject({ outcome: "failed", exitCode: 2, resume: "again" });
    expect(outcome.message).toMatch(
      /^Preview FAILED: .*web.*(crash|CrashLoopBackOff|exit).*away removes it/s,
    );
    expect(await namespaceOf(preview.name)).not.toBeNull();
  });

  it("says that a quota stands in the way", async () => {
    const preview = testPreview();
    const quota =
      "apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: none }\nspec: { hard: { pods: '0' } }\n";
    const file = preview.write("web.yaml", quota);
    expect(await preview.run("deploy", { manifests: [file] })).toMatchObject({ outcome: "up" });
    await quotaCounts(preview.name, "none");
    preview.write("web.yaml", `${quota}---\n${deployment("app:1")}`);
    const outcome = await preview.run("deploy", { manifests: [file] });
    expect(outcome).toMatchObject({ exitCode: 2, message: expect.stringContaining("exceeded quota") });
  });

  it.each([
    [
      "a ClusterRole",
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: rs-never }\nrules: []\n",
      "ClusterRole rs-never belongs to the whole cluster",
    ],
    [
      "a namespace",
      "apiVersion: v1\nkind: Namespace\nmetadata: { name: rs-never }\n",
      "a preview has a namespace of its own",
    ],
    [
      "the same object of two namespaces",
      `${config("x", ", namespace: a")}---\n${config("x", ", namespace: b")}`,
      "is there twice",
    ],
    ["what is no object", "a: b\n", "not a Kubernetes object"],
    ["a kind that nobody knows", "apiVersion: x.example.com/v1\nkind: Odd\nmetadata: { name: x }\n", "Odd"],
  ])("refuses %s, and makes nothing", async (_, text, words) => {
    const preview = testPreview();
    const outcome = await preview.run("deploy", {
      manifests: [preview.write("a.yaml", `${config("fine")}---\n${text}`)],
    });
    expect(outcome).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(JSON.stringify(outcome.reasons)).toContain(words);
    const space = await namespaceOf(preview.name);
    expect(space === null || space.status.phase === "Terminating").toBe(true);
    expect(await get("default", "clusterrole/rs-never", "{.metadata.name}")).toContain("not found");
  });

  it("makes no namespace for what the server refuses, but removes it again", async () => {
    const preview = testPreview();
    const file = preview.write(
      "a.yaml",
      `${config("fine")}---\n${deployment("app:1").replace("app: web }", "app: other }")}`,
    );
    const outcome = await preview.run("deploy", { manifests: [file] });
    expect(outcome).toMatchObject({
      outcome: "blocked",
      exitCode: 1,
      message: expect.stringContaining("a.yaml:"),
    });
    await expect
      .poll(async () => (await namespaceOf(preview.name))?.status.phase ?? "gone")
      .not.toBe("Active");
  });

  it("leaves a namespace alone that is not ours, or another's preview", async () => {
    const preview = testPreview("git@forge.example.com:team/shop.git");
    const file = preview.write("a.yaml", config("fine"));
    await make(`apiVersion: v1\nkind: Namespace\nmetadata: { name: ${preview.name} }\n`);
    for (const command of ["deploy", "cleanup"] as const) {
      expect(await preview.run(command, { manifests: [file] })).toMatchObject({
        exitCode: 1,
        message: expect.stringContaining("is no preview: it does not have our label"),
      });
    }
    expect((await namespaceOf(preview.name))?.status.phase).toBe("Active");
    expect(await get(preview.name, "configmap/fine", "{.data}")).toContain("not found");

    const other = testPreview("git@forge.example.com:team/shop.git");
    await make(
      labelled(
        other.pr,
        "2999-01-01T00:00:00Z",
        `, release-sentinel/repository: forge.example.com/team/blog`,
      ),
    );
    for (const command of ["deploy", "cleanup"] as const) {
      expect(await other.run(command, { manifests: [other.write("a.yaml", config("fine"))] })).toMatchObject({
        exitCode: 1,
        message: expect.stringContaining("is a preview of forge.example.com/team/blog"),
      });
    }
    expect((await namespaceOf(other.name))?.status.phase).toBe("Active");
  });

  it("waits for a namespace that is just being removed, and makes it anew", async () => {
    await alone();
    const preview = testPreview();
    const file = preview.write("a.yaml", config("fine"));
    await make(labelled(preview.pr, past));
    await make(config("stays", `, namespace: ${preview.name}, finalizers: [example.com/hold]`));
    await kubectl(["delete", "namespace", preview.name, "--wait=false"]);
    const hung = await preview.run("deploy", { manifests: [file], waitMs: 2000 });
    expect(hung).toMatchObject({
      outcome: "failed",
      exitCode: 2,
      message: expect.stringContaining("still being removed"),
    });
    const running = preview.run("deploy", { manifests: [file] });
    await removeNamespace(preview.name);
    expect(await running).toMatchObject({ outcome: "up", exitCode: 0 });
    expect(await get(preview.name, "configmap/fine", "{.data.a}")).toBe("b");
  });

  it("changes nothing in a dry run", async () => {
    const preview = testPreview();
    const outcome = await preview.run("deploy", {
      manifests: [preview.write("a.yaml", config("fine"))],
      dryRun: true,
    });
    expect(outcome).toMatchObject({
      outcome: "planned",
      exitCode: 0,
      objects: [{ subject: `ConfigMap ${preview.name}/fine` }],
    });
    expect(await namespaceOf(preview.name)).toBeNull();
  });

  it("is blocked where it is not allowed, or the cluster is not the one that it should be", async () => {
    const preview = testPreview();
    const file = preview.write("a.yaml", config("fine"));
    const view = join(dirname(kubeconfig.found ?? ""), "kubeconfig-view");
    const forbidden = await preview.run("deploy", { manifests: [file] }, { kubeconfig: view });
    expect(forbidden).toMatchObject({
      outcome: "blocked",
      exitCode: 1,
      message: expect.stringContaining("forbidden"),
    });
    preview.write(
      "release-sentinel.yaml",
      "extends: default\ndeploy: { cluster: 'https://prod.example.com:6443' }\n",
    );
    const wrong = await preview.run("deploy", { manifests: [file] });
    expect(wrong).toMatchObject({ exitCode: 1, message: expect.stringContaining("wrong cluster") });
    expect(await preview.run("deploy", { manifests: [file], context: "nowhere" })).toMatchObject({
      exitCode: 1,
    });
    expect(await namespaceOf(preview.name)).toBeNull();
  });

  it("is no answer where the API server cannot be reached", async () => {
    const preview = testPreview();
    const proxy = await apiProxy();
    proxy.cut();
    const outcome = await preview.run(
      "deploy",
      { manifests: [preview.write("a.yaml", config("fine"))] },
      { kubeconfig: proxy.kubeconfig },
    );
    expect(outcome).toMatchObject({ outcome: "failed", exitCode: 2 });
  });

  it("says what there is when it is interrupted", async () => {
    const preview = testPreview();
    const controller = new AbortController();
    const file = preview.write("web.yaml", deployment("unready:1"));
    const running = preview.run("deploy", { manifests: [file] }, { signal: controller.signal });
    await expect.poll(() => preview.said.some((line) => line.startsWith("applied"))).toBe(true);
    controller.abort(new Error("enough"));
    expect(await running).toMatchObject({
      outcome: "interrupted",
      resume: "again",
      message: expect.stringContaining("INTERRUPTED"),
    });
  });

  it("tells no value of a secret", async () => {
    const preview = testPreview();
    const value = ["open", "sesame", "please"].join("-");
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: { name: key }\nstringData: { word: ${value} }\n`;
    const outcome = await preview.run("deploy", {
      manifests: [preview.write("a.yaml", `${secret}---\n${secret.replace("name: key", "name: KEY!")}`)],
    });
    expect(outcome.exitCode).toBe(1);
    expect(JSON.stringify([outcome, preview.said])).not.toContain(value);
  });

  it.each(["0", "-1", "012", "1e3", "twelve", "12; rm", "99999999999", "", "../12", "1.5"])(
    "refuses the number %j",
    async (pr) => {
      const preview = testPreview();
      await expect(preview.run("deploy", { pr, manifests: ["-"] })).rejects.toMatchObject({
        code: "flag-invalid",
        exitCode: 1,
      });
    },
  );

  it.each(["0", "never", "91d", "1s", "-5h"])("refuses to live for %s", async (ttl) => {
    const preview = testPreview();
    await expect(preview.run("deploy", { ttl, manifests: ["-"] })).rejects.toMatchObject({
      code: "flag-invalid",
    });
  });
});
