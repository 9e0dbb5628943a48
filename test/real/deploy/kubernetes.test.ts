import { userInfo } from "node:os";
import { describe, expect, it } from "vitest";
import type { Ran } from "../../support/cli.ts";
import { kubeconfig } from "../../support/real/cluster.ts";
import { configMap, deployment, service } from "../../support/real/shop.ts";
import { expectEnd, type KubeWorld, kubeWorld, when } from "./world.ts";

const shop = (world: KubeWorld, image: string, color = image) =>
  world.write(configMap("web", { color }), deployment("web", image), service("web"));

/** A deploy of v1.1.0 that was killed when it was applied; somebody has set another image since. */
async function killedAndMended(): Promise<KubeWorld> {
  const world = await kubeWorld();
  shop(world, "shop:1.0.0");
  expectEnd(await world.apply("v1.0.0"), 0);
  shop(world, "shop:1.1.0");
  const ran = await world.apply("v1.1.0", [], when(["applied ", (c) => c.kill("SIGKILL")]));
  expect(ran.signal, ran.all).toBe("SIGKILL");
  await world.kubectl("set", "image", "deployment/web", "*=shop:1.1.1");
  return world;
}

describe.skipIf(kubeconfig.skip)("a deploy to a real cluster", () => {
  it("that is good, and then one that is bad: everything is as it was, and the bad one is rejected", async () => {
    const world = await kubeWorld();
    shop(world, "shop:1.0.0");
    expectEnd(await world.apply("v1.0.0"), 0, "Deployed v1.0.0 to prod: web ready");
    expectEnd(await world.apply("v1.0.0"), 0, "v1.0.0 is already on prod, healthy");
    const before = await world.seen();
    shop(world, "shop:crash", "red");
    const ran = await world.apply("v1.1.0", ["--json"]);
    expectEnd(ran, 2, "Deploy FAILED, rolled back to v1.0.0", "CrashLoopBackOff");
    expect(JSON.parse(ran.stdout)).toMatchObject({
      outcome: "rolled-back",
      from: "v1.0.0",
      running: "v1.0.0",
    });
    expect(await world.seen()).toEqual(before);
    expectEnd(await world.apply("v1.1.0"), 1, "Deploy BLOCKED: shop:crash was rejected here");
    expect(await world.seen()).toEqual(before);
  });

  it("ever for the first time, and bad: nothing is left", async () => {
    const world = await kubeWorld();
    shop(world, "shop:broken");
    expectEnd(await world.apply("v1.0.0"), 2, "Deploy FAILED, rolled back to an empty place");
    expect(await world.seen()).toEqual([]);
    // Its pods go after it, when the cluster comes to it.
    await expect.poll(() => world.kubectl("get", "pods", "-o", "name")).toBe("");
  });

  it("of three parts, of which one is bad: all three go back", async () => {
    const world = await kubeWorld();
    const write = (one: string, two: string, three: string) =>
      world.write(deployment("one", one), deployment("two", two), deployment("three", three));
    write("a:1.0.0", "b:1.0.0", "c:1.0.0");
    expectEnd(await world.apply("v1.0.0"), 0);
    const before = await world.seen();
    write("a:1.1.0", "b:broken", "c:1.1.0");
    expectEnd(await world.apply("v1.1.0"), 2, "rolled back to v1.0.0", "b:broken");
    expect(await world.seen()).toEqual(before);
  });

  it("that is too slow for the time it has is taken back", async () => {
    const world = await kubeWorld();
    shop(world, "shop:1.0.0");
    expectEnd(await world.apply("v1.0.0"), 0);
    shop(world, "shop:unready");
    expectEnd(
      await world.apply("v1.1.0", ["--wait", "15s"]),
      2,
      "rolled back to v1.0.0: not healthy within 15 s",
    );
    expect(await world.image("web")).toBe("shop:1.0.0");
  });

  it("is taken back by hand, pinned by hand, and taken back again", async () => {
    const world = await kubeWorld();
    for (const version of ["1.0.0", "1.1.0"]) {
      shop(world, `shop:${version}`);
      expectEnd(await world.apply(`v${version}`), 0);
    }
    expectEnd(
      await world.run(["rollback", "--env", "prod", "--dry-run"]),
      0,
      "is planned; nothing was changed",
    );
    expect(await world.image("web")).toBe("shop:1.1.0");
    expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0: web ready");
    expect(await world.image("web")).toBe("shop:1.0.0");
    expectEnd(
      await world.run(["rollback", "--env", "prod"]),
      1,
      "there is no earlier release that was good here",
    );
    const image = `shop@sha256:${"ab".repeat(32)}`;
    expectEnd(await world.run(["pin", "--env", "prod", "--image", image]), 0, `Pinned prod to ${image}`);
    expect(await world.image("web")).toBe(image);
    expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0");
    expect(await world.image("web")).toBe("shop:1.0.0");
    const again = ["rollback", "--env", "prod", "--to", image];
    expectEnd(await world.run(again), 1, "was rejected here", "--reason");
    expectEnd(
      await world.run([...again, "--reason", "it was not the image"]),
      0,
      `Rolled back prod to ${image}`,
    );
    expect(await world.image("web")).toBe(image);
  });

  it("pinned, and interrupted, is as it was before", async () => {
    const world = await kubeWorld();
    shop(world, "shop:1.0.0");
    expectEnd(await world.apply("v1.0.0"), 0);
    const before = await world.seen();
    const image = `shop@sha256:${"cd".repeat(32)}`;
    const pin = ["pin", "--env", "prod", "--image", image];
    const ran = await world.run(pin, when(["web 0 of 2", (child) => child.kill("SIGINT")]));
    expectEnd(ran, 130, "Pin FAILED, rolled back to v1.0.0: interrupted by SIGINT");
    expect(await world.seen()).toEqual(before);
    expectEnd(await world.apply("v1.0.0"), 0, "v1.0.0 is already on prod, healthy");
  });

  it.each(["Way back:", "kept ", "applied ", "web 0 of 2"])(
    "killed when it has said “%s”: the same command brings it to its end",
    async (said) => {
      const world = await kubeWorld();
      shop(world, "shop:1.0.0");
      expectEnd(await world.apply("v1.0.0"), 0);
      shop(world, "shop:1.1.0");
      const ran = await world.apply("v1.1.0", [], when([said, (child) => child.kill("SIGKILL")]));
      expect(ran.signal, ran.all).toBe("SIGKILL");
      expectEnd(await world.apply("v1.1.0"), 0, "Deployed v1.1.0 to prod: web ready");
      expect(await world.image("web")).toBe("shop:1.1.0");
    },
  );

  it.each(["applied ", "Going back", "put back"])(
    "that is bad, killed when it has said “%s”: the same command takes it back",
    async (said) => {
      const world = await kubeWorld();
      shop(world, "shop:1.0.0");
      expectEnd(await world.apply("v1.0.0"), 0);
      const before = await world.seen();
      shop(world, "shop:broken");
      const ran = await world.apply("v1.1.0", [], when([said, (child) => child.kill("SIGKILL")]));
      expect(ran.signal, ran.all).toBe("SIGKILL");
      expectEnd(await world.apply("v1.1.0"), 2, "Deploy FAILED, rolled back to v1.0.0");
      expect(await world.seen()).toEqual(before);
    },
  );

  it("killed, and mended by somebody else: a deploy that goes on takes what they left for its way back", async () => {
    const world = await killedAndMended();
    await world.kubectl("rollout", "status", "deployment/web");
    shop(world, "shop:crash");
    expectEnd(
      await world.apply("v1.2.0"),
      2,
      `but for Deployment ${world.namespace}/web, which somebody else has changed since`,
      "Deploy FAILED, rolled back to what was there before",
    );
    expect(await world.image("web")).toBe("shop:1.1.1");
  });

  it("killed, mended by somebody else, and gone back from: it says what that undoes", async () => {
    const world = await killedAndMended();
    expectEnd(
      await world.run(["rollback", "--env", "prod"]),
      0,
      `Going back undoes what somebody else has changed since: Deployment ${world.namespace}/web`,
      `this undid what somebody else had changed since: Deployment ${world.namespace}/web`,
    );
    expect(await world.image("web")).toBe("shop:1.0.0");
  });

  it("gone back from by hand, killed when it is put back: the next deploy takes no half state for a way back", async () => {
    const world = await kubeWorld();
    shop(world, "shop:1.0.0");
    expectEnd(await world.apply("v1.0.0"), 0);
    const before = await world.seen();
    shop(world, "shop:1.1.0");
    expectEnd(await world.apply("v1.1.0"), 0);
    const rollback = ["rollback", "--env", "prod"];
    const ran = await world.run(rollback, when(["put back", (child) => child.kill("SIGKILL")]));
    expect(ran.signal, ran.all).toBe("SIGKILL");
    shop(world, "shop:crash");
    expectEnd(
      await world.apply("v1.2.0"),
      2,
      "Not ended: a way back to v1.0.0",
      "Rolled back to v1.0.0",
      "Deploy FAILED, rolled back to v1.0.0: ",
    );
    expect(await world.seen()).toEqual(before);
    shop(world, "shop:1.1.0");
    expectEnd(await world.apply("v1.1.0"), 1, "was rejected here");
  });

  it("interrupted while it waits is taken back, and twice leaves at once with what goes on from there", async () => {
    const world = await kubeWorld();
    shop(world, "shop:1.0.0");
    expectEnd(await world.apply("v1.0.0"), 0);
    const before = await world.seen();
    shop(world, "shop:unready");
    const once = await world.apply("v1.1.0", [], when(["applied ", (child) => child.kill("SIGINT")]));
    expectEnd(once, 130, "Deploy FAILED, rolled back to v1.0.0: interrupted by SIGINT");
    expect(await world.seen()).toEqual(before);
    const signals = when(
      ["applied ", (child) => child.kill("SIGTERM")],
      ["Going back to ", (child) => child.kill("SIGINT")],
    );
    const twice = await world.apply("v1.1.0", [], signals);
    expectEnd(
      twice,
      143,
      "left at once: it was being rolled back, and is in between",
      "release-sentinel rollback --env prod --name web",
    );
    expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0");
    expect(await world.seen()).toEqual(before);
  });

  it("beside another one is told who is at work, and comes after it if it may wait", async () => {
    const world = await kubeWorld();
    shop(world, "shop:1.0.0");
    let second: ReturnType<KubeWorld["apply"]> | undefined;
    const begin = () => {
      second = world.apply("v1.0.1", ["--wait-lock", "60s"]);
    };
    const first = await world.apply("v1.0.0", [], when(["kept ", begin]));
    expectEnd(first, 0, "Deployed v1.0.0");
    const ran = await second;
    if (!ran) throw expect.unreachable();
    expectEnd(ran, 0, "Deployed v1.0.1");
    shop(world, "shop:unready");
    let told: Ran | undefined;
    const ask = async () => {
      told = await world.apply("v1.3.0");
    };
    await world.apply("v1.2.0", ["--wait", "15s"], when(["applied ", ask]));
    if (!told) throw expect.unreachable();
    expectEnd(
      told,
      1,
      `Deploy BLOCKED: another one is at work there: deploy of v1.2.0 by ${userInfo().username}`,
    );
  });

  it("whose way back is broken too says how each part is, and what to type", async () => {
    const world = await kubeWorld();
    const recreate = { strategy: { type: "Recreate" } };
    world.write(deployment("web", "shop:1.0.0", recreate));
    expectEnd(await world.apply("v1.0.0"), 0);
    world.write(deployment("web", "shop:crash", recreate));
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "none" },
      spec: { hard: { pods: "0" } },
    };
    const made = when(["web 0 of 2", () => world.create(quota)]);
    const ran = await world.apply("v1.1.0", ["--wait", "20s"], made);
    expectEnd(
      ran,
      2,
      "Deploy FAILED, roll back FAILED: ",
      "exceeded quota",
      "By hand: kubectl --context",
      "release-sentinel rollback --env prod --name web",
    );
    await world.kubectl("delete", "resourcequota", "none");
    expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0: web ready");
    expect(await world.image("web")).toBe("shop:1.0.0");
  });
});
