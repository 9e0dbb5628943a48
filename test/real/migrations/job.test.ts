import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMatcher } from "../../../src/app/matcher.ts";
import { createEnv } from "../../../src/clients/env.ts";
import { createFiles } from "../../../src/clients/files.ts";
import { createKubectl } from "../../../src/clients/kubectl.ts";
import { createPrograms } from "../../../src/clients/program.ts";
import { parseDuration } from "../../../src/config/schema.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { migrationPhases } from "../../../src/deploy/migrations/phases.ts";
import { kubeconfig, kubectl, namespace } from "../../support/real/cluster.ts";
import { tempFolder } from "../../support/temp.ts";
import { write } from "../../unit/deploy/migrations/files.ts";

const signal = new AbortController().signal;

const job = (image: string, more = "") => `apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
${more}spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: app, image: "${image}" }]
`;

async function phase(manifest: string, timeout = "60s") {
  const space = await namespace();
  const cwd = tempFolder();
  write(cwd, { "job.yaml": manifest });
  const env = { PATH: process.env["PATH"], HOME: cwd, KUBECONFIG: kubeconfig.found };
  const secrets = new Secrets();
  const matcher = createMatcher();
  const { before } = migrationPhases(
    { before: [{ job: "job.yaml", name: "migrate", timeout }] },
    {
      cwd,
      programs: createPrograms({ env, secrets }),
      env: createEnv(env, secrets),
      secrets,
      variables: {},
      cluster: async () => createKubectl({ env, cwd, namespace: space }),
      runId: join("some", "run"),
      migrations: { cwd, env, files: createFiles(), matcher: (glob) => matcher(glob), shadowUrl: null },
      milliseconds: parseDuration,
    },
  );
  const [one] = before;
  if (!one?.prove) throw new Error("there is no phase");
  return { space, prove: () => one.prove?.(signal), run: (until = signal) => one.run(until) };
}

const jobsIn = async (space: string) => (await kubectl(["get", "jobs", "-n", space, "-o", "name"])).trim();

describe.skipIf(kubeconfig.skip)("a migration that is a job in the cluster", () => {
  it("is made under a name of its own, waited for, and removed", async () => {
    const { space, prove, run } = await phase(job("app:1"));
    expect(await prove()).toEqual([]);
    expect(await jobsIn(space)).toBe("");
    expect(await run()).toMatch(/^migrate-[0-9a-f]{8} complete in/);
    expect(await run()).toMatch(/complete/);
    await expect.poll(() => jobsIn(space)).toBe("");
  });

  it("that a killed run has left at work is waited for, and no second one is made", async () => {
    // It ends with its time limit only.
    const { space, run } = await phase(job("app:1").replace("backoffLimit", "parallelism"), "15s");
    const first = run().catch(String);
    await expect.poll(() => jobsIn(space)).not.toBe("");
    let running = true;
    const both = Promise.all([first, run().catch(String)]).finally(() => {
      running = false;
    });
    const seen = new Set<string>();
    while (running) for (const name of (await jobsIn(space)).split("\n")) seen.add(name);
    await both;
    expect([...seen].filter((name) => name !== "")).toHaveLength(1);
  });

  it("that fails is told with the end of its log, and removed", async () => {
    const { space, run } = await phase(job("jobfail:1"));
    await expect(run()).rejects.toMatchObject({
      name: "StepFailure",
      message: expect.stringMatching(/job migrate-[0-9a-f]{8} has failed.*log/i),
    });
    await expect.poll(() => jobsIn(space)).toBe("");
  });

  it("that does not end in time is removed, and told", async () => {
    const { space, run } = await phase(job("app:1").replace("backoffLimit", "parallelism"), "3s");
    const words = expect.stringMatching(/did not end within 3 s|DeadlineExceeded/);
    await expect(run()).rejects.toMatchObject({ name: "StepFailure", message: words });
    await expect.poll(() => jobsIn(space)).toBe("");
  });

  it("is removed when the deploy is interrupted", async () => {
    // One pod after another: it is never over by itself.
    const { space, run } = await phase(job("app:1").replace("backoffLimit: 0", "completions: 1000"));
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = run(controller.signal);
    running.catch(() => {});
    await expect.poll(() => jobsIn(space)).not.toBe("");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    // Nothing of it is at work any more when the lock is let go of.
    expect(await kubectl(["get", "jobs,pods", "-n", space, "-o", "name"])).toBe("");
  });

  it.each([
    ["something else", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n", "must hold one Job"],
    ["two of them", `${job("app:1")}---\n${job("app:1")}`, "must hold one Job"],
    ["one of another namespace", job("app:1", "  namespace: default\n"), "is not in namespace"],
    ["what the server does not take", job("app:1").replace("Never", "Always"), "cannot be made"],
    ["one that is suspended", job("app:1").replace("backoffLimit: 0", "suspend: true"), "suspended"],
    ["what is no YAML", "a: [", "not a manifest"],
  ])("is refused before anything is touched when the manifest holds %s", async (_, manifest, words) => {
    const { prove } = await phase(manifest);
    expect(await prove()).toMatchObject([{ state: "conflict", message: expect.stringContaining(words) }]);
  });
});
