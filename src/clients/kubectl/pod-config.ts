import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeOwnFolder } from "../own-folder.ts";

/** What a pod is: the only context of the kubeconfig that is made for it. */
export const podContext = "in-pod";

/** Where every pod finds the service account that it runs as. */
const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * A kubeconfig for a pod's own service account, in a folder that only this user can read; undefined outside of a pod, and where
 * there is a kubeconfig already. kubectl finds the account by itself as long as no flag changes its settings: with
 * `--request-timeout` it asks localhost:8080 instead. The token stays in its file, which the cluster renews.
 */
export function openPodConfig(
  env: NodeJS.ProcessEnv,
  account = mounted,
): { readonly path: string; close(): void } | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443", KUBECONFIG, HOME } = env;
  if (!host || KUBECONFIG || (HOME && existsSync(join(HOME, ".kube", "config")))) return undefined;
  const tokenFile = join(account, "token");
  if (!existsSync(tokenFile)) return undefined;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": podContext,
    clusters: [
      {
        name: podContext,
        cluster: {
          server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
          "certificate-authority": join(account, "ca.crt"),
        },
      },
    ],
    users: [{ name: podContext, user: { tokenFile } }],
    contexts: [
      {
        name: podContext,
        context: { cluster: podContext, user: podContext, namespace: namespaceOf(account) },
      },
    ],
  };
  try {
    const folder = makeOwnFolder();
    const path = join(folder.path, "kubeconfig");
    // JSON is YAML.
    writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
    return { path, close: folder.remove };
  } catch {
    // Without a place for it kubectl's own words say what is missing.
    return undefined;
  }
}

function namespaceOf(account: string): string {
  try {
    return readFileSync(join(account, "namespace"), "utf8").trim() || "default";
  } catch {
    return "default";
  }
}
