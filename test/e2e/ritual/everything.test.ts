import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { githubServer, testToken } from "../../support/github.ts";
import { grafanaToken, startGrafana } from "../../support/grafana.ts";
import { dashboard, panel, wave } from "../../support/grafana-dashboards.ts";
import { otlpReceiver } from "../../support/otlp.ts";
import { tempFolder } from "../../support/temp.ts";
import { clone, expectEnd, folderOf, kinds, outcomeOf, ritualWorld, tag, toldBy } from "./world.ts";

/** A released tag, GitHub, Grafana, a receiver of metrics and Slack: each checks what it is asked. */
async function everything() {
  const world = await ritualWorld({
    // How full this machine is decides nothing here.
    settings:
      "  release: require\n  changelog: {github: auto}\nchecks: {host.disk: false, host.memory: false}\n",
  });
  const github = await githubServer({ gitDir: world.repo.origin });
  const grafana = await startGrafana({
    dashboards: {
      shop: dashboard("shop", "Shop", [panel(1, "Requests", ["sum(rate(http_requests_total[5m]))"])]),
    },
    answer: (query) => wave(String(query["refId"]), ["requests"]),
  });
  const otlp = await otlpReceiver();
  Object.assign(world.env, {
    GITHUB_TOKEN: testToken(),
    GITHUB_API_URL: github.url,
    GITHUB_REPOSITORY: "octo/demo",
    GRAFANA_URL: grafana.url,
    GRAFANA_API_KEY: grafanaToken,
    DASHBOARD_UID: "shop",
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.endpoint,
  });
  const released = await world.run(["release", "--env", "prod", "--version", tag], {
    env: {
      RS_REQUIRED_PROCESS: "node",
      RS_API_URL: `${world.slack.url}/health`,
      RS_DEPLOY_TOKEN: testToken("dep"),
    },
  });
  expectEnd(released, 0);
  world.slack.received.length = 0;
  return { world, github, grafana, otlp };
}

describe("a ritual with everything", () => {
  it("asks nobody anything that is not right, tells everybody once, and leaves no secret anywhere", async () => {
    const { world, grafana, otlp } = await everything();
    const ran = await world.ritual(["--env", "prod", "--json", "--verbose"]);
    expectEnd(ran, 0);
    const outcome = outcomeOf(ran);
    expect(outcome.steps.map(({ name, outcome: what }) => `${name} ${what}`)).toEqual([
      "integrity did",
      "changelog did",
      "metrics did",
      "probe did",
      "snapshot did",
      "archive did",
      "broadcast did",
      "complete did",
    ]);
    expect(grafana.problems).toEqual([]);
    expect(otlp.wrong).toEqual([]);
    expect(otlp.points.length).toBeGreaterThan(3);
    expect(grafana.snapshots.size).toBe(1);
    expect(grafana.annotations).toHaveLength(1);
    expect(toldBy(world)).toHaveLength(1);
    expect(ran.stderr).toMatch(/DEBUG release-sentinel\.http POST http:\S+\/api\/ds\/query: 200/);

    const folder = folderOf(world.repo.path);
    const unpacked = tempFolder();
    execFileSync("tar", ["xzf", join(world.store, `release-${tag}.tar.gz`), "-C", unpacked]);
    const root = join(unpacked, `release-${tag}`);
    execFileSync("sha256sum", ["--quiet", "-c", "SHA256SUMS"], { cwd: root });
    expect(readdirSync(root)).toEqual(
      expect.arrayContaining([`CHANGELOG-${tag}.md`, "dashboard", "metrics.json", "release.json"]),
    );
    const [snapshot] = [...grafana.snapshots.values()];
    const secrets = [grafanaToken, testToken(), testToken("hook"), String(snapshot?.body["deleteKey"])];
    for (const [where, text] of [
      ...textsIn(folder),
      ...textsIn(world.store),
      ...textsIn(root),
      ["output", ran.all] as const,
    ])
      for (const secret of secrets)
        expect(text.includes(secret), `${where} holds ${secret.slice(0, 4)}…`).toBe(false);
  });

  it("is not done again on a fresh machine, nor by halves", async () => {
    const { world, grafana, otlp } = await everything();
    grafana.world.refuse = { "/api/snapshots": 403 };
    expectEnd(
      await world.ritual(["--env", "prod"]),
      2,
      "snapshot",
      "left to do: snapshot, archive, broadcast, complete",
    );
    expect(toldBy(world)).toEqual([]);
    const points = otlp.points.length;
    grafana.world.refuse = {};
    expectEnd(await world.ritual(["--env", "prod"]), 0, `Ritual of ${tag} completed`);
    expectEnd(
      await world.ritual(["--env", "prod"], { cwd: clone(world) }),
      0,
      "is already complete: nothing to do",
    );
    expect(otlp.points.length).toBe(points);
    expect(grafana.annotations).toHaveLength(1);
    expect(grafana.snapshots.size).toBe(1);
    expect(toldBy(world)).toHaveLength(1);
    expect(kinds(world).filter((kind) => kind === "complete")).toHaveLength(1);
  });

  it("tells GitHub Actions how it ended, and nothing that is secret", async () => {
    const { world } = await everything();
    const out = tempFolder();
    const env = {
      GITHUB_ACTIONS: "true",
      GITHUB_OUTPUT: join(out, "output"),
      GITHUB_STEP_SUMMARY: join(out, "summary"),
    };
    expectEnd(await world.ritual(["--env", "prod"], { env }), 0);
    const outputs = readFileSync(env.GITHUB_OUTPUT, "utf8");
    for (const [name, value] of Object.entries({
      ritual: "completed",
      tag,
      verdict: "SAFE",
      "exit-code": "0",
    }))
      expect(outputs).toMatch(new RegExp(`^${name}<<(.+)\\n${value}\\n\\1$`, "m"));
    expect(readFileSync(env.GITHUB_STEP_SUMMARY, "utf8")).toContain(`Ritual of ${tag} completed`);
  });
});

function textsIn(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path, "latin1")] as const);
}
