import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { server } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";
import { deployWorld, expectEnd } from "./world.ts";

describe("a deploy by the command line", () => {
  it("whose gate's report cannot be written is made, and the loss is said", async () => {
    const world = await deployWorld();
    const words = ["apply", "--env", "prod", "--version", "v1.0.0", "--report", "junit=/nowhere/a.xml"];
    expectEnd(await world.run(words), 2, "cannot write the report /nowhere/a.xml", "Deployed v1.0.0 to prod");
  });

  it("from the first one to a roll back: each says what is there, and all is in the ledger", async () => {
    const world = await deployWorld();
    expectEnd(
      await world.apply("v1.0.0"),
      0,
      "Plan: create app",
      "Deployed v1.0.0 to prod: app 1 of 1 ready",
    );
    expectEnd(await world.apply("v1.0.0"), 0, "v1.0.0 is already on prod, healthy");
    expectEnd(
      await world.apply("v1.1.0"),
      0,
      "-image: app:v1.0.0",
      "+image: app:v1.1.0",
      "Deployed v1.1.0 to prod",
    );
    expect(world.webhook.received).toEqual([]);
    expectEnd(await world.apply("broken"), 2, "Deploy FAILED, rolled back to v1.1.0: it says: broken");
    expect(world.now()).toBe("v1.1.0");
    expect(world.webhook.received).toHaveLength(1);
    expect(world.webhook.received[0]?.body).toContain("*Severity:* CRITICAL");
    expectEnd(await world.apply("broken"), 1, "Deploy BLOCKED: app:broken", "was rejected here", "--reason");
    expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0");
    expect(world.now()).toBe("v1.0.0");
    expectEnd(
      await world.run(["rollback", "--env", "prod"]),
      1,
      "there is no earlier release that was good here",
      "--to v1.1.0",
    );
    expect(world.ledger()).toEqual([
      ...[
        "verdict",
        "apply deployed",
        "verdict",
        "verdict",
        "apply deployed",
        "verdict",
        "apply rolled-back",
      ],
      ...["verdict", "apply blocked", "rollback returned", "rollback blocked"],
    ]);
  });

  it.each(["context", "namespace"])("to another %s than the environment's own is refused", async (where) => {
    const world = await deployWorld({ deploy: { [where]: "shop-prod" } });
    expectEnd(
      await world.apply("v1.0.0", [`--${where}`, "shop-stage"]),
      1,
      `--${where} shop-stage is not where prod is: the configuration says ${where} shop-prod`,
    );
    expect(world.now()).toBeNull();
    expectEnd(await world.apply("v1.0.0", [`--${where}`, "shop-prod"]), 0, "Deployed v1.0.0 to prod");
  });

  it("never shows the password of a URL that is named, though the command that goes on holds it", async () => {
    const world = await deployWorld({
      checks: { "git.repository": true, "git.clean": { severity: "warn" } },
    });
    writeFileSync(join(world.repo.path, "left-over"), "");
    const password = ["url", "7d21", "password"].join("-");
    const url = `http://someone:${password}@127.0.0.1:9/health`;
    // Withheld before anything was asked.
    for (const more of [[], ["--json"]]) {
      const ran = await world.apply("v1.0.0", ["--service-url", url, ...more]);
      expectEnd(ran, 1, "--allow-warnings", "--service-url");
      expect(ran.all).not.toContain(password);
    }
    expect(world.webhook.received.map(({ body }) => body).join()).not.toContain(password);
  });

  it("as JSON says everything that programs need, on stdout and nothing else", async () => {
    const world = await deployWorld();
    await world.apply("v1.0.0");
    const ran = await world.apply("broken", ["--json"]);
    expectEnd(ran, 2);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      schema: "release-sentinel/deploy/v1",
      command: "apply",
      outcome: "rolled-back",
      exitCode: 2,
      environment: "prod",
      version: "broken",
      from: "v1.0.0",
      running: "v1.0.0",
      target: { name: "app" },
      changes: [{ subject: "app", action: "change" }],
      reasons: [{ message: "it says: broken" }],
      verdict: { verdict: "SAFE" },
    });
    expect(ran.stdout).not.toContain("+image");
  });

  it("as a dry run shows the plan and changes nothing, in the place or in the ledger", async () => {
    const world = await deployWorld();
    expectEnd(
      await world.apply("v1.0.0", ["--dry-run"]),
      0,
      "Deploy of v1.0.0 to prod is planned; nothing was changed",
    );
    expect(world.now()).toBeNull();
    expect(world.calls()).toEqual(["plan"]);
    expect(world.ledger()).toEqual([]);
  });

  it("is not begun where the gate is not passed", async () => {
    const world = await deployWorld({ checks: { "git.repository": true, "git.clean": true } });
    world.repo.write("stray.txt", "x");
    expectEnd(await world.apply("v1.0.0"), 1, "Git working tree is dirty");
    expect(() => world.calls()).toThrow();
    expect(world.webhook.received).toHaveLength(1);
  });

  it("is seen to answer, by the URL that is named, or it is taken back", async () => {
    const world = await deployWorld({ deploy: { verify: { for: "1s" } } });
    const service = await server((_request, response) => {
      response.writeHead(world.now() === "v1.1.0" ? 503 : 200).end();
    });
    const at = { env: { SERVICE_URL: service.url } };
    expectEnd(await world.apply("v1.0.0", [], at), 0, "answered 200");
    expectEnd(
      await world.apply("v1.1.0", [], at),
      2,
      "Deploy FAILED, rolled back to v1.0.0: ",
      "answered 503, for 1 s",
    );
    expect(world.now()).toBe("v1.0.0");
  });

  it("is seen to be the version that was meant", async () => {
    const service = await server((_request, response) => {
      response.writeHead(200).end(JSON.stringify({ build: { version: "1.0.0" } }));
    });
    const version = { url: `${service.url}/version`, field: "build.version" };
    const world = await deployWorld({ deploy: { verify: { version, for: "1s" } } });
    expectEnd(await world.apply("v1.0.0"), 0);
    expectEnd(await world.apply("v1.1.0"), 2, "says build.version is 1.0.0, not v1.1.0");
    expect(world.now()).toBe("v1.0.0");
  });

  it("pins an image by its digest, and by nothing else", async () => {
    const world = await deployWorld();
    await world.apply("v1.0.0");
    expectEnd(
      await world.run(["pin", "--env", "prod", "--image", "app:latest"]),
      1,
      "does not name one image for ever",
    );
    const image = `app@sha256:${"ab".repeat(32)}`;
    expectEnd(await world.run(["pin", "--env", "prod", "--image", image]), 0, `Pinned prod to ${image}`);
    expect(world.now()).toBe(image);
    expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0");
    expect(world.now()).toBe("v1.0.0");
  });

  it.each([
    [["apply", "--env", "prod"], "--version (or VERSION) missing"],
    [["apply", "--env", "nowhere", "--version", "v1.0.0"], "Invalid environment: nowhere"],
    [["apply", "--env", "prod", "--version", "v1.0.0", "--no-way-back"], "--no-way-back needs --reason"],
    [["apply", "--env", "prod", "--version", "v1.0.0", "--driver", "ftp"], "--driver"],
    [
      ["apply", "--env", "prod", "--version", "v1", "--verdict-key", "k"],
      "--verdict-key goes with --verdict",
    ],
    [["rollback"], "--env (or ENV) missing"],
    [["rollback", "--env", "nowhere"], "Invalid environment: nowhere"],
    [["pin", "--env", "prod"], "--image missing"],
  ])("%j is a mistake, and is said in one line", async (args, message) => {
    const world = await deployWorld({ checks: { "git.repository": true, "env.allowed": true } });
    expectEnd(await world.run(args), 1, message);
    expect(() => world.calls()).toThrow();
  });
});

describe("a signed verdict", () => {
  async function signed() {
    const world = await deployWorld({ deploy: { verdict: { signed: true, maxAge: "5min" } } });
    const [folder, file] = [tempFolder(), "verdict.json"];
    const keys = {
      secret: join(folder, "rs.key"),
      open: join(folder, "rs.pub"),
      verdict: join(folder, file),
    };
    const keygen = ["attest", "keygen", "--out-private", keys.secret, "--out-public", keys.open];
    expectEnd(await world.run(keygen), 0);
    const check = ["check", "--for", "deploy", "--env", "prod", "--version", "v1.0.0"];
    expectEnd(await world.run([...check, "--attest", keys.verdict, "--key", keys.secret]), 0);
    return { world, keys, bring: ["--verdict", keys.verdict, "--verdict-key", keys.open] };
  }

  it("stands for the gate, for the version and the environment that it is about", async () => {
    const { world, bring } = await signed();
    const ran = await world.apply("v1.0.0", bring);
    expectEnd(ran, 0, "The signed verdict is genuine", "Deployed v1.0.0 to prod");
    expect(ran.all).not.toContain("Starting release validation");
    expectEnd(await world.apply("v1.1.0", bring), 1, "the signed verdict is refused", "v1.0.0, not v1.1.0");
    expect(world.now()).toBe("v1.0.0");
  });

  it("is demanded where the configuration says so, and must be by the key that was named", async () => {
    const { world, keys, bring } = await signed();
    expectEnd(await world.apply("v1.0.0"), 1, "a deploy to prod needs a signed verdict");
    expectEnd(
      await world.apply("v1.0.0", bring.slice(0, 2)),
      1,
      "there is no key to verify the verdict with",
    );
    const other = ["--out-private", `${keys.secret}2`, "--out-public", `${keys.open}2`];
    expectEnd(await world.run(["attest", "keygen", ...other]), 0);
    const by = ["--verdict", keys.verdict, "--verdict-key", `${keys.open}2`];
    expectEnd(await world.apply("v1.0.0", by), 1, "the signed verdict is refused");
    expect(() => world.calls()).toThrow();
  });

  it("is about one commit, and not about what was changed since", async () => {
    const { world, bring } = await signed();
    world.repo.write("stray.yaml", "x");
    expectEnd(await world.apply("v1.0.0", bring), 1, "says nothing about: stray.yaml");
    expect(() => world.calls()).toThrow();
    world.repo.commit("feat: more");
    expectEnd(await world.apply("v1.0.0", bring), 1, "the signed verdict is refused", "not about");
  });
});
