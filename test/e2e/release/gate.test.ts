import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ReleaseOutcome } from "../../../src/flows/release/outcome.ts";
import { tempFolder } from "../../support/temp.ts";
import {
  everything,
  expectEnd,
  expectReleased,
  policy,
  type ReleaseWorld,
  releaseWorld,
  version,
  writes,
} from "./world.ts";

const done = `Release ${version} completed successfully`;
const withheld = `Release ${version} WITHHELD: the gate is SAFE with warnings, and nothing was changed`;
/** As a monitoring plugin says it: 0 ok, 1 warning, 2 critical, 3 unknown. */
const probe = (code: number) =>
  `${policy}  probe: {uses: exec, command: [sh, -c, 'echo the probe says ${code}; exit ${code}']}\n`;

function alerts({ webhook }: ReleaseWorld): string[] {
  return webhook.received.map(({ body }) => (JSON.parse(body) as { text: string }).text);
}

async function unchanged(world: ReleaseWorld, act: () => Promise<void>): Promise<void> {
  const before = everything(world);
  await act();
  expect(everything(world)).toEqual(before);
  expect(writes(world.github)).toEqual([]);
}

describe("a gate that warns", () => {
  it("withholds the release, says how to go on, and tells those who watch", async () => {
    const world = await releaseWorld({ policy: probe(1) });
    await unchanged(world, async () => {
      const ran = await world.release();
      expectEnd(
        ran,
        1,
        withheld,
        `release-sentinel release --env prod --version ${version} --allow-warnings`,
      );
      expect(world.github.requests).toEqual([]);
    });
    expect(alerts(world)).toHaveLength(1);
    expect(alerts(world)[0]).toContain("*Severity:* BLOCKED");
    expect(alerts(world)[0]).toContain("WITHHELD");
  });

  it("lets it go on with --allow-warnings, and says so in what is done next", async () => {
    const world = await releaseWorld({ policy: probe(1) });
    world.fault = ({ operation }) => (operation === "repos/create-release" ? { status: 403 } : undefined);
    const stalled = `To finish it: release-sentinel release --env prod --version ${version} --allow-warnings`;
    expectEnd(await world.release(["--allow-warnings"]), 2, stalled);
    world.fault = undefined;
    expectEnd(await world.release(["--allow-warnings"]), 0, done, "the probe says 1");
    expectReleased(world);
  });

  it("withholds a dry run and a plan too; a plan made with --allow-warnings carries that", async () => {
    const world = await releaseWorld({ policy: probe(1) });
    const file = join(tempFolder(), "plan.json");
    const plan = ["release", "plan", "--env", "prod", "--version", version, "-o", file];
    await unchanged(world, async () => {
      expectEnd(await world.release(["--dry-run"]), 1, withheld);
      expectEnd(await world.run(plan), 1, withheld);
      expectEnd(await world.run([...plan, "--allow-warnings"]), 0);
    });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ allowWarnings: true });
    expectEnd(await world.run(["release", "--plan", file]), 0, done);
    expectReleased(world);
  });

  it("answers as JSON what it warned of", async () => {
    const world = await releaseWorld({ policy: probe(1) });
    const ran = await world.release(["--json"]);
    expectEnd(ran, 1);
    const outcome = JSON.parse(ran.stdout) as ReleaseOutcome;
    expect(outcome).toMatchObject({ outcome: "withheld", exitCode: 1, plan: [], steps: [], resume: null });
    expect(outcome.verdict).toMatchObject({ verdict: "SAFE", exitCode: 0, releasable: false });
    expect(JSON.stringify(outcome.reasons)).toContain("the probe says 1");
  });
});

describe("a gate that does not let it through", () => {
  it.each([
    ["BLOCKED", 1, policy, "Release BLOCKED (policy): Git working tree is dirty", "*Severity:* BLOCKED"],
    [
      "CRITICAL",
      2,
      probe(2),
      "Release BLOCKED (CRITICAL): system or dependency unhealthy",
      "*Severity:* CRITICAL",
    ],
    [
      "unknown",
      2,
      probe(3),
      "Release BLOCKED (CRITICAL): system or dependency unhealthy",
      "*Severity:* CRITICAL",
    ],
  ] as const)(
    "%s: exit %i, nothing is read or changed, one alert, whatever is allowed",
    async (word, code, rules, says, severity) => {
      const world = await releaseWorld({ policy: rules });
      if (word === "BLOCKED") world.repo.write("new.txt", "x");
      await unchanged(world, async () => {
        const ran = await world.release(["--allow-warnings"]);
        expectEnd(ran, code, says);
        // It is said once, and by the gate.
        expect(ran.stderr.split("Release BLOCKED").length - 1).toBe(1);
      });
      expect(world.github.requests).toEqual([]);
      expect(alerts(world)).toHaveLength(1);
      expect(alerts(world)[0]).toContain(severity);
      expect(alerts(world)[0]).toContain(says);
    },
  );

  it("but is opened by break-glass, where this environment's policy names the check", async () => {
    const glass = `${probe(2)}environments:\n  prod: {breakGlass: [probe]}\n  stage: {}\n`;
    const world = await releaseWorld({ policy: glass });
    const broken = ["--break-glass", "--reason", "OPS-1: it's the fix"];
    await unchanged(world, async () => {
      expectEnd(await world.release(), 2);
      const stage = ["release", "--env", "stage", "--version", version, ...broken];
      expectEnd(await world.run(stage), 2);
      expectEnd(await world.release(["--break-glass"]), 1, "--break-glass needs --reason");
    });
    world.fault = ({ operation }) => (operation === "repos/create-release" ? { status: 403 } : undefined);
    const resume = `--break-glass --reason 'OPS-1: it'\\''s the fix'`;
    expectEnd(await world.release(broken), 2, "STALLED at github.draft", resume, "opened by break-glass");
    world.fault = undefined;
    expectEnd(await world.release(broken), 0, done);
    expectReleased(world);
  });
});

describe("alerts", () => {
  it("come from a release that is stalled, with why", async () => {
    const world = await releaseWorld();
    world.fault = ({ operation }) => (operation === "repos/update-release" ? { status: 403 } : undefined);
    expectEnd(await world.release(), 2);
    expect(alerts(world)).toHaveLength(1);
    expect(alerts(world)[0]).toContain("*Severity:* CRITICAL");
    expect(alerts(world)[0]).toContain(`Release ${version} STALLED at github.publish`);
  });

  it("come from a plan that does not hold in the world, and from a release that cannot be made", async () => {
    const world = await releaseWorld();
    world.github.state.seed({ tag: version, draft: true, author: "colleague" });
    expectEnd(await world.release(), 1, "by colleague");
    const other = await releaseWorld({ settings: "release: {assets: [nothing/*]}\n" });
    expectEnd(await other.release(), 1, "no file for the asset nothing/*");
    for (const { length } of [alerts(world), alerts(other)]) expect(length).toBe(1);
  });

  it("do not come from dry runs, wrong flags, or what is done", async () => {
    const world = await releaseWorld();
    world.github.state.seed({ tag: version, draft: true, author: "colleague" });
    expectEnd(await world.release(["--dry-run"]), 1, "by colleague");
    expectEnd(await world.run(["release", "plan", "--env", "prod", "--version", version, "-o", "-"]), 1);
    for (const args of [
      ["--no-such-flag"],
      ["--plan", "nowhere.json"],
      ["--timeout", "soon"],
      ["--config", "none.yaml"],
    ]) {
      expectEnd(await world.release(args), 1);
    }
    expectEnd(await world.run(["release", "--env", "prod"]), 1, "--version (or VERSION) missing");
    world.github.state.releases.length = 0;
    expectEnd(await world.release(), 0, done);
    expectEnd(await world.release(), 0);
    expect(alerts(world)).toEqual([]);
  });

  it("that do not arrive change nothing", async () => {
    const world = await releaseWorld();
    world.env["RS_ALERT_WEBHOOK"] = "http://127.0.0.1:1/hook";
    world.fault = ({ operation }) => (operation === "repos/create-release" ? { status: 403 } : undefined);
    expectEnd(await world.release(), 2, "Failed to send alert");
  });

  it("do not come from an interrupt", async () => {
    const world = await releaseWorld();
    let interrupt = () => {};
    world.fault = ({ operation }) => {
      if (operation === "repos/create-release") interrupt();
      return operation === "repos/create-release" ? "hang" : undefined;
    };
    const ran = await world.release([], { during: (child) => void (interrupt = () => child.kill("SIGINT")) });
    expectEnd(ran, 130);
    expect(ran.all).not.toContain("alert");
    expect(alerts(world)).toEqual([]);
  });
});

it("versions that can be no tag are a mistake, whatever the policy says", async () => {
  const world = await releaseWorld({ policy: "checks:\n  git.repository: true\n" });
  await unchanged(world, async () => {
    for (const odd of [
      "v1 0",
      "v1..0",
      "-d",
      "v1.0.0\n",
      "v1~1",
      "a:b",
      "",
      "HEAD",
      "v1.lock",
      "v1/",
      "@{1}",
    ]) {
      const ran = await world.run(["release", "--env", "prod", `--version=${odd}`]);
      expectEnd(ran, 1);
    }
  });
});
