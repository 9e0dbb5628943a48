import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";

/** Objects as a server gives them, for what is pure. */
export function live(
  apiVersion: string,
  kind: string,
  name: string,
  rest: object = {},
  meta: object = {},
): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: "shop",
      uid: `uid-${name}`,
      resourceVersion: "7",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...meta,
    },
    ...rest,
  };
}

export function deploymentOf(name: string, image: string, spec: object = {}, meta: object = {}): KubeObject {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "app", image }] } };
  return live(
    "apps/v1",
    "Deployment",
    name,
    { spec: { replicas: 2, template, ...spec }, status: { replicas: 2 } },
    meta,
  );
}

export const settings = (data: object, meta: object = {}) =>
  live("v1", "ConfigMap", "settings", { data }, meta);
