import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createKubectl } from "../../../src/clients/kubectl.ts";
import { resolveTarget } from "../../../src/deploy/kubernetes/target.ts";
import { kubectl, namespace } from "../../support/real/cluster.ts";
import { tempFolder } from "../../support/temp.ts";
import { asServiceAccount, skip } from "./world.ts";

/** What a pod finds of its service account, and what it knows of the cluster around it. */
async function pod(space: string, name: string) {
  const config = parse(readFileSync(await asServiceAccount(space, name), "utf8"));
  const { server, "certificate-authority-data": authority } = config.clusters[0].cluster;
  const account = tempFolder("rs-account-");
  const files = {
    token: config.users[0].user.token,
    namespace: space,
    "ca.crt": Buffer.from(authority, "base64"),
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(join(account, file), content);
  const { hostname, port } = new URL(server);
  return {
    account,
    env: {
      PATH: process.env["PATH"],
      HOME: tempFolder(),
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    },
  };
}

describe.skipIf(skip)("in a pod, by its service account alone", () => {
  it("the cluster around it is asked and written to, with time limits and dry runs", async () => {
    const space = await namespace();
    await kubectl(["-n", space, "create", "serviceaccount", "deployer"]);
    await kubectl([
      ...["-n", space, "create", "rolebinding", "deployer", "--clusterrole=edit"],
      `--serviceaccount=${space}:deployer`,
    ]);
    const { env, account } = await pod(space, "deployer");
    const here = createKubectl({ env, account });
    const signal = AbortSignal.timeout(60_000);
    const { target, proofs } = await resolveTarget(here, {}, signal);
    expect(proofs).toEqual([]);
    expect(target.namespace).toBe(space);
    const map = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "shop" } });
    const dry = ["apply", "--dry-run=server", "-f", "-"];
    expect(await here.text(dry, { signal, input: map })).toContain("created (server dry run)");
    await here.text(["apply", "-f", "-"], { signal, input: map });
    const bound = here.bound({ context: target.context ?? "", namespace: space }).quick();
    expect(await bound.text(["get", "configmap", "shop", "-o", "name"], { signal })).toBe("configmap/shop\n");
    here.close();
  });
});
