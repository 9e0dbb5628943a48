import { describe, expect, it } from "vitest";
import { directly } from "../../../../src/clients/kubectl/direct.ts";
import type { ApiAnswer, ApiDoor, ApiRequest } from "../../../../src/clients/kubectl/proxy.ts";
import { forever as signal } from "../../../support/kubectl.ts";

const json = (value: unknown, status = 200): ApiAnswer => ({
  status,
  isJson: true,
  body: JSON.stringify(value),
});

function door(answer: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>) {
  const asked: ApiRequest[] = [];
  const it: ApiDoor = {
    ready: async () => true,
    async request(request) {
      asked.push(request);
      return await answer(request);
    },
    close() {},
  };
  return { door: it, paths: () => asked.map(({ method, path }) => `${method} ${path}`) };
}

const secret = (more: object = {}) =>
  JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "a", namespace: "shop", ...more } });
const run = (words: string, input?: string) => directly(words.split(" "), input);

describe("what is asked of the API without a kubectl", () => {
  it.each<[string, string | undefined]>([
    ["apply -f -", secret()],
    ["get pods", undefined],
    ["get pods -o wide --namespace=shop", undefined],
    ["get pods -o json", undefined],
    ["get pods -o json --namespace=shop --watch", undefined],
    ["get things.shop.test -o json --namespace=shop", undefined],
    ["get namespaces -o json --namespace=shop", undefined],
    ["get pods a b -o json --namespace=shop", undefined],
    ["get -f - -o json", secret()],
    [
      "get -f - -o json --ignore-not-found",
      '{"apiVersion":"shop.test/v1","kind":"Thing","metadata":{"name":"a"}}',
    ],
    ["get -f - -o json --ignore-not-found", "kind: Secret"],
    ["get -f web.yaml -o json --ignore-not-found", undefined],
    ["create -f - -o yaml", secret()],
    [
      "create -f - -o json",
      JSON.stringify({ kind: "List", items: [JSON.parse(secret()), JSON.parse(secret())] }),
    ],
    ["create -f - -o json --dry-run=client", secret()],
    ["replace -f - -o name", secret()],
    ["delete secret a --namespace=shop", undefined],
    ["annotate -f - -o name a=b", secret()],
    ["logs web --namespace=shop", undefined],
  ])("is not: %s", (words, input) => {
    const call = run(words, input);
    expect(call).toBeUndefined();
  });

  it("leaves an object to kubectl that kubectl keeps an account of", () => {
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    const applied = secret({ resourceVersion: "1", annotations });
    expect(run("replace -f - -o name", applied)).toBeUndefined();
    expect(run("replace -f - -o name --dry-run=server", applied)).toBeDefined();
  });

  it("is one request an object, and what is not there is missing", async () => {
    const input = JSON.stringify({
      kind: "List",
      items: [
        JSON.parse(secret()),
        { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "shop" } },
        { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "r" } },
      ],
    });
    const api = door(({ path }) =>
      path.includes("secrets")
        ? json({ reason: "NotFound", message: "no" }, 404)
        : json({ apiVersion: "v1", kind: "X", metadata: { name: path, managedFields: [] } }),
    );
    const answer = await run("get -f - --ignore-not-found -o json", input)?.(api.door, signal);
    expect(api.paths()).toEqual([
      "GET /api/v1/namespaces/shop/secrets/a",
      "GET /apis/apps/v1/namespaces/shop/deployments/web",
      "GET /apis/rbac.authorization.k8s.io/v1/clusterroles/r",
    ]);
    expect(answer).toMatchObject({ code: 0, stderr: "" });
    const { items } = JSON.parse(answer?.stdout ?? "");
    expect(items).toHaveLength(2);
    expect(items[0].metadata).not.toHaveProperty("managedFields");
  });

  it("may be several lists, of what kubectl calls by their resources", async () => {
    const api = door(({ path }) =>
      json({
        apiVersion: "v1",
        kind: path.includes("pods") ? "PodList" : "ReplicaSetList",
        items: [{ metadata: {} }],
      }),
    );
    const words = "get pods,replicasets.apps --namespace=shop --selector=app=web -o json";
    const answer = await run(words)?.(api.door, signal);
    expect(api.paths()).toEqual([
      "GET /api/v1/namespaces/shop/pods?labelSelector=app%3Dweb",
      "GET /apis/apps/v1/namespaces/shop/replicasets?labelSelector=app%3Dweb",
    ]);
    expect(JSON.parse(answer?.stdout ?? "").items.map(({ kind }: { kind: string }) => kind)).toEqual([
      "Pod",
      "ReplicaSet",
    ]);
  });

  it("writes as kubectl would, and says what kubectl would say", async () => {
    const api = door(() => json({ reason: "AlreadyExists", message: 'secrets "a" already exists' }, 409));
    const answer = await run("create -f - -o name", secret())?.(api.door, signal);
    expect(api.paths()).toEqual(["POST /api/v1/namespaces/shop/secrets?fieldManager=kubectl-create"]);
    expect(answer).toEqual({
      code: 1,
      stdout: "",
      stderr: 'Error from server (AlreadyExists): secrets "a" already exists',
    });
  });

  it.each([
    [
      { status: 500, isJson: false, body: "dial tcp 127.0.0.1:1: connect: connection refused" },
      /^Unable to connect to the server: dial tcp/,
    ],
    [{ status: 502, isJson: false, body: "" }, /^Unable to connect to the server: HTTP 502/],
    [json({ message: "etcdserver: request timed out" }, 500), /^Error from server: etcdserver/],
  ])("says so when the server cannot be asked: %j", async (said, expected) => {
    const answer = await run("get --raw /version")?.(door(() => said).door, signal);
    expect(answer?.code).toBe(1);
    expect(answer?.stderr).toMatch(expected);
  });

  it("says so when the proxy is gone, and ends when the work is given up", async () => {
    const gone = door(() => Promise.reject(Object.assign(new Error("x"), { code: "ECONNREFUSED" })));
    const answer = await run("get --raw /version")?.(gone.door, signal);
    expect(answer?.stderr).toBe("Unable to connect to the server: ECONNREFUSED: unexpected EOF");
    const over = AbortSignal.abort(new Error("stop"));
    const stopped = door(() => Promise.reject(over.reason));
    await expect(run("get --raw /version")?.(stopped.door, over)).rejects.toThrow("stop");
  });
});
