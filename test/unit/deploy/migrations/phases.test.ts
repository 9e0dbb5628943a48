import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createMatcher } from "../../../../src/app/matcher.ts";
import { createEnv } from "../../../../src/clients/env.ts";
import { createFiles } from "../../../../src/clients/files.ts";
import { createPrograms } from "../../../../src/clients/program.ts";
import { parseDuration } from "../../../../src/config/schema.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import type { PhaseWorld } from "../../../../src/deploy/migrations/phase-world.ts";
import { migrationPhases } from "../../../../src/deploy/migrations/phases.ts";
import type { DeploySettings } from "../../../../src/deploy/settings.ts";
import { tempFolder } from "../../../support/temp.ts";
import { write } from "./files.ts";

const signal = new AbortController().signal;
const token = ["let", "me", "in", "please"].join("-");

function world(cwd: string, extra: NodeJS.ProcessEnv = {}): PhaseWorld {
  const env = { PATH: process.env["PATH"], ...extra };
  const secrets = new Secrets();
  const matcher = createMatcher();
  return {
    cwd,
    programs: createPrograms({ env, secrets }),
    env: createEnv(env, secrets),
    secrets,
    variables: { RS_VERSION: "v1.2.3" },
    cluster: null,
    runId: "run",
    migrations: { cwd, env, files: createFiles(), matcher: (glob) => matcher(glob), shadowUrl: null },
    milliseconds: parseDuration,
  };
}

function phasesOf(settings: DeploySettings["migrations"], around: PhaseWorld) {
  return migrationPhases(settings, around);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const script = (text: string) => ["sh", "-c", text] as const;

describe("the phases of migrations", () => {
  it("are in the order of the configuration, before and after", () => {
    const { before, after } = phasesOf(
      {
        before: [{ run: script("true") }, { run: script("true"), name: "the schema" }],
        after: [{ run: script("true") }],
      },
      world(tempFolder()),
    );
    expect(before.map(({ id, title }) => `${id}: ${title}`)).toEqual([
      "migration.before.1: Run sh -c true",
      "migration.before.2: Run the schema",
    ]);
    expect(after.map(({ id }) => id)).toEqual(["migration.after"]);
    expect(phasesOf(undefined, world(tempFolder()))).toEqual({ before: [], after: [] });
  });

  it("run with a small environment, and what is named for them", async () => {
    const cwd = tempFolder();
    const around = world(cwd, { DATABASE_URL: token, OTHER: "not for it" });
    const [phase] = phasesOf(
      { before: [{ run: script("env > seen"), env: ["DATABASE_URL", "GONE"] }] },
      around,
    ).before;
    expect(await phase?.prove?.(signal)).toEqual([
      { state: "notice", message: "Run sh -c 'env > seen': GONE not set" },
    ]);
    expect(await phase?.run(signal)).toBe("sh -c 'env > seen' has run");
    const seen = readFileSync(join(cwd, "seen"), "utf8");
    expect(seen).toContain(`DATABASE_URL=${token}`);
    expect(seen).toContain("RS_VERSION=v1.2.3");
    expect(seen).not.toContain("OTHER");
  });

  it("say what a program that fails said last, without its secrets", async () => {
    const around = world(tempFolder(), { DATABASE_URL: token });
    const text = "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; echo $DATABASE_URL >&2; exit 3";
    const [phase] = phasesOf(
      { before: [{ run: script(text), name: "x", env: ["DATABASE_URL"] }] },
      around,
    ).before;
    const failed = (await phase?.run(signal).catch((error: unknown) => error)) as Error;
    expect(failed).toMatchObject({
      name: "StepFailure",
      message: expect.stringContaining("exited with 3: line 3 |"),
    });
    expect(failed.message.endsWith("line 9 | ***")).toBe(true);
  });

  it("stop a program at its time limit, and say so", async () => {
    const cwd = tempFolder();
    const [phase] = phasesOf(
      { after: [{ run: script("echo $$ > pid; exec sleep 60"), timeout: "5s" }] },
      world(cwd),
    ).after;
    await expect(phase?.run(signal)).rejects.toThrow(/did not end within 5 s, and was stopped/);
    const pid = Number(readFileSync(join(cwd, "pid"), "utf8"));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("end with the signal, whose reason comes back", async () => {
    const cwd = tempFolder();
    const controller = new AbortController();
    const text = "trap 'sleep 0.2; echo > ended; exit' TERM; echo > begun; sleep 60 & wait";
    const [phase] = phasesOf({ before: [{ run: script(text) }] }, world(cwd)).before;
    const running = phase?.run(controller.signal);
    await expect.poll(() => existsSync(join(cwd, "begun"))).toBe(true);
    // It is never made to end, however long the machine takes for that.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(existsSync(join(cwd, "ended"))).toBe(true);
  });

  it("know before that a program is not there, or a job has no cluster", async () => {
    const { before } = phasesOf(
      { before: [{ run: ["no-such-program"] }, { job: "job.yaml" }] },
      world(tempFolder()),
    );
    expect(await before[0]?.prove?.(signal)).toMatchObject([
      { state: "conflict", message: "no-such-program is not on PATH" },
    ]);
    expect(await before[1]?.prove?.(signal)).toMatchObject([
      { state: "conflict", message: "the job job.yaml needs a cluster" },
    ]);
    await expect(before[0]?.run(signal)).rejects.toThrow("no-such-program is not on PATH");
  });

  it("begin with the check of the migration files, which stops the deploy", async () => {
    const cwd = tempFolder();
    write(cwd, {
      "db/1.sql": "DROP TABLE orders",
      "db/2.sql": "-- release-sentinel: allow drop-table nobody uses it\nDROP TABLE old",
    });
    const { before } = phasesOf({ check: ["db/*.sql"], before: [{ run: script("true") }] }, world(cwd));
    expect(before.map(({ id }) => id)).toEqual(["migration.check", "migration.before"]);
    const proofs = (await before[0]?.prove?.(signal)) ?? [];
    expect(proofs.filter(({ state }) => state === "conflict").map(({ message }) => message)).toEqual([
      expect.stringMatching(/^db\/1\.sql:1:1: DROP TABLE orders/),
      "Missing required env var: SHADOW_DB_URL",
    ]);
    expect(proofs).toContainEqual(
      expect.objectContaining({
        state: "notice",
        message: expect.stringMatching(/old.*allowed in line 1: nobody uses it/),
      }),
    );
  });

  it("say of globs that name nothing that they do", async () => {
    const [check] = phasesOf({ check: ["db/*.sql"] }, world(tempFolder())).before;
    expect(await check?.prove?.(signal)).toMatchObject([
      { state: "conflict", message: "there is no migration db/*.sql" },
    ]);
  });
});
