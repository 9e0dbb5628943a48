import { describe, expect, it } from "vitest";
import { objectsOf } from "../../support/kubernetes-files.ts";
import { kubectl, namespace } from "../../support/real/cluster.ts";
import { kubeWorld } from "../deploy/world.ts";
import { alone, deployment, namespaceOf, testPreview } from "../preview/world.ts";
import { asServiceAccount, skip } from "./world.ts";

/** Puts a file's account and rights into a namespace of the test's own; cluster roles get its name. */
async function granted(
  file: "rbac-apply.yaml" | "rbac-preview.yaml" | "preview-sweep-cronjob.yaml",
  space: string,
): Promise<void> {
  const wanted = objectsOf(file).filter(({ kind }) => kind !== "CronJob");
  for (const object of wanted) {
    const cluster = object.kind.startsWith("ClusterRole");
    const text = JSON.stringify({
      ...object,
      metadata: cluster
        ? { name: `${object.metadata.name}-${space}` }
        : { ...object.metadata, namespace: space },
    }).replaceAll('"namespace":"release-sentinel"', `"namespace":"${space}"`);
    const role = cluster ? text.replace(/("roleRef":\{.*?"name":")([^"]+)/, `$1$2-${space}`) : text;
    await kubectl(["apply", "-n", space, "-f", "-"], role);
  }
}

async function withdrawn(
  file: "rbac-preview.yaml" | "preview-sweep-cronjob.yaml",
  space: string,
): Promise<void> {
  for (const { kind, metadata } of objectsOf(file))
    if (kind.startsWith("ClusterRole"))
      await kubectl(["delete", kind.toLowerCase(), `${metadata.name}-${space}`, "--ignore-not-found"]);
}

const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec: { ports: [{ port: 80, protocol: "TCP" }] },
};
const web = (image: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "app", image }] } },
  },
});

describe.skipIf(skip)("the rights that the files give", () => {
  it("are enough for apply: a first deploy, a second, and the way back from a broken one", async () => {
    const world = await kubeWorld();
    await granted("rbac-apply.yaml", world.namespace);
    const KUBECONFIG = await asServiceAccount(world.namespace, "release-sentinel-apply");
    for (const [version, image, code] of [
      ["v1.0.0", "shop:1", 0],
      ["v1.1.0", "shop:2", 0],
      ["v1.2.0", "shop-crash:3", 2],
    ] as const) {
      world.write(web(image), service);
      const ran = await world.apply(version, [], { env: { KUBECONFIG } });
      expect(ran.stderr).not.toMatch(/forbidden|may not|is not allowed/i);
      expect(ran.code, ran.stderr).toBe(code);
    }
    expect(await world.image("web")).toBe("shop:2");
  });

  it("end at the namespace's edge", async () => {
    const [space, other] = [await namespace(), await namespace()];
    await granted("rbac-apply.yaml", space);
    const account = `system:serviceaccount:${space}:release-sentinel-apply`;
    const may = (verb: string, what: string, where: string) =>
      kubectl(["auth", "can-i", verb, what, "-n", where, "--as", account]).then(
        (said) => said.trim() === "yes",
        () => false,
      );
    await expect.poll(() => may("patch", "deployments", space)).toBe(true);
    for (const [verb, what, where] of [
      ["get", "deployments", other],
      ["list", "secrets", other],
      ["create", "rolebindings", space],
      ["create", "pods", space],
      ["create", "pods/exec", space],
      ["list", "nodes", space],
      ["delete", "namespaces", space],
    ] as const)
      expect(await may(verb, what, where), `${verb} ${what} in ${where}`).toBe(false);
  });

  it("are enough for a preview, from its namespace to its end", async () => {
    const space = await namespace();
    await granted("rbac-preview.yaml", space);
    try {
      const account = await asServiceAccount(space, "release-sentinel-preview");
      const preview = testPreview("https://forge.example.com/team/shop.git");
      const file = preview.write("all.yaml", `${deployment("app:1")}---\n${JSON.stringify(service)}\n`);
      for (const _ of [1, 2]) {
        const up = await preview.run("deploy", { manifests: [file] }, { kubeconfig: account });
        expect(up, up.message).toMatchObject({ outcome: "up", exitCode: 0 });
      }
      const gone = await preview.run("cleanup", { pr: preview.pr }, { kubeconfig: account });
      expect(gone, gone.message).toMatchObject({ exitCode: 0 });
      expect(await namespaceOf(preview.name)).toBeNull();
    } finally {
      await withdrawn("rbac-preview.yaml", space);
    }
  });

  it("are enough for the nightly sweep, which can make nothing", async () => {
    await alone();
    const space = await namespace();
    await granted("preview-sweep-cronjob.yaml", space);
    try {
      const account = await asServiceAccount(space, "release-sentinel-sweep");
      const preview = testPreview();
      await kubectl(
        ["create", "-f", "-"],
        `apiVersion: v1
kind: Namespace
metadata:
  name: ${preview.name}
  labels: { app.kubernetes.io/managed-by: release-sentinel, release-sentinel/preview: "${preview.pr}" }
  annotations: { release-sentinel/expires: "2026-01-01T00:00:00Z" }
`,
      );
      const swept = await preview.run("sweep", {}, { kubeconfig: account });
      expect(swept, swept.message).toMatchObject({ exitCode: 0 });
      expect(await namespaceOf(preview.name)).toBeNull();
      const blocked = await preview.run(
        "deploy",
        { manifests: [preview.write("a.yaml", deployment("app:1"))] },
        { kubeconfig: account },
      );
      expect(blocked).toMatchObject({ outcome: "blocked", exitCode: 1 });
    } finally {
      await withdrawn("preview-sweep-cronjob.yaml", space);
    }
  });
});
