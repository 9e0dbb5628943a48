import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deployRecords } from "../../../../../src/flows/ritual/steps/metrics-ledger.ts";
import { changedSince, makeArchive } from "../../../../../src/ritual/archive/make.ts";
import { deploysOf } from "../../../../../src/ritual/metrics/deploys.ts";
import { startGrafana } from "../../../../support/grafana.ts";
import { event, fileStore, never, writer } from "../../../../support/ledger.ts";
import { otlpReceiver } from "../../../../support/otlp.ts";
import { closedPort, server } from "../../../../support/server.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { nothing } from "../../../ritual/archive/world.ts";
import { dashboards, grafanaOf, ledgerWith, machine, otlpOf, world } from "./metrics-world.ts";

describe("the metrics step", () => {
  it("computes with nothing set, pushes nowhere and says so, and is done then", async () => {
    const here = machine(world());
    expect(await here.observe()).toEqual({ state: "needed", message: "compute the DORA numbers" });
    const report = await here.run();
    expect(report.message).toMatch(
      /^DORA numbers computed: \d+ points; pushed nowhere: neither OTEL_EXPORTER_OTLP_ENDPOINT/,
    );
    expect(report.excerpt).toMatch(/^Lead time for changes: .*3 commits of 2 releases/m);
    expect(here.metrics()).toMatchObject({ tag: "v1.2.3", pushed: [], annotation: null });
    expect(await here.observe()).toMatchObject({ state: "done" });
  });

  it("takes the DORA numbers out of the ledger where it has deploys", async () => {
    // Written before they are deployed, however long that takes.
    const released = world();
    const ledger = await ledgerWith(
      [60, "note", ""],
      [30, "apply", "deployed", "v1.2.2"],
      [20, "apply", "rolled-back"],
      [0, "apply", "deployed"],
    );
    const here = machine(released, { ledger });
    await here.run();
    expect(here.metrics()?.dora).toMatchObject({
      environment: "prod",
      deploymentFrequency: { samples: 2, source: "ledger" },
      leadTimeForChanges: { samples: 2, source: "ledger" },
      changeFailureRate: { value: 1 / 3, samples: 3 },
    });
    const failed = here.metrics()?.points.filter(({ name }) => name.endsWith("deploys_total"));
    expect(failed?.map(({ labels, value }) => [labels["result"], value])).toEqual([
      ["failed", 1],
      ["ok", 1],
    ]);
  });

  it("knows from the ledger alone when a deploy began", async () => {
    const ended = new Date();
    const store = fileStore();
    const book = writer(store, { now: () => ended });
    const startedAt = new Date(ended.getTime() - 600_000).toISOString();
    await book.record(event({ kind: "note", command: "note" }), never);
    const data = { outcome: "deployed", startedAt, driver: "exec" };
    await book.record(event({ kind: "apply", command: "apply", version: "v1.2.3", data }), never);
    const [deploy] = deploysOf(await deployRecords(store, 0, never));
    expect(deploy).toMatchObject({ began: Date.parse(startedAt), ended: ended.getTime() });
  });

  it("pushes by OTLP as the specification has it, and is done then", async () => {
    const receiver = await otlpReceiver();
    const here = machine(world(), { variables: otlpOf(receiver.endpoint) });
    expect(await here.observe()).toEqual({
      state: "needed",
      message: `compute the DORA numbers; push them: POST ${receiver.url}`,
    });
    expect(await here.prove()).toMatchObject([{ state: "ok" }]);
    expect((await here.run()).message).toMatch(/pushed by otlp$/);
    expect(receiver.wrong).toEqual([]);
    const written = here.metrics();
    const values = (points: readonly { name: string; value: number }[] = []) =>
      points.map(({ name, value }) => `${name} ${value}`).sort();
    expect(values(receiver.points)).toEqual(values(written?.points));
    for (const { labels } of receiver.points) {
      expect(labels).toMatchObject({ version: "v1.2.3", repository: "acme/shop", environment: "prod" });
    }
    expect(written?.pushed).toMatchObject([{ pusher: "otlp", to: `POST ${receiver.url}` }]);
    expect(await here.marks()).toMatchObject([
      { kind: "sent", key: expect.stringMatching(/^metrics\/otlp-[0-9a-f]{8}$/), by: "alice" },
    ]);
    expect(await here.observe()).toMatchObject({ state: "done" });
  });

  it("does not push a second time on a fresh machine, but has the numbers there too", async () => {
    const receiver = await otlpReceiver();
    const [here, marks] = [world(), tempFolder()];
    const variables = otlpOf(receiver.endpoint);
    await machine(here, { variables, marks }).run();
    const fresh = machine(here, { variables, marks });
    expect(await fresh.observe()).toEqual({ state: "needed", message: "compute the DORA numbers" });
    await fresh.run();
    expect(receiver.requests).toHaveLength(1);
    expect(await fresh.observe()).toMatchObject({ state: "done" });
  });

  it("pushes to a receiver at another address, which has nothing yet", async () => {
    const [one, other] = [await otlpReceiver(), await otlpReceiver()];
    const [here, marks, folder] = [world(), tempFolder(), tempFolder()];
    await machine(here, { variables: otlpOf(one.endpoint), marks, folder }).run();
    const moved = machine(here, { variables: otlpOf(other.endpoint), marks, folder });
    expect(await moved.observe()).toMatchObject({ state: "needed" });
    await moved.run();
    expect(await moved.observe()).toMatchObject({ state: "done" });
    expect(other.requests.length).toBeGreaterThan(0);
    expect(await machine(here, { variables: otlpOf(one.endpoint), marks, folder }).observe()).toMatchObject({
      state: "done",
    });
  });

  it("pushes what is archived to a receiver that came later, and leaves the file as it is", async () => {
    const [one, other] = [await otlpReceiver(), await otlpReceiver()];
    for (const variables of [otlpOf(one.endpoint), {}]) {
      const [here, marks, folder] = [world(), tempFolder(), tempFolder()];
      const first = machine(here, { variables, marks, folder });
      await first.run();
      const made = await makeArchive(first.folder, here.release, nothing, never);
      const kept = first.metrics();
      const later = machine(here, { variables: otlpOf(other.endpoint), marks, folder });
      expect(await later.observe()).toMatchObject({ state: "needed" });
      const { message } = await later.run();
      expect(message).toMatch(/; pushed by (otlp, )?otlp$/);
      expect(await changedSince(made, first.folder, never)).toEqual([]);
      expect(await later.observe()).toMatchObject({ state: "done" });
      const values = other.points.slice(-(kept?.points.length ?? 0)).map(({ value }) => value);
      expect(values.toSorted()).toEqual(kept?.points.map(({ value }) => value).toSorted());
    }
  });

  it("has numbers of its own for every environment that the tag comes to", async () => {
    const receiver = await otlpReceiver();
    const grafana = await startGrafana({ dashboards });
    const [stage, marks, folder] = [world({ environment: "stage" }), tempFolder(), tempFolder()];
    const given = { variables: { ...otlpOf(receiver.endpoint), ...grafanaOf(grafana.url) }, marks, folder };
    const first = machine(stage, given);
    await first.run();
    const made = await makeArchive(first.folder, stage.release, nothing, never);
    const prod = { ...stage, release: { ...stage.release, environment: "prod" } };
    const second = machine(prod, given);
    expect(await second.observe()).toMatchObject({
      message: expect.stringMatching(/^compute the DORA numbers; push them: .*; mark the deploy in Grafana$/),
    });
    expect((await second.preview())[0]?.to).toBe("file later/metrics-prod.json");
    await second.run();
    expect(second.metrics()).toMatchObject({ environment: "prod", dora: { environment: "prod" } });
    expect(await second.observe()).toMatchObject({ state: "done" });
    expect(await first.observe()).toMatchObject({ state: "done" });
    expect(first.metrics()).toMatchObject({ environment: "stage" });
    // Who names no environment means the one that was told of.
    const bare = machine({ ...stage, release: { ...stage.release, environment: null } }, given);
    expect(bare.metrics()).toMatchObject({ environment: "stage" });
    const told = receiver.points.filter(({ name }) => name === "release_sentinel_releases_total");
    expect(told.map(({ labels }) => labels["environment"])).toEqual(["stage", "prod"]);
    expect(grafana.annotations).toHaveLength(2);
    expect(await changedSince(made, first.folder, never)).toEqual([]);
  });

  it("computes them anew where what was archived is gone", async () => {
    const here = world();
    const { folder, run, observe } = machine(here);
    await run();
    await makeArchive(folder, here.release, nothing, never);
    folder.write("metrics.json", "{}");
    await run();
    expect(await observe()).toMatchObject({ state: "done" });
  });

  it("pushes again what was killed before it was marked: a sum counts it once", async () => {
    const receiver = await otlpReceiver();
    const here = world();
    const variables = otlpOf(receiver.endpoint);
    for (let i = 0; i < 2; i++) await machine(here, { variables }).run();
    const releases = receiver.points.filter(({ name }) => name === "release_sentinel_releases_total");
    expect(releases.map(({ value, kind, since }) => [value, kind, since])).toEqual([
      [1, "sum", releases[0]?.since],
      [1, "sum", releases[0]?.since],
    ]);
  });

  it("goes on with the receiver that failed alone, with the same numbers, dated now", async () => {
    const receiver = await otlpReceiver();
    let isDown = true;
    const gateway = await server((_, response) => void response.writeHead(isDown ? 400 : 200).end("no room"));
    const settings = { pushgateway: { url: gateway.url } };
    const [folder, here] = [tempFolder(), world()];
    const first = machine(here, { settings, variables: otlpOf(receiver.endpoint), folder });
    await expect(first.run()).rejects.toThrow(/^the Pushgateway at .* answered 400: no room$/);
    const before = first.metrics();
    expect(before?.pushed.map(({ pusher }) => pusher)).toEqual(["otlp"]);
    isDown = false;
    const later = Date.now() + 3_600_000;
    const again = { settings, variables: otlpOf(receiver.endpoint), folder, now: () => later };
    const second = machine(here, again);
    expect((await second.observe()).message).toBe(
      `push them: PUT ${gateway.url}/metrics/job/release-sentinel/repository@base64/YWNtZS9zaG9w/environment/prod`,
    );
    await second.run();
    expect(receiver.requests).toHaveLength(1);
    const after = second.metrics();
    expect(after?.points.map(({ value }) => value)).toEqual(before?.points.map(({ value }) => value));
    expect(after?.points.every(({ at }) => at === later)).toBe(true);
  });

  it("says all that failed, with a remedy, and keeps nobody else from the numbers", async () => {
    const port = await closedPort();
    const settings = {
      otlp: { url: `http://127.0.0.1:${port}/v1/metrics` },
      remoteWrite: { url: `http://127.0.0.1:${port}/api/v1/write` },
    };
    const here = machine(world(), { settings });
    expect(await here.prove()).toMatchObject([{ state: "unknown" }, { state: "unknown" }]);
    await expect(here.run()).rejects.toMatchObject({
      message: expect.stringMatching(/the OTLP receiver at .*; the remote-write receiver at /),
      remedy: expect.stringContaining("curl -i"),
      final: false,
    });
    expect(here.metrics()?.pushed).toEqual([]);
  });

  it("says once what failed for every receiver", async () => {
    const folder = tempFolder();
    const { url } = await server((_, response) => {
      // From now on it is no file.
      rmSync(join(folder, "metrics.json"), { recursive: true, force: true });
      mkdirSync(join(folder, "metrics.json"));
      response.end("{}");
    });
    const settings = { otlp: { url: `${url}/v1/metrics` }, pushgateway: { url } };
    await expect(machine(world(), { settings, folder }).run()).rejects.toMatchObject({
      message: expect.stringMatching(/^metrics\.json cannot be read in \S+: \S+$/),
    });
  });

  it("is a conflict when a secret is missing that the configuration names, and previews all the same", async () => {
    const settings = {
      remoteWrite: { urlFrom: "RW_URL", basicFrom: "RW_USER" },
      otlp: { url: "https://otlp.example.com/v1/metrics", headersFrom: "OTLP_HEADERS" },
      annotation: true,
    };
    const here = machine(world(), { settings });
    expect(await here.observe()).toMatchObject({
      state: "conflict",
      message: expect.stringMatching(/OTLP_HEADERS.*RW_URL.*GRAFANA_URL/),
      remedy: expect.stringContaining("release-sentinel ritual secrets"),
    });
    const payloads = await here.preview();
    expect(payloads.map(({ to }) => to)).toEqual([
      "file metrics.json",
      "POST https://otlp.example.com/v1/metrics",
      "POST https://rw-url.not-set.invalid",
      "POST https://grafana-url.not-set.invalid/api/annotations",
    ]);
    for (const { body } of payloads) expect(() => JSON.parse(body)).not.toThrow();
  });

  it("previews exactly what a run would send, and sends and writes nothing", async () => {
    const receiver = await otlpReceiver();
    const now = () => 1_800_000_000_000;
    const here = machine(world(), { variables: otlpOf(receiver.endpoint), now });
    const payload = (await here.preview()).find(({ to }) => to === `POST ${receiver.url}`);
    expect(receiver.requests).toHaveLength(0);
    expect(here.folder.list()).toEqual([]);
    await here.run();
    expect(JSON.parse(payload?.body ?? "")).toEqual(JSON.parse(receiver.requests[0]?.body ?? ""));
  });

  it("sends no secret in a label", async () => {
    const receiver = await otlpReceiver();
    const secret = "s".repeat(16);
    const variables = { ...otlpOf(receiver.endpoint), DEPLOY_TOKEN: secret };
    const here = machine(world(), { variables, settings: { labels: { team: `x-${secret}` } } });
    await here.run();
    expect(receiver.requests[0]?.body).not.toContain(secret);
    expect(here.folder.read("metrics.json")?.toString()).not.toContain(secret);
    expect(receiver.points[0]?.labels["team"]).toBe("x-***");
  });

  it("marks a rehearsal as one wherever it goes", async () => {
    const receiver = await otlpReceiver();
    const grafana = await startGrafana({ dashboards });
    const rehearsal = world({ tag: "v1.2.4-test", rehearsal: true });
    const here = machine(rehearsal, {
      variables: { ...otlpOf(receiver.endpoint), ...grafanaOf(grafana.url) },
    });
    await here.run();
    expect(receiver.wrong).toEqual([]);
    for (const { name, labels } of receiver.points) {
      expect(name).toMatch(/^release_sentinel_rehearsal_/);
      expect(labels).toMatchObject({ rehearsal: "true", version: "v1.2.4-test" });
    }
    expect(grafana.annotations).toMatchObject([
      { text: "Rehearsal of v1.2.4-test to prod: no release", tags: expect.arrayContaining(["rehearsal"]) },
    ]);
  });

  it("is interrupted at once, and stays to be done", async () => {
    const controller = new AbortController();
    const receiver = await otlpReceiver(() => controller.abort(new Error("Ctrl-C")));
    const here = machine(world(), { variables: otlpOf(receiver.endpoint) });
    await expect(here.run(controller.signal)).rejects.toThrow("Ctrl-C");
    expect(await here.observe()).toMatchObject({ state: "needed" });
  });

  it("does not take another commit's numbers for its own", async () => {
    const [folder, here] = [tempFolder(), world()];
    await machine(here, { folder }).run();
    const moved = { ...here, release: { ...here.release, commit: here.repo.commit("feat: three") } };
    expect(await machine(moved, { folder }).observe()).toMatchObject({ state: "needed" });
  });
});
