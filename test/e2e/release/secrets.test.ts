import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Ran } from "../../support/cli.ts";
import { basicAuth, gitHttpServer } from "../../support/git-server.ts";
import { testToken } from "../../support/github.ts";
import { tempFolder } from "../../support/temp.ts";
import { expectEnd, expectReleased, type ReleaseWorld, releaseWorld, sha256, version } from "./world.ts";

const secret = testToken("npm");

interface Places {
  readonly ci: Readonly<Record<string, string>>;
  readonly reports: readonly string[];
  readonly folder: string;
}

/** Files that a run is asked to write, each in its format. */
function places(): Places {
  const folder = tempFolder();
  const ci = {
    GITHUB_ACTIONS: "true",
    GITHUB_REF: "refs/heads/main",
    GITHUB_REF_NAME: "main",
    GITHUB_EVENT_NAME: "push",
    GITHUB_RUN_ID: "42",
    GITHUB_SERVER_URL: "https://github.example",
    GITHUB_OUTPUT: join(folder, "output"),
    GITHUB_STEP_SUMMARY: join(folder, "summary"),
  };
  const formats = ["json", "junit", "markdown", "sarif", "text"];
  return {
    ci,
    folder,
    reports: formats.flatMap((format) => ["--report", `${format}=${join(folder, format)}`]),
  };
}

function forms(value: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.from("ab").subarray(0, shift), Buffer.from(value)]).toString(
      "base64",
    );
    return whole.replace(/=+$/, "").slice(shift === 0 ? 0 : shift + 1, -2);
  });
  return [value, encodeURIComponent(value), Buffer.from(value).toString("hex"), ...base64];
}

/** Everything that people, or other programs, get to see. */
function expectHidden(
  world: ReleaseWorld,
  rans: readonly Ran[],
  { folder }: Places,
  ...values: string[]
): void {
  const { repo, github, webhook, remote } = world;
  const texts: Record<string, string> = {
    // The runner takes these lines out of the log: they are how it learns what to mask.
    outputs: rans.map(({ all }) => all.replace(/^::add-mask::.*$/gm, "")).join("\n"),
    alerts: webhook.received.map(({ body }) => body).join("\n"),
    releases: JSON.stringify(github.state.releases),
    tags: remote("for-each-ref", "--format=%(refname) %(contents)", "refs/tags"),
    "tags here": repo.git("for-each-ref", "--format=%(refname) %(contents)", "refs/tags"),
  };
  const ledger = join(repo.path, ".release-sentinel/ledger.jsonl");
  texts["ledger"] = readFileSync(ledger, "utf8");
  for (const name of readdirSync(folder)) texts[name] = readFileSync(join(folder, name), "utf8");
  for (const [where, text] of Object.entries(texts)) {
    for (const form of values.flatMap(forms)) {
      expect(text.includes(form), `${where} holds ${form}:\n${text}`).toBe(false);
    }
  }
}

/** A dry run, a saved plan and a release, with everything written that can be. */
async function all(world: ReleaseWorld, where: Places): Promise<Ran[]> {
  const plan = [
    "release",
    "plan",
    "--env",
    "prod",
    "--version",
    version,
    "-o",
    join(where.folder, "plan.json"),
  ];
  const options = { env: where.ci };
  return [
    await world.release(["--dry-run", "--json", "--verbose", ...where.reports], options),
    await world.run(plan, options),
    await world.run(["release", "plan", "--env", "prod", "--version", version, "-o", "-"], options),
    await world.release(["--verbose", "--json", ...where.reports], options),
    await world.release(["--log-format", "json", ...where.reports], options),
  ];
}

function hook(repository: string, name: string, script: string): void {
  writeFileSync(join(repository, "hooks", name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(repository, "hooks", name), 0o755);
}

describe("no secret is shown", () => {
  it("that is part of the remote's URL", async () => {
    const world = await releaseWorld();
    const server = await gitHttpServer(world.repo.origin, basicAuth(`releaser:${secret}`));
    world.repo.git("remote", "set-url", "origin", server.url.replace("://", `://releaser:${secret}@`));
    const where = places();
    const rans = await all(world, where);
    expectEnd(rans.at(-1) as Ran, 0, "already complete: nothing to do");
    expectReleased(world);
    const plan = readFileSync(join(where.folder, "plan.json"), "utf8");
    expect(JSON.parse(plan)).toMatchObject({ remote: { url: server.url } });
    expectHidden(world, rans, where, secret, testToken());
  });

  it("that is part of the remote's URL, where the remote does not take it", async () => {
    const world = await releaseWorld();
    const server = await gitHttpServer(world.repo.origin, basicAuth(`releaser:${testToken("other")}`));
    world.repo.git("remote", "set-url", "origin", server.url.replace("://", `://releaser:${secret}@`));
    const where = places();
    const rans = await all(world, where);
    expect(rans.map(({ code }) => code)).not.toContain(0);
    expectHidden(world, rans, where, secret, testToken());
  });

  it("that a pre-push hook, or the remote's own, prints", async () => {
    const world = await releaseWorld();
    world.env["NPM_TOKEN"] = secret;
    const where = places();
    const print = `echo "see $NPM_TOKEN and $GITHUB_TOKEN"; printf %s "$NPM_TOKEN" | base64 -w0 >&2; echo >&2; exit 1`;
    hook(join(world.repo.path, ".git"), "pre-push", print);
    const pushed = await all(world, where);
    expectEnd(pushed.at(-1) as Ran, 2, "the pre-push hook declined");
    hook(join(world.repo.path, ".git"), "pre-push", "exit 0");
    hook(world.repo.origin, "pre-receive", `echo "see ${secret}" >&2; exit 1`);
    const received = await all(world, where);
    expectEnd(received.at(-1) as Ran, 2, "origin itself declined");
    expectHidden(world, [...pushed, ...received], where, secret, testToken());
  });

  it.each(["repos/list-releases", "repos/create-release", "repos/upload-release-asset"])(
    "that GitHub's answer to %s repeats",
    async (operation) => {
      const world = await releaseWorld();
      world.env["NPM_TOKEN"] = secret;
      const message = `Bad: ${testToken()} ${secret} ${Buffer.from(secret).toString("base64")}`;
      world.fault = (request) =>
        request.operation === operation ? { status: 403, body: { message, errors: [message] } } : undefined;
      const where = places();
      const rans = await all(world, where);
      expectEnd(rans.at(-1) as Ran, operation === "repos/list-releases" ? 1 : 2, "Bad: ***");
      expectHidden(world, rans, where, secret, testToken());
    },
  );

  it("that a commit message holds: not in the plan, the tag, the notes or the release either", async () => {
    const world = await releaseWorld();
    world.env["NPM_TOKEN"] = secret;
    world.repo.git("tag", "-a", "-m", "before", "v0.9.0");
    world.repo.git("push", "-q", "origin", "v0.9.0");
    world.repo.commit(
      `fix: use ${secret}\n\nBREAKING CHANGE: ${Buffer.from(secret).toString("base64")} is gone`,
    );
    world.repo.git("push", "-q", "origin", "main");
    const where = places();
    const rans = await all(world, where);
    expectEnd(rans.at(-1) as Ran, 0, "nothing to do");
    const release = world.github.state.releases[0];
    expect(release?.body).toContain("use \\*\\*\\*");
    const plan = JSON.parse(readFileSync(join(where.folder, "plan.json"), "utf8")) as { notes: string };
    const notes = release?.assets.find(({ name }) => name === "RELEASE_NOTES.md");
    expect(notes?.sha256).toBe(sha256(plan.notes));
    expectHidden(world, rans, where, secret, testToken());
  });

  it("that the name of an asset holds: only GitHub knows it", async () => {
    const world = await releaseWorld();
    world.env["NPM_TOKEN"] = secret;
    world.repo.write(`dist/app-${secret}.tgz`, "program");
    const where = places();
    const rans = await all(world, where);
    expectEnd(rans.at(-1) as Ran, 0, "nothing to do");
    const [release] = world.github.state.releases;
    expect(release?.assets.map(({ name }) => name)).toContain(`app-${secret}.tgz`);
    world.github.state.releases.forEach(({ assets }) => void (assets.length = 0));
    expectHidden(world, rans, where, secret, testToken());
  });

  it("that the name of a CI actor, or of a run, holds: not in the tag either", async () => {
    const world = await releaseWorld();
    world.env["NPM_TOKEN"] = secret;
    for (const name of ["GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]) delete world.env[name];
    const where = places();
    const ci = {
      ...where.ci,
      GITHUB_ACTOR: `bot-${secret}`,
      GITHUB_SERVER_URL: `https://github.example/${secret}`,
    };
    const rans = await all(world, { ...where, ci });
    expectEnd(rans.at(-1) as Ran, 0, "nothing to do");
    const tag = world.remote("cat-file", "tag", version);
    for (const form of forms(secret)) expect(tag).not.toContain(form);
    expectHidden(world, rans, where, secret, testToken());
  });
});
