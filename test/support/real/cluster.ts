import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { required } from "./require.ts";

/** Path of the kubeconfig of a disposable cluster; never that of the person who runs the tests. */
export const kubeconfig = required(
  "a disposable Kubernetes cluster: RS_TEST_KUBECONFIG=FILE",
  process.env["RS_TEST_KUBECONFIG"] || undefined,
);

const run = promisify(execFile);

/** kubectl with the test cluster's administrator. @throws with stderr */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const child = run("kubectl", ["--kubeconfig", kubeconfig.found ?? "", ...args], { maxBuffer: 64 << 20 });
  child.child.stdin?.end(input ?? "");
  return (await child).stdout;
}

/** A namespace of the test's own, gone when the test is. */
export async function namespace(): Promise<string> {
  const name = `rs-test-${randomBytes(5).toString("hex")}`;
  await kubectl(["create", "namespace", name]);
  onTestFinished(async () => {
    await kubectl(["delete", "namespace", name, "--wait=false"]);
  });
  return name;
}
