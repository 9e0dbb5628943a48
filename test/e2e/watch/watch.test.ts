import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../../support/cli.ts";
import { repository } from "../../support/repository.ts";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";
import { watchedWorld } from "./world.ts";

const env = ["--env", "prod", "--version", "v1.4.2"];

describe("watch, of a deploy in the past", () => {
  it("ends with 0 when all was well, and says what it saw", async () => {
    const { repo, since, minutes } = watchedWorld();
    const at = since(20);
    minutes(at, { errors: [1] });
    const { code, stdout, stderr } = await cli(["watch", ...env, "--since", at, "--json"], {
      cwd: repo.path,
    });
    expect(code, stderr).toBe(0);
    const outcome = JSON.parse(stdout);
    expect(outcome).toMatchObject({
      schema: "release-sentinel/watch/v1",
      outcome: "passed",
      exitCode: 0,
      action: "promote",
      environment: "prod",
      version: "v1.4.2",
      source: "exec",
      deployedAt: at,
    });
    expect(stderr).toMatch(
      /INFO release-sentinel\.watch Watching prod: \d min of 10 min, 2 of 2 criteria ok/,
    );
    expect(stderr).toContain("INFO release-sentinel.watch Watch of prod PASSED: ");
  });

  it("ends with 2 at a breach, at the minute it began to be one, tells it, and can explain it", async () => {
    const webhook = await server(200);
    const { repo, since, minutes } = watchedWorld();
    const at = since(20);
    minutes(at, { errors: [0, 0, 0, 60] });
    const out = tempFolder();
    const reports = [
      "--report",
      `html=${join(out, "watch.html")}`,
      "--report",
      `json=${join(out, "watch.json")}`,
    ];
    const ran = await cli(["watch", ...env, "--since", at, ...reports], {
      cwd: repo.path,
      env: { RS_ALERT_WEBHOOK: webhook.url },
    });
    expect(ran.code, ran.stderr).toBe(2);
    expect(ran.stdout).toBe("");
    expect(ran.stderr).toMatch(/ERROR release-sentinel\.watch Watch of prod FAILED: service\/errors: /);
    expect(webhook.received).toHaveLength(1);
    expect(webhook.received[0]?.body).toContain("Watch of prod FAILED");
    const saved = JSON.parse(readFileSync(join(out, "watch.json"), "utf8"));
    expect(saved.action).toBe("rollback");
    expect(Date.parse(saved.receipt.at) - Date.parse(at)).toBeLessThanOrEqual(7 * 60_000);
    expect(readFileSync(join(out, "watch.html"), "utf8")).toContain("Watch of prod FAILED");

    const explained = await cli(["watch", "explain"], { cwd: repo.path });
    expect(explained.code, explained.stderr).toBe(0);
    expect(explained.stdout).toContain(`policy    ${saved.policyDigest}`);
    expect(explained.stdout).toContain("service/errors: BREACH");
    expect(explained.stdout).toMatch(/asked: .*numbers\.mjs|asked: .*node/);
    expect(explained.stdout).toMatch(/\d{4}-\d\d-\d\dT\d\d:\d\d:00Z {2}600 +60\n/);
    const fromFile = await cli(["watch", "explain", join(out, "watch.json")], { cwd: out });
    expect(fromFile.stdout).toBe(explained.stdout);
    const entries = await cli(["ledger", "show", "--kind", "watch", "--json"], { cwd: repo.path });
    const outcomes = JSON.parse(entries.stdout).entries.map(
      ({ entry }: { entry: { data: { outcome: string } } }) => entry.data.outcome,
    );
    expect(outcomes.at(-1)).toBe("rollback");
    expect((await cli(["ledger", "verify"], { cwd: repo.path })).code).toBe(0);
  });

  it("ends with 2 when there is no data, or the source fails", async () => {
    const { repo, since, minutes } = watchedWorld();
    const at = since(40);
    minutes(at, { errors: [-1], latency: [-1] });
    const none = await cli(["watch", ...env, "--since", at, "--json"], { cwd: repo.path });
    expect(none.code).toBe(2);
    expect(JSON.parse(none.stdout)).toMatchObject({ outcome: "no-data", action: "hold" });
    minutes(at, {}, "the database is away");
    const failing = await cli(["watch", ...env, "--since", at, "--json"], { cwd: repo.path });
    expect(failing.code).toBe(2);
    expect(JSON.parse(failing.stdout)).toMatchObject({ outcome: "telemetry-error", action: "hold" });
    expect(failing.stderr).toContain("the database is away");
  });

  it("writes annotations, outputs and a summary in GitHub Actions", async () => {
    const { repo, since, minutes } = watchedWorld();
    const at = since(20);
    minutes(at, { errors: [60] });
    const out = tempFolder();
    const { code, stderr } = await cli(["watch", ...env, "--since", at], {
      cwd: repo.path,
      env: {
        GITHUB_ACTIONS: "true",
        GITHUB_OUTPUT: join(out, "output"),
        GITHUB_STEP_SUMMARY: join(out, "summary"),
      },
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/::error title=release-sentinel::Watch of prod FAILED/);
    const output = readFileSync(join(out, "output"), "utf8");
    expect(output).toMatch(/^watch<<\S+\nbreach\n/m);
    expect(output).toMatch(/^action<<\S+\nrollback\n/m);
    expect(readFileSync(join(out, "summary"), "utf8")).toContain("breach          service/errors");
  });
});

describe("watch, asked wrongly", () => {
  it.each<[string, readonly string[], string]>([
    ["nothing to watch with", ["watch", "--env", "prod"], "neither PROMETHEUS_URL nor SERVICE_URL is set"],
    ["no environment", ["watch"], "--env (or ENV) missing"],
    ["an environment that is none", ["watch", "--env", "moon"], "Invalid environment: moon"],
    ["a duration that is none", ["watch", "--env", "prod", "--for", "soon"], "Use a duration"],
    ["a deploy that is yet to come", ["watch", "--env", "prod", "--since", "2999-01-01"], "yet to come"],
    ["a format that there is not", ["watch", "--env", "prod", "--report", "pdf=x"], "html, json, text"],
  ])("%s is exit 1", async (_, args, said) => {
    const { path } = repository();
    const { code, stderr } = await cli(args, { cwd: path });
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(said);
  });

  it("a setting that makes no sense is named with its place", async () => {
    const { repo } = watchedWorld({ signals: { latency: { for: "90s" }, errors: { above: "200%" } } });
    const { code, stderr } = await cli(["watch", ...env], { cwd: repo.path });
    expect(code).toBe(1);
    expect(stderr).toMatch(/release-sentinel\.yaml:1:\d+: .*whole minutes/);
  });

  it("a program that is not there is found before anything is watched", async () => {
    const { repo } = watchedWorld({ exec: { run: ["no-such-program"] } });
    const { code, stderr, stdout } = await cli(["watch", ...env, "--json"], { cwd: repo.path });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "blocked", looks: 0 });
    expect(stderr).toContain("Watch of prod BLOCKED: ");
  });
});

describe("watch, interrupted", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "by %s ends with %i, says what it found and how to go on, and goes on",
    async (signal, expected) => {
      const { repo, since, minutes } = watchedWorld();
      const at = since(4);
      minutes(at, { errors: [1] });
      const { code, stdout, stderr } = await cli(["watch", ...env, "--since", at, "--json"], {
        cwd: repo.path,
        during(child) {
          const file = join(repo.path, ".git/release-sentinel/watch/prod.json");
          const waiting = setInterval(() => {
            // It has caught up with the past, and waits for the next minute.
            if (!existsSync(file) || JSON.parse(readFileSync(file, "utf8")).saved.looks < 4) return;
            clearInterval(waiting);
            setTimeout(() => child.kill(signal), 500);
          }, 50);
        },
      });
      expect(code, stderr).toBe(expected);
      const outcome = JSON.parse(stdout);
      expect(outcome).toMatchObject({ outcome: "interrupted", exitCode: code });
      expect(outcome.readings.map(({ state }: { state: string }) => state)).toEqual(["ok", "ok"]);
      expect(stderr).toContain(
        `To go on: release-sentinel watch --env prod --version v1.4.2 --since ${at} --json\n`,
      );

      const kept = join(repo.path, ".git/release-sentinel/watch/prod.json");
      const before = JSON.parse(readFileSync(kept, "utf8")).saved;
      const again = await cli(["watch", ...env, "--since", at], {
        cwd: repo.path,
        during: (child) => {
          child.stderr?.on("data", (chunk: Buffer) => {
            if (chunk.toString().includes("Going on with the watch"))
              setTimeout(() => child.kill("SIGTERM"), 700);
          });
        },
      });
      expect(again.code).toBe(143);
      const after = JSON.parse(readFileSync(kept, "utf8")).saved;
      expect(after.state.startedAt).toBe(before.state.startedAt);
      expect(after.looks).toBeGreaterThanOrEqual(before.looks);
    },
  );
});
