import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StepFailure } from "../../../src/core/step.ts";
import { docker, engine, image } from "../../support/real/docker.ts";
import { begin, bring, checkout, goBack, never, quick, seen, settled } from "./place.ts";

describe.skipIf(engine.skip)("a bad day with compose", () => {
  it("refuses an image that is not there and may not be pulled, before anything is touched", async () => {
    const place = checkout();
    place.write({ web: quick(`${place.project}:nowhere`) });
    const plan = await place.driver().plan(never);
    expect(plan.proofs).toContainEqual(
      expect.objectContaining({
        state: "conflict",
        message: `image ${place.project}:nowhere of service web is not on the engine, and pull_policy says never`,
      }),
    );
    expect(await seen(place.project)).toEqual({ containers: [], networks: [] });
  });

  it("refuses an image that its registry does not give", async () => {
    const place = checkout();
    place.write({ web: { image: `127.0.0.1:1/${place.project}:v1` } });
    const plan = await place.driver().plan(never);
    expect(plan.proofs.map(({ state }) => state)).toContain("unknown");
    expect(plan.images).toMatchObject([{ image: `127.0.0.1:1/${place.project}:v1`, digest: null }]);
  });

  it("says at once that a container exited, with its last words, and puts back what was", async () => {
    const place = checkout();
    await image(`${place.project}:v1`);
    place.write({ web: quick(`${place.project}:v1`), db: quick(`${place.project}:v1`) });
    await bring(place, "v1");
    const before = await seen(place.project);
    const command = ["sh", "-c", "echo cannot open /etc/shop.conf >&2; exit 7"];
    place.write({ web: quick(`${place.project}:v1`, { command }), db: quick(`${place.project}:v1`) });
    const { driver, plan } = await begin(place, "v2");
    expect(plan.changes.map(({ subject, action }) => `${subject} ${action}`)).toEqual([
      "Service db unchanged",
      "Service web change",
    ]);
    await driver.apply(never);
    const status = await settled(driver, "applied");
    expect(status).toMatchObject({ state: "failed", message: expect.stringContaining("exited with code 7") });
    expect(status.why).toContain("last words of");
    expect(status.why).toContain("cannot open /etc/shop.conf");
    await goBack(driver);
    expect(await seen(place.project)).toEqual(before);
  });

  it("sees at once that what others wait for is unhealthy, though compose itself gives up over it", async () => {
    const place = checkout();
    await image(`${place.project}:v1`);
    const test = ["CMD", "sh", "-c", "echo no route to disk; exit 1"];
    const check = { test, interval: "200ms", retries: 2, start_period: "0s" };
    const needs = { depends_on: { db: { condition: "service_healthy" } } };
    place.write({
      db: quick(`${place.project}:v1`, { healthcheck: check }),
      web: quick(`${place.project}:v1`, needs),
    });
    const { driver } = await begin(place, "v1");
    expect(await driver.apply(never)).toContain("compose could not start");
    const status = await driver.status("applied", never);
    expect(status.state).toBe("failed");
    expect(status.why).toContain("no route to disk");
    await goBack(driver);
  });

  it("gives up on one that restarts again and again", async () => {
    const place = checkout();
    await image(`${place.project}:v1`);
    place.write({ web: { ...quick(`${place.project}:v1`), command: ["false"], restart: "always" } });
    const { driver } = await begin(place, "v1");
    await driver.apply(never);
    const status = await settled(driver, "applied");
    expect(status).toMatchObject({
      state: "failed",
      message: expect.stringContaining("restarts again and again"),
    });
    await goBack(driver);
  });

  it("does not take one that has just started, and has no health check, for well", async () => {
    const place = checkout();
    await image(`${place.project}:v1`);
    const command = ["sleep", "3600"];
    place.write({ web: { image: `${place.project}:v1`, pull_policy: "never", command } });
    const { driver } = await begin(place, "v1");
    await driver.apply(never);
    expect(await driver.status("applied", never)).toMatchObject({
      state: "progressing",
      message: "web has just started",
    });
    // Looked at again only when it is gone: else, on a slow day, it would have run for long enough before.
    for (const verb of ["kill", "wait"]) await docker([verb, `${place.project}-web-1`]);
    expect((await settled(driver, "applied")).state).toBe("failed");
    await goBack(driver);
  });

  it("tells an unhealthy one from one that is not healthy yet, and says what the health check said", async () => {
    const place = checkout();
    await image(`${place.project}:v1`);
    const test = ["CMD", "sh", "-c", "echo no route to db; exit 1"];
    const check = { test, interval: "200ms", retries: 3, start_period: "0s" };
    place.write({ web: quick(`${place.project}:v1`, { healthcheck: check }) });
    const { driver } = await begin(place, "v1");
    await driver.apply(never);
    const status = await settled(driver, "applied");
    expect(status).toMatchObject({ state: "failed", message: "web is unhealthy" });
    expect(status.why).toContain("no route to db");

    const patient = checkout();
    place.write({ web: quick(`${place.project}:v1`, { healthcheck: { ...check, retries: 1000 } }) });
    const slow = { test: ["CMD", "test", "-e", "/ready"], interval: "200ms", retries: 1000 };
    const command = ["sh", "-c", "sleep 2; touch /ready; exec sleep 3600"];
    patient.write({
      never: quick(`${place.project}:v1`, { healthcheck: { ...check, retries: 1000 } }),
      slow: quick(`${place.project}:v1`, { healthcheck: slow, command }),
    });
    const waiting = await begin(patient, "v1");
    await waiting.driver.apply(never);
    await expect
      .poll(() => waiting.driver.status("applied", never))
      .toMatchObject({ state: "progressing", message: "never is not healthy yet, slow ready" });
  });

  it("sees beforehand that another project's container has the port", async () => {
    const [place, other] = [checkout(), checkout()];
    await image(`${place.project}:v1`);
    // One that is free, which the engine knows best.
    other.write({ web: quick(`${place.project}:v1`, { ports: ["127.0.0.1::80"] }) });
    await bring(other, "v1");
    const address = (await docker(["port", `${other.project}-web-1`, "80/tcp"])).trim();
    const port = address.split(":").at(-1);
    place.write({ web: quick(`${place.project}:v1`, { ports: [`${address}:80`] }) });
    const plan = await place.driver().plan(never);
    expect(plan.proofs).toContainEqual(
      expect.objectContaining({
        state: "conflict",
        message: `port ${port}/tcp of service web is taken by container ${other.project}-web-1`,
      }),
    );
  });

  it("puts everything back when a port turns out to be taken by another program", async () => {
    const place = checkout();
    await image(`${place.project}:v1`);
    place.write({ web: quick(`${place.project}:v1`) });
    await bring(place, "v1");
    const before = await seen(place.project);
    const { createServer } = await import("node:net");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    const { port } = server.address() as { port: number };
    try {
      place.write({ web: quick(`${place.project}:v1`, { ports: [`${port}:80`] }) });
      const { driver } = await begin(place, "v2");
      // What has not been started will not start by itself: no use in trying again.
      expect(await driver.apply(never)).toMatch(/address already in use/);
      expect((await driver.status("applied", never)).state).toBe("failed");
      await goBack(driver);
      expect(await seen(place.project)).toEqual(before);
    } finally {
      server.close();
    }
  });

  it("names file and line of what is no compose file", async () => {
    const place = checkout();
    place.write({ web: { image: "app:1", portz: ["80"] } });
    const plan = await place.driver().plan(never);
    expect(plan.proofs).toMatchObject([
      { state: "conflict", message: expect.stringMatching(/^compose\.yaml:5:5: .*portz/) },
    ]);
    writeFileSync(join(place.folder, "compose.yaml"), 'services:\n  web:\n    image: "app:1\n');
    const broken = await place.driver().plan(never);
    expect(broken.proofs[0]?.message).toMatch(/^compose\.yaml:[34]:\d+: /);
    await expect(place.driver().apply(never)).rejects.toThrow(StepFailure);
  });

  it("takes away a new service, its network, and brings a removed one back; volumes keep their data", async () => {
    const place = checkout();
    await image(`${place.project}:v1`);
    const name = place.project;
    const data = { volumes: ["data:/data"] };
    const both = { name, volumes: { data: {} } };
    place.write(
      { db: quick(`${name}:v1`, data), worker: quick(`${name}:v1`, { environment: { QUEUE: "a$$b" } }) },
      both,
    );
    await bring(place, "v1");
    await docker(["exec", `${name}-db-1`, "sh", "-c", "echo precious > /data/file"]);
    const before = await seen(name);
    place.write(
      {
        db: quick(`${name}:v1`, { ...data, environment: { A: "1" } }),
        cache: quick(`${name}:v1`, { networks: ["back"] }),
      },
      { ...both, networks: { back: {} } },
    );
    const { driver, plan } = await begin(place, "v2");
    expect(plan.changes.map(({ subject, action }) => `${subject} ${action}`)).toEqual([
      "Service cache create",
      "Service db change",
      "Service worker remove",
    ]);
    await driver.apply(never);
    expect((await settled(driver, "applied")).state).toBe("healthy");
    expect(await docker(["exec", `${name}-db-1`, "cat", "/data/file"])).toBe("precious\n");
    await goBack(driver);
    expect(await seen(name)).toEqual(before);
    expect(await docker(["exec", `${name}-db-1`, "cat", "/data/file"])).toBe("precious\n");
  });

  it("leaves what a profile has started alone", async () => {
    const place = checkout();
    const name = place.project;
    await image(`${name}:v1`);
    const services = (label: string) => ({
      web: quick(`${name}:v1`, { environment: { LABEL: label } }),
      debug: quick(`${name}:v1`, { profiles: ["debug"] }),
    });
    place.write(services("one"));
    await docker(["compose", "-f", join(place.folder, "compose.yaml"), "--profile", "debug", "up", "-d"]);
    place.write(services("two"));
    await bring(place, "v2");
    expect(await docker(["inspect", "--format", "{{.State.Running}}", `${name}-debug-1`])).toBe("true\n");
  });
});
