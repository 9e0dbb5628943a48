/** Objects of an application for a real cluster; what a pod does there, its image says. */
export function deployment(
  name: string,
  image: string,
  more: object = {},
  replicas: number | null = 2,
): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels: { app: name } },
    spec: {
      ...(replicas !== null && { replicas }),
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, image),
      ...more,
    },
  };
}

export function statefulSet(name: string, image: string, more: object = {}): object {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name },
    spec: {
      replicas: 2,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, image),
      ...more,
    },
  };
}

export function daemonSet(name: string, image: string): object {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name },
    spec: { selector: { matchLabels: { app: name } }, template: podTemplate(name, image) },
  };
}

export function job(name: string, image: string, more: object = {}): object {
  const { metadata, spec } = podTemplate(name, image);
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { template: { metadata, spec: { ...spec, restartPolicy: "Never" } }, backoffLimit: 1, ...more },
  };
}

export function configMap(name: string, data: Record<string, string>, more: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, labels: { part: "config" } },
    data,
    ...more,
  };
}

export function secret(name: string, stringData: Record<string, string>): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData };
}

export function service(name: string, port = 80): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port, protocol: "TCP" }] },
  };
}

export function autoscaler(target: string): object {
  return {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: target },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: target },
      minReplicas: 1,
      maxReplicas: 9,
    },
  };
}

function podTemplate(app: string, image: string) {
  return {
    metadata: { labels: { app } },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "app", image }] },
  };
}
