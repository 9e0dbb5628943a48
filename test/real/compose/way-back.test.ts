import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Secrets } from "../../../src/core/mask.ts";
import { StepFailure } from "../../../src/core/step.ts";
import { docker, engine, image, wire } from "../../support/real/docker.ts";
import { aRun, begin, bring, checkout, goBack, never, nextCreated, quick, seen, settled } from "./place.ts";

describe.skipIf(engine.skip)("going back with compose, and on from where it was ended", () => {
  it("goes back to what somebody else started, from the containers alone", async () => {
    const place = checkout();
    const name = place.project;
    await image(`${name}:v1`, ["--change", "ENV FROM_IMAGE=yes", "--change", "VOLUME /scratch"]);
    await image(`${name}:v2`);
    const rich = {
      environment: { GREETING: "it costs $$5", EMPTY: "" },
      labels: { team: "shop" },
      ports: ["127.0.0.1::8080"],
      volumes: ["data:/data", "/anonymous"],
      networks: { default: { aliases: ["shop-api"] } },
      cap_add: ["NET_ADMIN"],
      mem_limit: "64m",
      restart: "unless-stopped",
      extra_hosts: ["upstream:10.0.0.7"],
      ulimits: { nofile: { soft: 100, hard: 200 } },
      tmpfs: ["/run"],
      user: "0:0",
      working_dir: "/bin",
      read_only: true,
      init: true,
    };
    place.write({ web: quick(`${name}:v1`, rich) }, { name, volumes: { data: {} } });
    await docker(["compose", "-f", join(place.folder, "compose.yaml"), "up", "-d"]);
    const before = (await seen(name)) as { containers: Record<string, unknown>[] };
    place.write({ web: quick(`${name}:v2`) }, { name });
    const { driver, plan } = await begin(place, "v2");
    expect(plan.wayBack).toMatchObject({ state: "ready", version: null });
    await driver.apply(never);
    expect((await settled(driver, "applied")).state).toBe("healthy");
    await goBack(driver);
    const after = (await seen(name)) as { containers: Record<string, unknown>[] };
    // The label that says which file it was is the one difference, and what follows from it.
    const plain = ({ containers }: typeof before) =>
      containers.map(({ labels: _labels, config, HostConfig, ...rest }) => {
        const { Labels: _more, ...its } = config as Record<string, unknown>;
        const { Binds: _binds, Mounts: _mounts, ...host } = HostConfig as Record<string, unknown>;
        return { ...rest, its, host };
      });
    expect(plain(after)).toEqual(plain(before));
  });

  it("has no way back where something would be lost on it, and says what", async () => {
    const place = checkout();
    const name = place.project;
    await image(`${name}:v1`);
    place.write({ web: quick(`${name}:v1`, { blkio_config: { weight: 300 } }) });
    await docker(["compose", "-f", join(place.folder, "compose.yaml"), "up", "-d"]).catch(() => {});
    place.write({ web: quick(`${name}:v1`) });
    const plan = await place.driver().plan(never);
    const { BlkioWeight } = JSON.parse(
      await docker(["inspect", "--format", "{{json .HostConfig}}", `${name}-web-1`]),
    );
    if (BlkioWeight === 0) return;
    expect(plan.wayBack).toMatchObject({
      state: "none",
      message: expect.stringContaining("web: BlkioWeight"),
    });
  });

  it("keeps the old images from every ordinary clean-up, and moves a tag back that has moved", async () => {
    const place = checkout();
    const name = place.project;
    // By a label, so that no other test's images are cleaned away.
    const labelled = ["--change", `LABEL of=${name}`];
    const first = await image(`${name}:latest`, labelled);
    place.write({ web: quick(`${name}:latest`) });
    await bring(place, "v1");
    const before = await seen(name);
    const second = await image(`${name}:latest`);
    expect(second).not.toBe(first);
    const { driver, plan } = await begin(place, "v2");
    expect(plan.changes).toMatchObject([{ subject: "Service web", action: "change" }]);
    expect(plan.changes[0]?.diff).toContain(second);
    expect(plan.images).toMatchObject([{ isNew: true, digest: second }]);
    await driver.apply(never);
    expect((await settled(driver, "applied")).state).toBe("healthy");
    await docker(["image", "prune", "--all", "--force", "--filter", `label=of=${name}`]);
    await goBack(driver);
    expect(await seen(name)).toEqual(before);
  });

  it("says before it begins that an image is gone for good", async () => {
    const place = checkout();
    const name = place.project;
    await image(`${name}:v1`);
    await image(`${name}:v2`);
    place.write({ web: quick(`${name}:v1`) });
    const good = await bring(place, "v1");
    place.write({ web: quick(`${name}:v2`) });
    await bring(place, "v2");
    const held = (await docker(["ps", "-aq", "--filter", `name=release-sentinel.${name}.hold`])).split("\n");
    await docker(["rm", ...held.filter(Boolean)]);
    const id = (await docker(["image", "inspect", "--format", "{{.Id}}", `${name}:v1`])).trim();
    await docker(["image", "rm", "--force", id]);
    const driver = place.driver({ version: "v2" });
    const { good: releases } = await driver.memory.read(never);
    const release = releases.find((one) => one.id === good.id);
    if (!release) throw expect.unreachable();
    expect(await driver.prove?.({ kind: "good", good: release }, never)).toMatchObject([
      { state: "conflict", message: expect.stringContaining(`images are gone`) },
    ]);
    await expect(driver.restore({ kind: "good", good: release }, never)).rejects.toThrow(
      /is gone from the engine/,
    );
  });

  it("shows no value of a variable: not in the diff, not in an error, not in the logs", async () => {
    const place = checkout();
    const name = place.project;
    await image(`${name}:v1`);
    const value = ["hunter", "two", "three"].join("-");
    const other = ["correct", "horse"].join("-");
    writeFileSync(join(place.folder, "web.env"), `DB_PASSWORD=${value}\n`);
    place.write({ web: quick(`${name}:v1`, { env_file: "web.env", environment: { MODE: other } }) });
    await bring(place, "v1");
    writeFileSync(join(place.folder, "web.env"), `DB_PASSWORD=${value}-new\n`);
    const command = ["sh", "-c", "echo login failed for $$DB_PASSWORD; exit 1"];
    place.write({
      web: quick(`${name}:v1`, { env_file: "web.env", environment: { MODE: `${other}2` }, command }),
    });
    const secrets = new Secrets();
    const { driver, plan } = await begin(place, "v2", { secrets });
    expect(plan.changes[0]?.diff).toContain('DB_PASSWORD: "*** (changed)"');
    await driver.apply(never);
    const status = await settled(driver, "applied");
    expect(status.why).toContain("login failed for ***");
    const record = await driver.memory.read(never);
    const all = JSON.stringify([plan, status, record, driver.byHand()]);
    expect(all).not.toContain(value);
    expect(all).not.toContain(other);
    await goBack(driver);
  });

  it("goes on from a fresh checkout in another folder, after it was killed in the middle", async () => {
    const place = checkout();
    const name = place.project;
    await Promise.all([image(`${name}:v1`), image(`${name}:v2`)]);
    const services = (tag: string) => ({ web: quick(`${name}:${tag}`), db: quick(`${name}:${tag}`) });
    place.write(services("v1"));
    await bring(place, "v1");
    const before = await seen(name);
    place.write(services("v2"));
    const first = await begin(place, "v2");
    const stop = new AbortController();
    void nextCreated(name).then(() => stop.abort(new Error("killed")));
    await expect(first.driver.apply(stop.signal)).rejects.toThrow("killed");
    rmSync(place.folder, { recursive: true });

    const fresh = checkout(place);
    fresh.write(services("v2"));
    const again = await begin(fresh, "v2");
    expect(again.plan.unfinished).toMatchObject({ id: first.run.id });
    expect(again.plan.wayBack).toMatchObject({ state: "ready", version: "v1" });
    await again.driver.apply(never);
    const status = await settled(again.driver, "applied");
    expect(status.state, status.message).toBe("healthy");
    await goBack(again.driver);
    expect(await seen(name)).toEqual(before);
  });

  it("clears away what a compose that was killed has half made, and takes it for nobody's", async () => {
    const place = checkout();
    const name = place.project;
    await Promise.all([image(`${name}:v1`), image(`${name}:v2`)]);
    const known = async (what: string) =>
      (await docker(["inspect", "--format", what, `${name}-db-1`])).trim();
    place.write({ db: quick(`${name}:v2`) });
    await bring(place, "v2");
    const hash = await known('{{index .Config.Labels "com.docker.compose.config-hash"}}');
    place.write({ db: quick(`${name}:v1`) });
    await bring(place, "v1");
    const before = await seen(name);
    const old = await known("{{.Id}}");
    const labels = {
      project: name,
      service: "db",
      oneoff: "False",
      "container-number": "1",
      "config-hash": hash,
      replace: old,
    };
    const flags = Object.entries(labels).flatMap(([key, value]) => [
      "--label",
      `com.docker.compose.${key}=${value}`,
    ]);
    // It does not end when it is asked to, so compose alone would meet its name.
    const half = `${old.slice(0, 12)}_${name}-db-1`;
    await docker(["run", "--detach", "--name", half, ...flags, `${name}:v2`, "sleep", "3600"]);
    place.write({ db: quick(`${name}:v2`) });
    const { driver } = await begin(place, "v2");
    await driver.apply(never);
    const status = await settled(driver, "applied");
    expect(status.state, status.message).toBe("healthy");
    await goBack(driver);
    expect(await seen(name)).toEqual(before);
  });

  it("keeps what somebody else has changed since, when it goes on after it was killed", async () => {
    const place = checkout();
    const name = place.project;
    await Promise.all(["v1", "v2", "v3", "v4"].map((tag) => image(`${name}:${tag}`)));
    const services = (web: string, db = web) => ({
      web: quick(`${name}:${web}`),
      db: quick(`${name}:${db}`),
    });
    place.write(services("v1"));
    await bring(place, "v1");
    place.write(services("v2"));
    const first = await begin(place, "v2");
    await first.driver.apply(never);
    expect((await place.driver({ version: "v2" }).plan(never)).changedSince).toBeUndefined();

    place.write(services("v3", "v2"));
    await docker(["compose", "-p", name, "-f", join(place.folder, "compose.yaml"), "up", "-d"]);
    place.write(services("v4"));
    const again = await begin(place, "v4");
    expect(again.plan).toMatchObject({ changedSince: ["Service web"], unfinished: { id: first.run.id } });
    await again.driver.apply(never);
    await goBack(again.driver);
    const label = `label=com.docker.compose.project=${name}`;
    const running = (await docker(["ps", "--filter", label, "--format", "{{.Image}}"])).trim().split("\n");
    expect(running.sort()).toEqual([`${name}:v1`, `${name}:v3`]);
  });

  it("does not make a second project of a checkout whose folder has another name", async () => {
    const place = checkout();
    const name = place.project;
    await image(`${name}:v1`);
    place.write({ web: quick(`${name}:v1`) });
    const own = `env-${name}`;
    const run = aRun("v1");
    const driver = place.driver({ environment: own, run });
    await driver.plan(never);
    await driver.capture(run, never);
    const elsewhere = checkout();
    elsewhere.write({ web: quick(`${name}:v1`) }, {});
    const plan = await elsewhere.driver({ environment: own }).plan(never);
    expect(plan.proofs).toContainEqual(
      expect.objectContaining({ state: "conflict", message: expect.stringContaining(`is project ${name}`) }),
    );
    const wrong = await place.driver({ environment: "elsewhere" }).plan(never);
    expect(wrong.proofs).toContainEqual(
      expect.objectContaining({
        state: "conflict",
        message: expect.stringContaining(`is environment ${own}`),
      }),
    );
  });

  it("says that the engine is gone, and goes on when it is back", async () => {
    const place = checkout();
    const name = place.project;
    await Promise.all([image(`${name}:v1`), image(`${name}:v2`)]);
    place.write({ web: quick(`${name}:v1`) });
    await bring(place, "v1");
    const before = await seen(name);
    const line = await wire();
    place.write({ web: quick(`${name}:v2`) });
    const { driver } = await begin(place, "v2", { env: { DOCKER_HOST: line.host } });
    void nextCreated(name).then(() => line.cut());
    await driver.apply(never).catch((error) => expect(error).toBeInstanceOf(StepFailure));
    await expect(driver.status("applied", never)).rejects.toThrow(
      /Cannot connect to the Docker daemon|error during connect/,
    );
    await expect(driver.restore({ kind: "captured" }, never)).rejects.toMatchObject({ final: false });
    line.mend();
    await goBack(driver);
    expect(await seen(name)).toEqual(before);
  });

  it("goes back whatever the files say by then, from any folder", async () => {
    const place = checkout();
    const name = place.project;
    await Promise.all([image(`${name}:v1`), image(`${name}:v2`)]);
    const environment = `env-${name}`;
    const bringTo = async (version: string) => {
      place.write({ web: quick(`${name}:${version}`) });
      const run = aRun(version);
      const driver = place.driver({ version, run, environment });
      await driver.plan(never);
      await driver.capture(run, never);
      await driver.apply(never);
      await driver.memory.good(run, await settled(driver, "applied"), never);
      return run;
    };
    const first = await bringTo("v1");
    const before = await seen(name);
    await bringTo("v2");
    writeFileSync(join(place.folder, "compose.yaml"), "services: [");
    const driver = place.driver({ environment, returning: true });
    const plan = await driver.plan(never);
    expect(plan).toMatchObject({ changes: [], proofs: [], target: { name } });
    const { good } = await driver.memory.read(never);
    const release = good.find(({ id }) => id === first.id);
    if (!release) throw expect.unreachable();
    const to = { kind: "good", good: release } as const;
    expect(await driver.prove?.(to, never)).toMatchObject([{ state: "ok" }]);
    await driver.restore(to, never);
    expect((await settled(driver, "restored")).state).toBe("healthy");
    expect(await seen(name)).toEqual(before);
    const nowhere = place.driver({ environment: "env-nowhere", returning: true });
    await expect(nowhere.plan(never)).rejects.toThrow(/there is none/);
  });

  it("changes one image and nothing else when it is pinned", async () => {
    const place = checkout();
    const name = place.project;
    const [first] = await Promise.all([image(`${name}:v1`), image(`${name}:v2`)]);
    place.write({ web: quick(`${name}:v2`, { environment: { A: "1" } }) });
    await bring(place, "v2");
    const driver = place.driver({ version: "v2" });
    const to = { kind: "image", image: `${name}@${first}` } as const;
    expect(await driver.prove?.(to, never)).toMatchObject([{ state: "ok" }]);
    await driver.restore(to, never);
    const status = await settled(driver, "restored");
    expect(status).toMatchObject({ state: "healthy", digests: [expect.stringContaining(String(first))] });
    expect(await docker(["inspect", "--format", "{{.Image}} {{.Config.Env}}", `${name}-web-1`])).toBe(
      `${first} [A=1]\n`,
    );
    await expect(driver.restore({ kind: "image", image: `other@${first}` }, never)).rejects.toThrow(
      /no service runs other/,
    );
  });
});
