import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
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

/** Until the server serves a kind that it has just been told of: `things.example.com`. */
export async function served(kind: string): Promise<void> {
  // kubectl wait fails while a definition has no conditions yet.
  while (!(await isSaid(["get", kind, "-A"]))) await sleep(200);
}

/** Until what somebody was just allowed has reached whoever decides: the server learns of roles a moment after it keeps them. */
export async function allowed(user: string, verb: string, resource: string, space: string): Promise<void> {
  const asked = ["auth", "can-i", verb, resource, "-n", space, "--as", user];
  while (!(await isSaid(asked))) await sleep(100);
}

/** Until a quota counts: before its controller has seen it, it holds nobody back. */
export async function quotaCounts(space: string, name: string): Promise<void> {
  const asked = ["get", "resourcequota", name, "-n", space, "-o", "jsonpath={.status.hard}"];
  while ((await kubectl(asked)) === "") await sleep(200);
}

function isSaid(args: readonly string[]): Promise<boolean> {
  return kubectl(args).then(
    () => true,
    () => false,
  );
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
