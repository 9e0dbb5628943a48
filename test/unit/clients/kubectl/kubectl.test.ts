import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createKubectl, KubectlFailure } from "../../../../src/clients/kubectl.ts";
import { scriptedKubectl, forever as signal } from "../../../support/kubectl.ts";
import { tempFolder } from "../../../support/temp.ts";

const words = 'for word in "$@"; do echo "$word"; done';

async function failureOf(work: Promise<unknown>): Promise<KubectlFailure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(KubectlFailure);
  return error as KubectlFailure;
}

describe.skipIf(process.platform === "win32")("kubectl", () => {
  it("is told its context, its namespace and the limit of a request, after the verb and before --", async () => {
    const kubectl = scriptedKubectl(words, { context: "prod", namespace: "shop" });
    const said = await kubectl.text(["logs", "web", "--", "x"], { signal, timeoutMs: 5_000 });
    expect(said.trim().split("\n")).toEqual([
      "logs",
      "web",
      "--context=prod",
      "--namespace=shop",
      "--request-timeout=5s",
      "--",
      "x",
    ]);
  });

  it("is bound to another namespace without losing its context", async () => {
    const kubectl = scriptedKubectl(words, { context: "prod" }).bound({ namespace: "cart" });
    expect(await kubectl.text(["get"], { signal })).toContain("--context=prod\n--namespace=cart\n");
    expect(kubectl.typed(["get", "pods", "-l", "a in (b)"])).toBe(
      "kubectl --context prod -n cart get pods -l 'a in (b)'",
    );
  });

  it("reads what it is given, and gives back what it writes byte for byte", async () => {
    const input = `ä${"x".repeat(300_000)}\n`;
    expect(await scriptedKubectl("cat").text(["apply"], { signal, input })).toBe(input);
  });

  it("reads nothing when it is given nothing", async () => {
    expect(await scriptedKubectl("cat; echo end").text(["get"], { signal })).toBe("end\n");
  });

  it("does not fail because kubectl ends without reading its input", async () => {
    const input = "x".repeat(1_000_000);
    expect(await scriptedKubectl("exit 0").text(["apply"], { signal, input })).toBe("");
  });

  it("gets what credential helpers need, and nothing else of our environment", async () => {
    const env = { AWS_PROFILE: "prod", RS_DEPLOY_TOKEN: "t", GITHUB_TOKEN: "t", KUBECTL_EXTERNAL_DIFF: "rm" };
    const seen = await scriptedKubectl("env", { env }).text(["get"], { signal });
    expect(seen).toMatch(/^AWS_PROFILE=prod$/m);
    expect(seen).not.toMatch(/^(RS_DEPLOY_TOKEN|GITHUB_TOKEN|KUBECTL_EXTERNAL_DIFF)=/m);
    expect(seen).toMatch(/^LC_ALL=C$/m);
    expect(seen).toMatch(/^KUBECTL_KUBERC=false$/m);
  });

  it("answers a failure with what kubectl said", async () => {
    const kubectl = scriptedKubectl(`echo 'Error from server (NotFound): pods "x" not found' >&2; exit 1`);
    expect(await kubectl.run(["get"], { signal })).toMatchObject({ code: 1 });
    expect(await failureOf(kubectl.text(["get"], { signal }))).toMatchObject({ reason: "NotFound" });
  });

  it("does not take for JSON what is none", async () => {
    const failure = await failureOf(scriptedKubectl("echo '<html>'").json(["get"], { signal }));
    expect(failure).toMatchObject({ reason: "other", transient: false });
  });

  it("is ended when its time is up", async () => {
    const failure = await failureOf(scriptedKubectl("sleep 60").text(["get"], { signal, timeoutMs: 200 }));
    expect(failure).toMatchObject({
      reason: "timeout",
      transient: true,
      message: "kubectl get did not end within 200 ms",
    });
  });

  it("is ended when the work is given up, with that reason", async () => {
    const folder = tempFolder();
    const controller = new AbortController();
    const work = scriptedKubectl(`echo $$ > ${folder}/pid; sleep 60`).text(["get"], {
      signal: controller.signal,
    });
    const ended = work.catch((error: unknown) => error);
    await expect
      .poll(() => existsSync(join(folder, "pid")) && readFileSync(join(folder, "pid"), "utf8"))
      .toMatch(/\n/);
    controller.abort(new Error("stop"));
    expect(await ended).toMatchObject({ message: "stop" });
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow();
  });

  it("is said to be missing when it is", async () => {
    const kubectl = createKubectl({ env: { PATH: tempFolder(), HOME: tempFolder() } });
    expect(await failureOf(kubectl.text(["get"], { signal }))).toMatchObject({
      reason: "missing",
      message: "kubectl is not on PATH",
    });
  });

  it("gets a cache of its own where the home folder is none, and leaves nothing of it", async () => {
    const kubectl = scriptedKubectl(words, { env: { HOME: "/dev/null" } });
    const flag = (await kubectl.text(["get"], { signal }))
      .split("\n")
      .find((word) => word.startsWith("--cache-dir="));
    const folder = flag?.slice("--cache-dir=".length) ?? "";
    expect(existsSync(folder)).toBe(true);
    kubectl.close();
    expect(existsSync(folder)).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)("sees that a cache cannot be written", async () => {
    const home = tempFolder();
    mkdirSync(join(home, ".kube", "cache"), { recursive: true });
    chmodSync(join(home, ".kube", "cache"), 0o500);
    const kubectl = scriptedKubectl(words, { env: { HOME: home } });
    expect(await kubectl.text(["get"], { signal })).toContain("--cache-dir=");
    kubectl.close();
  });
});
