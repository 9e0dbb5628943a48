import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createKubectl } from "../../../../src/clients/kubectl.ts";
import { resolveTarget, titleOf } from "../../../../src/deploy/kubernetes/target.ts";
import { scriptedKubectl, forever as signal } from "../../../support/kubectl.ts";
import { tempFolder } from "../../../support/temp.ts";

const view = (server: string, namespace?: string) => {
  const context = JSON.stringify({ cluster: "c", user: "u", ...(namespace && { namespace }) });
  const json = `{"current-context":"prod","contexts":[{"name":"prod","context":${context}}],"clusters":[{"name":"c","cluster":{"server":"${server}"}}]}`;
  return scriptedKubectl(`echo '${json}'`);
};
const none = (stderr: string) => scriptedKubectl(`echo '${stderr}' >&2; exit 1`);

describe.skipIf(process.platform === "win32")("the target", () => {
  it("is what the kubeconfig's current context says, by name from then on", async () => {
    const { target, proofs } = await resolveTarget(view("https://a.test:6443", "shop"), {}, signal);
    expect(target).toEqual({
      context: "prod",
      server: "https://a.test:6443",
      namespace: "shop",
      fixed: false,
    });
    expect(proofs).toEqual([]);
    expect(titleOf(target, [])).toBe("namespace shop on https://a.test:6443 (context prod)");
    expect(titleOf(target, ["a", "b"])).toBe("namespaces a, b on https://a.test:6443 (context prod)");
  });

  it("is namespace default where nobody says one, and the configured one where somebody does", async () => {
    const kubectl = view("https://a.test");
    expect((await resolveTarget(kubectl, {}, signal)).target.namespace).toBe("default");
    expect((await resolveTarget(kubectl, { namespace: "cart" }, signal)).target).toMatchObject({
      namespace: "cart",
      fixed: true,
    });
  });

  it("must be the cluster that is configured", async () => {
    const kubectl = view("https://a.test:443/");
    const ask = async (cluster: string) => (await resolveTarget(kubectl, { cluster }, signal)).proofs;
    for (const same of ["https://a.test", "https://A.test:443", "a.test"])
      expect(await ask(same)).toEqual([]);
    const [proof] = await ask("https://b.test");
    expect(proof).toMatchObject({
      state: "conflict",
      message:
        "wrong cluster: context prod leads to https://a.test:443/, and this environment is https://b.test",
    });
  });

  it("is none where the kubeconfig has no such context", async () => {
    const kubectl = none('error: context "nope" does not exist');
    const { proofs } = await resolveTarget(kubectl, { context: "nope" }, signal);
    expect(proofs).toMatchObject([{ state: "conflict", message: "the kubeconfig has no context nope" }]);
  });

  it("is none where there is neither a kubeconfig nor a pod around", async () => {
    const kubectl = none("error: current-context must exist in order to minify");
    expect((await resolveTarget(kubectl, {}, signal)).proofs).toMatchObject([{ state: "conflict" }]);
  });
});

const hasKubectl = createKubectl({ env: process.env })
  .run(["version", "--client"], { signal })
  .then(
    () => true,
    () => false,
  );

describe.skipIf(!(await hasKubectl))("the target, by the real kubectl", () => {
  function kubeconfig(text: string) {
    const file = join(tempFolder(), "kubeconfig");
    writeFileSync(file, text);
    return createKubectl({ env: { ...process.env, KUBECONFIG: file } });
  }
  const two = `apiVersion: v1
kind: Config
current-context: dev
clusters:
- {name: a, cluster: {server: "https://a.test"}}
- {name: b, cluster: {server: "https://b.test"}}
users: [{name: u, user: {}}]
contexts:
- {name: dev, context: {cluster: a, user: u}}
- {name: prod, context: {cluster: b, user: u, namespace: shop}}
`;

  it("is the cluster around a pod, by its service account; what people type does not name it", async () => {
    const account = tempFolder();
    for (const [name, text] of Object.entries({ token: "t", namespace: "ci\n", "ca.crt": "" }))
      writeFileSync(join(account, name), text);
    const around = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
    const env = { PATH: process.env["PATH"], HOME: tempFolder(), ...around };
    const kubectl = createKubectl({ env, account });
    const { target, proofs } = await resolveTarget(kubectl, {}, signal);
    expect(proofs).toEqual([]);
    expect(titleOf(target, [])).toBe("namespace ci on https://[fd00::1]:6443 (context in-pod)");
    expect(kubectl.bound({ context: "in-pod" }).typed(["get", "pods"])).toBe("kubectl get pods");
    kubectl.close();
    const other = kubeconfig(two);
    expect((await resolveTarget(other, {}, signal)).target.context).toBe("dev");
  });

  it("is found in a kubeconfig with several contexts", async () => {
    const kubectl = kubeconfig(two);
    expect((await resolveTarget(kubectl, {}, signal)).target).toMatchObject({
      context: "dev",
      server: "https://a.test",
      namespace: "default",
    });
    expect((await resolveTarget(kubectl, { context: "prod" }, signal)).target).toMatchObject({
      context: "prod",
      server: "https://b.test",
      namespace: "shop",
    });
  });

  it.each([
    ["an unknown context", two, "nope"],
    ["an empty kubeconfig", "", undefined],
    ["a kubeconfig that is none", "just words", undefined],
    ["no current context", two.replace("current-context: dev", ""), undefined],
  ])("is refused with %s", async (_what, text, context) => {
    const { proofs } = await resolveTarget(kubeconfig(text), context ? { context } : {}, signal);
    expect(proofs).toMatchObject([{ state: "conflict" }]);
  });
});
