import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { refOf } from "../../../src/deploy/kubernetes/object.ts";
import { createObserver } from "../../../src/deploy/kubernetes/observe.ts";
import { proveWayBack } from "../../../src/deploy/kubernetes/way-back.ts";
import { place, productKubectl, run, signal } from "../../support/real/after.ts";
import { apiProxy } from "../../support/real/api-proxy.ts";
import { kubeconfig, kubectl, quotaCounts } from "../../support/real/cluster.ts";
import { configMap, daemonSet, deployment, job, secret, service } from "../../support/real/shop.ts";

const surge = { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } };

describe.skipIf(kubeconfig.skip)("watching a rollout on a real cluster", () => {
  it("ends well with every kind of workload, and knows what really runs", async () => {
    const here = await place();
    await here.deploy("v1", [
      configMap("settings", {}),
      service("web"),
      deployment("web", "web:1"),
      deployment("idle", "idle:1", {}, 0),
      daemonSet("agent", "agent:1"),
      job("once", "once:1"),
    ]);
    const status = await here.settle("applied");
    expect(status).toEqual({
      state: "healthy",
      message: "web ready, idle scaled to 0, agent ready, once complete",
      digests: ["agent", "once", "web"].map((name) =>
        expect.stringMatching(new RegExp(`^${name}@sha256:[0-9a-f]{64}$`)),
      ),
    });
  });

  it("tells of a crash with the end of the log, and of new pods alone", async () => {
    const here = await place();
    const worker = deployment("worker", "worker:2");
    await here.deploy("v1", [deployment("web", "crash-old:1", surge, 1), worker]);
    await kubectl(["-n", here.space, "rollout", "status", "deployment/worker"]);
    await here.deploy("v2", [deployment("web", "crash-new:2", surge, 1), worker]);
    const status = await here.settle("applied");
    expect(status.state).toBe("failed");
    expect(status.message).toMatch(/^web 0 of 1 ready, worker ready$/);
    expect(status.why).toMatch(
      /^Deployment \S+\/web: container app of pod web-\S+ crashes again and again \(CrashLoopBackOff, \d+ times\): it ended with exit code 1\. The end of its log: “fake-kubelet: app started from crash-new:2” “fatal: exiting with status 1”\. Events: BackOff: Back-off restarting failed container( \(×\d\))?\.$/,
    );
    expect(status.remedy).toMatch(/^kubectl -n \S+ logs web-\S+ -c app$/);
  });

  it("tells of an image that is not there within seconds, and of quota, a job and a volume", async () => {
    const here = await place();
    await here.deploy("v2", [deployment("web", "web-broken:2")]);
    const status = await here.settle("applied");
    expect(status.state).toBe("failed");
    // Long before the time that a rollout may make no progress.
    expect(status.why).not.toContain("ProgressDeadlineExceeded");
    expect(status.why).toMatch(
      /cannot get its image web-broken:2 \((ErrImagePull|ImagePullBackOff)\): .* \(1 more pod likewise\)\./,
    );
    expect(status.remedy).toContain("see that the image is there");

    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "few" },
      spec: { hard: { pods: "1" } },
    };
    await kubectl(["-n", here.space, "apply", "-f", "-"], JSON.stringify(quota));
    await quotaCounts(here.space, "few");
    await here.deploy("v3", [
      daemonSet("agent", "agent:1"),
      job("migrate", "jobfail:1", { backoffLimit: 0 }),
    ]);
    const refused = await here.settle("applied");
    expect(refused.state).toBe("failed");
    expect(refused.why).toMatch(/exceeded quota: few/);
  });

  it("tells of a failing probe when the progress deadline is over", async () => {
    const here = await place();
    await here.deploy("v2", [deployment("web", "web-unready:2", { progressDeadlineSeconds: 15 }, 1)]);
    const status = await here.settle("applied");
    expect(status.why).toMatch(
      /web made no progress for 15 s \(ProgressDeadlineExceeded\); container app of pod web-\S+ runs and is not ready\. .*Events: Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503/,
    );
  });

  it("says why it takes so long before it has failed, and shows no secret that a program has written", async () => {
    const here = await place();
    const value = ["web", "unready"].join("-");
    await here.deploy("v2", [secret("keys", { value }), deployment("web", `${value}:2`, {}, 1)]);
    here.secrets.add(value);
    const observer = createObserver({ kubectl: here.kubectl, secrets: here.secrets });
    const expected = [...(await here.live()).values()].map((object) => ({ ref: refOf(object), object }));
    for (;;) {
      const { state, why = "" } = await observer.look(expected, signal);
      expect(state).toBe("progressing");
      expect(why).not.toContain(value);
      if (why.includes("The end of its log")) {
        expect(why).toContain("app started from ***:2");
        break;
      }
      await sleep(500);
    }
  });

  it("sees that somebody else was here: another template, or nothing at all", async () => {
    const here = await place();
    await here.deploy("v1", [deployment("web", "web:1")]);
    await here.settle("applied");
    await kubectl(["-n", here.space, "set", "env", "deployment/web", "A=b"]);
    expect(await here.settle("applied")).toMatchObject({
      state: "other",
      message: `Deployment ${here.space}/web was changed by somebody else: it has another pod template`,
    });
    await kubectl(["-n", here.space, "rollout", "status", "deployment/web"]);
    await kubectl(["-n", here.space, "rollout", "undo", "deployment/web"]);
    await kubectl(["-n", here.space, "rollout", "restart", "deployment/web"]);
    expect((await here.settle("applied")).state).toBe("healthy");
    await kubectl(["-n", here.space, "delete", "deployment/web"]);
    expect(await here.settle("applied")).toMatchObject({
      state: "other",
      message: `Deployment ${here.space}/web is not there`,
    });
  });

  it("is well after an undo, although the deadline of the bad one is still spoken of", async () => {
    const here = await place();
    const web = (image: string) => [deployment("web", image, { progressDeadlineSeconds: 15 }, 2)];
    await here.deploy("v1", web("web:1"));
    const good = await here.settle("applied");
    await here.past.memory.good(run("v1"), good, signal);
    await here.deploy("v2", web("web-unready:2"));
    expect((await here.settle("applied")).why).toContain("ProgressDeadlineExceeded");
    await here.past.restore({ kind: "captured" }, signal);
    expect(await here.settle("restored")).toMatchObject({ state: "healthy", message: "web ready" });
  });

  it("waits while the API server is away, and goes on when it is back", async () => {
    const here = await place();
    await here.deploy("v1", [deployment("web", "web:1")]);
    const proxy = await apiProxy();
    const observer = createObserver({ kubectl: productKubectl(proxy.kubeconfig), secrets: here.secrets });
    const expected = [...(await here.live()).values()].map((object) => ({ ref: refOf(object), object }));
    proxy.cut();
    const away = await observer.look(expected, signal);
    expect(away.state).toBe("progressing");
    expect(away.message).toMatch(/^the API server cannot be asked just now: /);
    proxy.mend();
    await here.settle("applied");
    expect((await observer.look(expected, signal)).state).toBe("healthy");
  });

  it("proves the way back: ready with version, revision and digest; none where it is forbidden; nothing at first", async () => {
    const here = await place();
    const prove = async (through = here.kubectl) => {
      const live = await here.live();
      const refs = [...live.values()].map(refOf);
      const wanted = [...live.values()];
      const record = await here.past.record(signal);
      return await proveWayBack(through, { refs, live, wanted, autoscaled: new Set(), record }, signal);
    };
    expect((await prove()).wayBack).toMatchObject({ state: "nothing", version: null });
    await here.deploy("v1", [deployment("web", "web:1"), configMap("settings", {})]);
    const good = await here.settle("applied");
    await here.past.memory.good(run("v1"), good, signal);
    const { wayBack, digests } = await prove();
    expect(wayBack.state).toBe("ready");
    expect(wayBack.version).toBe("v1");
    expect(wayBack.message).toMatch(/^back to v1 \(revision 1, web@sha256:[0-9a-f]{12}…\), about \d+ s$/);
    expect(digests).toEqual(good.digests);
    const clerk = await here.clerk([{ apiGroups: ["", "apps"], resources: ["*"], verbs: ["get", "list"] }]);
    expect((await prove(clerk)).wayBack).toMatchObject({
      state: "none",
      message: expect.stringContaining("the way back would fail: "),
    });
  });
});
