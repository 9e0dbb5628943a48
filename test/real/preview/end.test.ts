import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { kubeconfig } from "../../support/real/cluster.ts";
import { tempFolder } from "../../support/temp.ts";
import {
  alone,
  config,
  deployment,
  labelled,
  make,
  namespaceOf,
  past,
  testPreview,
  timeFlies,
} from "./world.ts";

describe.skipIf(kubeconfig.skip)("preview cleanup", () => {
  it("removes the preview with everything in it; again there is nothing to do", async () => {
    const preview = testPreview();
    await preview.run("deploy", { manifests: [preview.write("web.yaml", deployment("app:1"))] });
    expect(await preview.run("cleanup", { dryRun: true })).toMatchObject({ outcome: "planned", exitCode: 0 });
    expect((await namespaceOf(preview.name))?.status.phase).toBe("Active");
    expect(await preview.run("cleanup")).toMatchObject({ outcome: "removed", exitCode: 0 });
    expect(await namespaceOf(preview.name)).toBeNull();
    expect(await preview.run("cleanup")).toMatchObject({
      outcome: "absent",
      exitCode: 0,
      message: `There is no preview of #${preview.pr}`,
    });
  });

  it("says what holds a namespace that does not go", async () => {
    await alone();
    const preview = testPreview();
    await make(labelled(preview.pr, past));
    await make(config("stays", `, namespace: ${preview.name}, finalizers: [example.com/hold]`));
    const running = preview.run("cleanup", { waitMs: 3_600_000 });
    while (!JSON.stringify(await namespaceOf(preview.name)).includes("example.com/hold")) await delay(200);
    timeFlies();
    const outcome = await running;
    expect(outcome).toMatchObject({ outcome: "failed", exitCode: 2 });
    expect(outcome.message).toMatch(/still being removed: .*example\.com\/hold/);
    expect(outcome.reasons[0]?.remedy).toContain("finalizers");
  });

  it("is blocked where it is not allowed", async () => {
    const preview = testPreview();
    await make(labelled(preview.pr, "2999-01-01T00:00:00Z"));
    const view = join(dirname(kubeconfig.found ?? ""), "kubeconfig-view");
    expect(await preview.run("cleanup", {}, { kubeconfig: view })).toMatchObject({
      exitCode: 1,
      outcome: "blocked",
    });
    expect((await namespaceOf(preview.name))?.status.phase).toBe("Active");
  });

  it("is blocked without a cluster to speak of", async () => {
    const preview = testPreview();
    const empty = join(tempFolder(), "kubeconfig");
    writeFileSync(empty, "");
    expect(await preview.run("cleanup", {}, { kubeconfig: empty })).toMatchObject({
      exitCode: 1,
      outcome: "blocked",
    });
  });
});

describe.skipIf(kubeconfig.skip)("preview sweep", () => {
  it("removes what is past its time, and nothing else", async () => {
    await alone();
    const [old, fresh, foreign] = [testPreview(), testPreview(), testPreview()];
    await make(labelled(old.pr, past));
    await make(labelled(fresh.pr, "2999-01-01T00:00:00Z"));
    await make(labelled(foreign.pr, past).replace("app.kubernetes.io/managed-by: release-sentinel, ", ""));
    const dry = await old.run("sweep", { dryRun: true });
    expect(dry).toMatchObject({ outcome: "planned", exitCode: 0 });
    const stateOf = ({ previews }: typeof dry, name: string) =>
      previews.find(({ namespace }) => namespace === name)?.state;
    expect([stateOf(dry, old.name), stateOf(dry, fresh.name), stateOf(dry, foreign.name)]).toEqual([
      "expired",
      "kept",
      undefined,
    ]);
    expect((await namespaceOf(old.name))?.status.phase).toBe("Active");
    const outcome = await old.run("sweep");
    expect(outcome).toMatchObject({
      outcome: "swept",
      exitCode: 0,
      message: expect.stringMatching(/^\d+ previews? removed, \d+ kept$/),
    });
    expect([stateOf(outcome, old.name), stateOf(outcome, fresh.name)]).toEqual(["removed", "kept"]);
    expect(await namespaceOf(old.name)).toBeNull();
    expect((await namespaceOf(fresh.name))?.status.phase).toBe("Active");
    expect((await namespaceOf(foreign.name))?.status.phase).toBe("Active");
  });

  it("says what does not go, and what nobody knows the end of; the others go all the same", async () => {
    await alone();
    const [stuck, odd, old, renamed] = [testPreview(), testPreview(), testPreview(), testPreview()];
    await make(labelled(stuck.pr, past));
    await make(config("stays", `, namespace: ${stuck.name}, finalizers: [example.com/hold]`));
    await make(labelled(odd.pr, "tomorrow"));
    await make(labelled(old.pr, past));
    await make(labelled(renamed.pr, past).replace(`preview: "${renamed.pr}"`, 'preview: "5"'));
    const running = old.run("sweep", { waitMs: 3_600_000 });
    while ((await namespaceOf(old.name)) !== null) await delay(200);
    timeFlies();
    const outcome = await running;
    expect(outcome).toMatchObject({ outcome: "failed", exitCode: 2 });
    const states = Object.fromEntries(outcome.previews.map(({ namespace, state }) => [namespace, state]));
    expect(states).toMatchObject({
      [stuck.name]: "stuck",
      [odd.name]: "unreadable",
      [renamed.name]: "unreadable",
      [old.name]: "removed",
    });
    expect((await namespaceOf(odd.name))?.status.phase).toBe("Active");
    expect((await namespaceOf(renamed.name))?.status.phase).toBe("Active");
  });
});
