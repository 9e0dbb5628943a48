import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { shellLines } from "../../support/docs-blocks.ts";
import { kubernetesFiles, objectsOf } from "../../support/kubernetes-files.ts";
import { kubeconfig, kubectl, namespace } from "../../support/real/cluster.ts";
import { tempFolder } from "../../support/temp.ts";
import { cronJobVersion, forCluster, skip } from "./world.ts";

/** A folder with the files of k8s/ as this cluster takes them, and a kubectl that keeps to one namespace of it. */
async function stand(space: string): Promise<{ folder: string; PATH: string }> {
  const folder = tempFolder("rs-k8s-docs-");
  mkdirSync(join(folder, "k8s"));
  mkdirSync(join(folder, "bin"));
  for (const file of kubernetesFiles) {
    const objects = await Promise.all(objectsOf(file).map((object) => forCluster(object, space)));
    const named = objects.map((object) =>
      /"kind":"ClusterRole(Binding)?"/.test(JSON.stringify(object))
        ? JSON.parse(JSON.stringify(object).replaceAll('"name":"release-sentinel-', `"name":"${space}-`))
        : object,
    );
    writeFileSync(join(folder, "k8s", file), named.map((object) => stringify(object)).join("---\n"));
  }
  for (const name of ["deploy-token.txt", "github-token.txt"])
    writeFileSync(join(folder, name), "value-of-a-test");
  const shim = `#!/bin/sh\nexec "$REAL_KUBECTL" --kubeconfig "$TEST_KUBECONFIG" --namespace ${space} "$@"\n`;
  writeFileSync(join(folder, "bin/kubectl"), shim);
  chmodSync(join(folder, "bin/kubectl"), 0o755);
  return { folder, PATH: [join(folder, "bin"), process.env["PATH"]].join(delimiter) };
}

/** With no limit but the test's own, which only what does not block can meet. */
function shell(
  command: string,
  where: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ readonly code: unknown; readonly stdout: string }> {
  return new Promise((resolve) => {
    execFile("sh", ["-c", `exec 2>&1\n${command}`], where, (error, stdout) =>
      resolve({ code: error === null ? 0 : error.code, stdout }),
    );
  });
}

it.skipIf(skip)("every command of docs/how-to/kubernetes.md does what the page says", async () => {
  const space = await namespace();
  const { folder, PATH } = await stand(space);
  const real = spawnSync("sh", ["-c", "command -v kubectl"], { encoding: "utf8" }).stdout.trim();
  const env = {
    ...process.env,
    PATH,
    REAL_KUBECTL: real,
    TEST_KUBECONFIG: kubeconfig.found,
    NAMESPACE: space,
  };
  const said: string[] = [];
  try {
    const old = (await cronJobVersion()) !== "batch/v1";
    // The first is attached to a container, which a test's node may have none of; the second needs a CronJob as they are today.
    const leftOut = (line: string) =>
      line.startsWith("kubectl run preflight") || (old && line.includes("--from=cronjob"));
    for (const line of shellLines("kubernetes.md").filter((text) => !leftOut(text))) {
      const command = line.replace("--namespace release-sentinel", "");
      const ran = await shell(command, { cwd: folder, env });
      expect(ran.code, `${line}\n${ran.stdout}`).toBe(0);
      said.push(ran.stdout);
    }
  } finally {
    for (const kind of ["clusterrole", "clusterrolebinding"])
      for (const name of ["preview", "sweep"])
        await kubectl(["delete", kind, `${space}-${name}`, "--ignore-not-found"]);
  }
  const all = said.join("\n");
  expect(all).toContain("Complete");
  expect(all).toContain("job.batch/release-sentinel created");
  expect(all).toMatch(/^yes$/m);
});
