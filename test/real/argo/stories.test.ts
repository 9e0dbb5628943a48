import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { StepFailure } from "../../../src/core/step.ts";
import { kubectl, namespace } from "../../support/real/cluster.ts";
import { startRolloutsController } from "../../support/real/rollouts-controller.ts";
import {
  aRun,
  begin,
  bring,
  definitions,
  loadDefinitions,
  never,
  rollout,
  rolloutPlace,
  settled,
} from "./place.ts";

const steps = [{ setWeight: 34 }, { pause: {} }, { setWeight: 67 }, { pause: { duration: "2s" } }];
const canary = { canary: { steps } };
const blueGreen = {
  blueGreen: { activeService: "live", previewService: "preview", autoPromotionEnabled: false },
};

async function open() {
  const space = await namespace();
  const controller = startRolloutsController(space);
  onTestFinished(() => controller.stop());
  return { place: rolloutPlace(space), controller };
}

describe.skipIf(definitions.skip)(
  "Argo Rollouts, on a real Kubernetes API with a stand-in for the controller",
  () => {
    beforeAll(loadDefinitions);

    it("follows a canary, waits at its pause, goes on when it is promoted, and lets timed pauses end by themselves", async () => {
      const { place } = await open();
      place.write(rollout("app:1", canary));
      await bring(place, "v1");
      place.write(rollout("app:2", canary));
      const { driver, run } = await begin(place, "v2");
      const paused = await settled(driver, "applied");
      expect(paused).toMatchObject({
        state: "paused",
        message: "web is paused at step 2 of 4, weight 34% (CanaryPauseStep)",
      });
      const status = await settled(driver, "applied", { promote: true });
      expect(status).toMatchObject({ state: "healthy", message: "web ready", promoted: 1 });
      await driver.memory.good(run, status, never);
      expect(
        (await driver.memory.read(never)).good.map(({ version, revision }) => `${version}=${revision}`),
      ).toEqual(["v2=2", "v1=1"]);
      expect(await driver.steps?.promote(never)).toBe("nothing waits to be promoted");
    });

    it("goes back from the middle of a canary at once, and the stable version never went", async () => {
      const { place } = await open();
      place.write(rollout("app:1", canary));
      await bring(place, "v1");
      const before = (await place.get())["spec"];
      place.write(rollout("app:2", canary));
      const { driver } = await begin(place, "v2");
      expect((await settled(driver, "applied")).state).toBe("paused");
      await driver.restore({ kind: "captured" }, never);
      const back = await settled(driver, "restored");
      expect(back.state, back.message).toBe("healthy");
      const now = await place.get();
      expect(now["spec"]).toEqual(before);
      expect(now["status"]).toMatchObject({ phase: "Healthy" });
    });

    it("goes back without steps and pauses when the new version was already everywhere", async () => {
      const { place } = await open();
      place.write(rollout("app:1", canary));
      const good = await bring(place, "v1");
      place.write(rollout("app:2", canary));
      await bring(place, "v2");
      const driver = place.driver(aRun("v2"));
      await driver.plan(never);
      const { good: releases } = await driver.memory.read(never);
      const release = releases.find(({ id }) => id === good.id);
      if (!release) throw expect.unreachable();
      await driver.restore({ kind: "good", good: release }, never);
      const back = await settled(driver, "restored");
      expect(back).toMatchObject({ state: "healthy", promoted: 0 });
      expect((await place.get())["spec"].template.spec.containers[0].image).toBe("app:1");
    });

    it("undoes to a revision that the cluster keeps", async () => {
      const { place } = await open();
      place.write(rollout("app:1", { canary: {} }));
      const { driver: first } = await begin(place, "v1");
      expect((await settled(first, "applied")).state).toBe("healthy");
      place.write(rollout("app:2", { canary: {} }));
      await bring(place, "v2");
      const driver = place.driver(aRun("v2"));
      await driver.plan(never);
      await driver.restore({ kind: "revision", revision: "1" }, never);
      expect((await settled(driver, "restored")).state).toBe("healthy");
      expect((await place.get())["spec"].template.spec.containers[0].image).toBe("app:1");
    });

    it("says why a canary is broken, aborts it, and puts back what was", async () => {
      const { place } = await open();
      place.write(rollout("app:1", canary));
      await bring(place, "v1");
      place.write(rollout("crash:2", canary));
      const { driver } = await begin(place, "v2");
      const failed = await settled(driver, "applied");
      expect(failed.state).toBe("failed");
      expect(failed.why).toContain("CrashLoopBackOff");
      expect(await driver.steps?.abort(never)).toContain("aborted web");
      await expect
        .poll(() => driver.status("applied", never))
        .toMatchObject({ state: "failed", message: expect.stringContaining("web was aborted") });
      await driver.restore({ kind: "captured" }, never);
      expect((await settled(driver, "restored")).state).toBe("healthy");
    });

    it("is degraded when it makes no progress in time", async () => {
      const { place } = await open();
      place.write(rollout("unready:1", { canary: {} }, { progressDeadlineSeconds: 3 }));
      const { driver } = await begin(place, "v1");
      const status = await settled(driver, "applied");
      expect(status).toMatchObject({
        state: "failed",
        message: expect.stringContaining("web is degraded: ProgressDeadlineExceeded"),
      });
      await driver.restore({ kind: "captured" }, never);
      expect((await settled(driver, "restored")).state).toBe("healthy");
    });

    it("begins again what was aborted, when the same is applied once more", async () => {
      const { place } = await open();
      place.write(rollout("app:1", canary));
      await bring(place, "v1");
      place.write(rollout("app:2", canary));
      const first = await begin(place, "v2");
      expect((await settled(first.driver, "applied")).state).toBe("paused");
      await first.driver.steps?.abort(never);
      expect((await settled(first.driver, "applied")).state).toBe("failed");
      const other = place.driver(aRun("v2"));
      await other.plan(never);
      expect(await other.apply(never)).toContain("web begun again after an abort");
      expect((await settled(other, "applied", { promote: true })).state).toBe("healthy");
    });

    it("refuses to begin over somebody's aborted or half-done update", async () => {
      const { place } = await open();
      place.write(rollout("app:1", canary));
      await bring(place, "v1");
      const patch = (image: string) => [
        { op: "replace", path: "/spec/template/spec/containers/0/image", value: image },
      ];
      await kubectl([
        "patch",
        "rollouts.argoproj.io",
        "web",
        "-n",
        place.namespace,
        "--type=json",
        "-p",
        JSON.stringify(patch("app:2")),
      ]);
      place.write(rollout("app:3", canary));
      const proofs = async () => (await place.driver(aRun("v3"), { hasPlugin: true }).plan(never)).proofs;
      await expect.poll(proofs).toContainEqual(
        expect.objectContaining({
          state: "conflict",
          message: expect.stringContaining("in the middle of another update"),
        }),
      );
      const other = place.driver(aRun("v3"));
      await other.plan(never);
      await other.steps?.abort(never);
      await expect.poll(proofs).toContainEqual(
        expect.objectContaining({
          state: "conflict",
          message: expect.stringContaining("no way back to what runs"),
          remedy: expect.stringMatching(/^kubectl argo rollouts undo web -n /),
        }),
      );
    });

    it("follows a blue-green update: a preview, promoted, and taken back", async () => {
      const { place } = await open();
      place.write(rollout("app:1", blueGreen));
      await bring(place, "v1");
      const active = (await place.get())["status"].blueGreen.activeSelector;
      place.write(rollout("app:2", blueGreen));
      const { driver, run } = await begin(place, "v2");
      const paused = await settled(driver, "applied");
      expect(paused).toMatchObject({
        state: "paused",
        message: "web is paused with the new version as its preview (BlueGreenPause)",
      });
      const selector = () =>
        kubectl([
          "get",
          "service",
          "live",
          "-n",
          place.namespace,
          "-o",
          "jsonpath={.spec.selector.rollouts-pod-template-hash}",
        ]);
      expect(await selector()).toBe(active);
      const status = await settled(driver, "applied", { promote: true });
      expect(status).toMatchObject({ state: "healthy", promoted: 1 });
      await driver.memory.good(run, status, never);
      expect(await selector()).not.toBe(active);

      place.write(rollout("crash:3", blueGreen));
      const third = await begin(place, "v3");
      expect((await settled(third.driver, "applied")).state).toBe("failed");
      const running = await selector();
      await third.driver.restore({ kind: "captured" }, never);
      expect((await settled(third.driver, "restored")).state).toBe("healthy");
      expect(await selector()).toBe(running);
    });

    it("says that no controller has seen it", async () => {
      const { place, controller } = await open();
      await controller.stop();
      place.write(rollout("app:1", { canary: {} }));
      const { driver, plan } = await begin(place, "v1");
      expect(plan.proofs).toContainEqual(
        expect.objectContaining({
          state: "notice",
          message: expect.stringContaining("no Argo Rollouts controller is seen"),
        }),
      );
      const status = await settled(driver, "applied");
      expect(status.state).toBe("failed");
      expect(status.why).toContain("has not been seen by the Argo Rollouts controller");
      await driver.restore({ kind: "captured" }, never);
      expect((await settled(driver, "restored")).state).toBe("healthy");
    });

    it("refuses to end a pause after an inconclusive analysis", async () => {
      const { place, controller } = await open();
      place.write(rollout("app:1", canary));
      await bring(place, "v1");
      place.write(rollout("app:2", canary));
      const { driver } = await begin(place, "v2");
      expect((await settled(driver, "applied")).state).toBe("paused");
      await controller.stop();
      const now = await place.get();
      const pause = { reason: "InconclusiveAnalysis", startTime: "2026-01-01T00:00:00Z" };
      const path = `/apis/argoproj.io/v1alpha1/namespaces/${place.namespace}/rollouts/web/status`;
      const status = { ...now["status"], pauseConditions: [pause] };
      await kubectl(["replace", "--raw", path, "-f", "-"], JSON.stringify({ ...now, status }));
      expect((await driver.status("applied", never)).message).toContain("its analysis was inconclusive");
      await expect(driver.steps?.promote(never)).rejects.toThrow(StepFailure);
    });
  },
);
