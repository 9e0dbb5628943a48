import { describe, expect, it, onTestFinished } from "vitest";
import { createKubectl, type Kubectl, KubectlFailure } from "../../../src/clients/kubectl.ts";
import { forever as signal } from "../../support/kubectl.ts";
import { apiProxy } from "../../support/real/api-proxy.ts";
import { kubeconfig, namespace } from "../../support/real/cluster.ts";
import { deployment } from "../../support/real/survey.ts";

function both(config = kubeconfig.found ?? ""): { slow: Kubectl; quick: Kubectl } {
  const slow = createKubectl({ env: { ...process.env, KUBECONFIG: config } });
  onTestFinished(() => slow.close());
  return { slow, quick: slow.quick() };
}

/** Times, versions and ids differ from one write to the next. */
function same(text: string): unknown {
  const parts = text.trim() === "" ? [] : text.trim().split(/(?<=^\})\n(?=\{)/m);
  return parts.map((part) => {
    if (!part.startsWith("{")) return part;
    const value = JSON.parse(part);
    const plain = JSON.stringify(value, (key, inner) => {
      if (["resourceVersion", "uid", "creationTimestamp", "time", "selfLink"].includes(key)) return undefined;
      // The server gives them in any order.
      return /Rules$/.test(key)
        ? inner.map((rule: object) => JSON.stringify(Object.entries(rule).sort())).sort()
        : inner;
    });
    return JSON.parse(plain);
  });
}

const complaints = (stderr: string) => (stderr.trim() === "" ? [] : KubectlFailure.from(stderr).complaints);

const secret = (space: string, name: string, more: object = {}) =>
  JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: space, ...more } });

describe.skipIf(kubeconfig.skip)("requests without a kubectl of their own", () => {
  it("are answered as kubectl answers", async () => {
    const space = await namespace();
    const { slow, quick } = both();
    await slow.text(["apply", "-n", space, "-f", "-"], { signal, input: deployment("web") });
    await slow.text(["create", "-f", "-"], { signal, input: secret(space, "there") });
    const list = JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [secret(space, "there"), secret(space, "gone")].map((text) => JSON.parse(text)),
    });
    const reviews = JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [
        {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectRulesReview",
          metadata: {},
          spec: { namespace: space },
        },
        {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          metadata: {},
          spec: { resourceAttributes: { verb: "get", resource: "pods", namespace: space } },
        },
      ],
    });
    const calls: readonly (readonly [readonly string[], string?])[] = [
      [["get", "-f", "-", "--ignore-not-found", "-o", "json"], list],
      [["get", "-f", "-", "--ignore-not-found", "-o", "json", "--show-managed-fields"], list],
      [["get", "-f", "-", "--ignore-not-found", "-o", "json"], secret(space, "gone")],
      [["get", "secret", "there", `--namespace=${space}`, "-o", "json"]],
      [["get", "secret", "gone", `--namespace=${space}`, "--ignore-not-found", "-o", "json"]],
      [["get", "secret", "gone", `--namespace=${space}`, "-o", "json"]],
      [["get", "deployments.apps", `--namespace=${space}`, "-o", "json", "--selector=app in (none)"]],
      [["get", "secrets,leases.coordination.k8s.io", `--namespace=${space}`, "-o", "json", "--selector=a=b"]],
      [["create", "-f", "-", "-o", "json", "--dry-run=server"], secret(space, "new")],
      [["create", "-f", "-", "-o", "name", "--dry-run=server"], secret(space, "there")],
      [["create", "--validate=false", "-o", "json", "-f", "-"], reviews],
      [["replace", "-f", "-", "-o", "name"], secret(space, "there", { resourceVersion: "1" })],
      [["get", "--raw", `/api/v1/namespaces/${space}/secrets/there`]],
      [["get", "--raw", `/api/v1/namespaces/${space}/secrets/gone`]],
    ];
    for (const [args, input] of calls) {
      const call = { signal, ...(input === undefined ? {} : { input }) };
      const [one, other] = [await slow.run(args, call), await quick.run(args, call)];
      expect([other.code, same(other.stdout), complaints(other.stderr)], args.join(" ")).toEqual([
        one.code,
        same(one.stdout),
        complaints(one.stderr),
      ]);
    }
  });

  it("may not do what the user may not do", async () => {
    const { quick } = both(`${kubeconfig.found}-view`);
    const { code, stderr } = await quick.run(["get", "secrets", "--namespace=default", "-o", "json"], {
      signal,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error from server \(Forbidden\): secrets is forbidden/);
  });

  it("fail as kubectl's do when the API server is gone, and work again when it is back", async () => {
    const proxy = await apiProxy();
    const { quick } = both(proxy.kubeconfig);
    const ask = () => quick.text(["get", "--raw", "/version"], { signal });
    expect(await ask()).toContain("gitVersion");
    proxy.cut();
    await expect(ask()).rejects.toMatchObject({ reason: "unreachable", transient: true });
    proxy.mend();
    await expect.poll(ask).toContain("gitVersion");
  });

  it("end with their time, or with the work", async () => {
    const proxy = await apiProxy();
    const { quick } = both(proxy.kubeconfig);
    await quick.text(["get", "--raw", "/version"], { signal });
    proxy.hold();
    const slow = quick.text(["get", "--raw", "/version"], { signal, timeoutMs: 500 });
    await expect(slow).rejects.toMatchObject({ reason: "timeout" });
    const controller = new AbortController();
    const given = quick.text(["get", "--raw", "/version"], { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("stop")), 100);
    await expect(given).rejects.toThrow("stop");
  });
});
