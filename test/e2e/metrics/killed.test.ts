import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../../support/cli.ts";
import { accept, type OtlpAnswer, otlpReceiver } from "../../support/otlp.ts";
import { repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

const args = ["ritual", "--tag", "v1.0.0", "--only", "metrics"];

function released() {
  const repo = repository({ origin: true });
  repo.git("tag", "-a", "v1.0.0", "-m", "v1.0.0");
  repo.git("push", "-q", "origin", "v1.0.0");
  return repo;
}

/** Answers the questions before, and does this with the request that holds points. */
function atThePush(act: OtlpAnswer): OtlpAnswer {
  return (response, n) => (n === 2 ? act(response, n) : accept(response));
}

function file(folder: string): { pushed: { pusher: string }[] } {
  return JSON.parse(readFileSync(join(folder, "release-v1.0.0", "metrics.json"), "utf8"));
}

describe("a ritual's metrics by the command line", () => {
  it.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
    "are sent again after %s between sending and recording, and count once",
    async (how) => {
      const repo = released();
      let kill: () => void = () => {};
      const receiver = await otlpReceiver(atThePush(() => kill()));
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
      const folder = tempFolder();
      const run = [...args, "--folder", folder];
      const killed = await cli(run, {
        ...{ cwd: repo.path, env },
        during: (child) => {
          kill = () => void child.kill(how);
        },
      });
      expect(killed.code === 0).toBe(false);
      expect(file(folder).pushed).toEqual([]);
      const again = await cli(run, { cwd: repo.path, env });
      expect(again.all).toContain("pushed by otlp");
      expect(again.code).toBe(0);
      expect(receiver.wrong).toEqual([]);
      expect(file(folder).pushed).toMatchObject([{ pusher: "otlp" }]);
      const counted = receiver.points.filter(({ name }) => name === "release_sentinel_releases_total");
      expect(counted).toHaveLength(2);
      expect(new Set(counted.map(({ value, since }) => `${value} since ${since}`)).size).toBe(1);
    },
  );

  it("are not sent a second time from a fresh clone", async () => {
    const repo = released();
    const receiver = await otlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    expect((await cli(args, { cwd: repo.path, env })).code).toBe(0);
    const pushed = receiver.points.length;
    const clone = join(tempFolder(), "clone");
    repo.git("clone", "-q", repo.origin, clone);
    const again = await cli(args, { cwd: clone, env });
    expect(again.code).toBe(0);
    expect(receiver.points).toHaveLength(pushed);
    expect(again.all).toContain("DORA numbers computed");
  });

  it("show no secret, whatever a receiver says", async () => {
    const repo = released();
    const token = "t0ken-".repeat(4);
    const receiver = await otlpReceiver((response) => {
      response.writeHead(401).end(`no such token: ${token}, ${Buffer.from(token).toString("base64")}`);
    });
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${token}`,
    };
    for (const more of [[], ["--dry-run"], ["--json"], ["--verbose"]]) {
      const ran = await cli([...args, ...more], { cwd: repo.path, env });
      expect(ran.code).toBe(2);
      expect(ran.all).toContain("answered 401");
      expect(ran.all).not.toContain(token);
      expect(ran.all).not.toContain(Buffer.from(token).toString("base64"));
    }
    expect(receiver.requests[0]?.headers["authorization"]).toBe(`Bearer ${token}`);
  });

  it("need no secret for a dry run that shows everything", async () => {
    const repo = released();
    repo.write(
      "release-sentinel.yaml",
      [
        "extends: default",
        "ritual:",
        "  metrics:",
        "    remoteWrite: { urlFrom: RW_URL, basicFrom: RW_LOGIN }",
        "    pushgateway: { url: 'http://127.0.0.1:1', tokenFrom: PG_TOKEN }",
        "",
      ].join("\n"),
    );
    repo.git("add", "-A");
    const ran = await cli([...args, "--dry-run", "--json"], { cwd: repo.path });
    const { payloads } = JSON.parse(ran.stdout) as { payloads: { to: string }[] };
    expect(payloads.map(({ to }) => to)).toEqual([
      "file metrics.json",
      "POST https://rw-url.not-set.invalid",
      expect.stringMatching(/^PUT http:\/\/127\.0\.0\.1:1\/metrics\/job\/release-sentinel/),
    ]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/RW_URL.*is not set.*PG_TOKEN.*is not set/);
  });
});
