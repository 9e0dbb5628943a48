import { beforeAll, describe, onTestFinished } from "vitest";
import { driverContract, type TestRelease } from "../../contract/driver.ts";
import { kubectl, namespace } from "../../support/real/cluster.ts";
import { startRolloutsController } from "../../support/real/rollouts-controller.ts";
import { definitions, loadDefinitions, rollout, rolloutPlace } from "./place.ts";

describe.skipIf(definitions.skip)("on a real Kubernetes API, with a stand-in for the controller", () => {
  beforeAll(loadDefinitions);

  driverContract("argo-rollouts", async () => {
    const space = await namespace();
    const controller = startRolloutsController(space);
    onTestFinished(() => controller.stop());
    const place = rolloutPlace(space);
    return {
      open(release: TestRelease, run) {
        // What an image's name says is what the test cluster's node does.
        place.write(rollout(`${release === "broken" ? "crash" : "app"}:${release}`, { canary: {} }));
        return place.driver(run);
      },
      async seen() {
        const found = JSON.parse(await kubectl(["get", "rollouts.argoproj.io", "-n", space, "-o", "json"]));
        return found.items.map((item: { spec: object; metadata: { name: string } }) => ({
          name: item.metadata.name,
          spec: item.spec,
        }));
      },
      empty: [],
    };
  });
});
