import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { VerificationLog } from "../../../src/ritual/verification.ts";
import { gitHttpServer } from "../../support/git-server.ts";
import { tempFolder } from "../../support/temp.ts";
import {
  clone,
  expectEnd,
  folderOf,
  isThere,
  kinds,
  logOf,
  marks,
  marksRef,
  outcomeOf,
  ritualWorld,
  tag,
  toldBy,
} from "./world.ts";

const done = `Ritual of ${tag} completed`;
const nothing = `Ritual of ${tag} is already complete: nothing to do`;

describe("a ritual", () => {
  it("does everything once; run again there is nothing to do, here and on a fresh machine", async () => {
    const world = await ritualWorld();
    const first = await world.ritual();
    expectEnd(first, 0, done);
    expect(toldBy(world)).toHaveLength(1);
    expect(isThere(join(world.store, `release-${tag}.tar.gz`))).toBe(true);
    expect(readFileSync(join(world.store, `VERIFICATION-${tag}.md`), "utf8")).toContain(
      "| Result | completed |",
    );
    expect(logOf(world.repo.path).result).toBe("completed");
    expect(world.repo.git("status", "--porcelain")).toBe("");
    const marked = kinds(world);
    expect(marked[0]).toBe("lease");
    expect(marked).toContain("complete");
    expect(marked.at(-1)).toBe("released");

    expectEnd(await world.ritual(), 0, nothing);
    const elsewhere = clone(world);
    expectEnd(await world.ritual([], { cwd: elsewhere }), 0, nothing);
    expect(isThere(join(folderOf(elsewhere), `CHANGELOG-${tag}.md`))).toBe(true);
    expect(kinds(world)).toEqual(marked);
    expect(toldBy(world)).toHaveLength(1);
  });

  it("answers JSON, and nothing else on stdout", async () => {
    const world = await ritualWorld();
    const ran = await world.ritual(["--json"]);
    expectEnd(ran, 0);
    const outcome = outcomeOf(ran);
    expect(outcome).toMatchObject({
      schema: "release-sentinel/ritual/v1",
      outcome: "completed",
      exitCode: 0,
      message: done,
      tag,
      rehearsal: false,
      commit: world.commit,
      leftToDo: [],
    });
    expect(outcome.steps.map(({ name }) => name)).toEqual([
      "integrity",
      "changelog",
      "metrics",
      "probe",
      "snapshot",
      "archive",
      "broadcast",
      "complete",
    ]);
    expect(outcome.steps.find(({ name }) => name === "probe")?.outcome).toBe("skipped");
  });

  it("that is complete says of a store that came later how it gets the archive, and gives it the same one", async () => {
    const world = await ritualWorld();
    expectEnd(await world.ritual(), 0, done);
    const later = join(tempFolder(), "later");
    const stores = [world.store, later].map((folder) => `{folder: ${JSON.stringify(folder)}}`).join(", ");
    world.repo.write(
      "release-sentinel.yaml",
      `extends: default\nritual:\n  archive: {stores: [${stores}]}\n  metrics: {labels: {team: shop}}\n`,
    );
    const again = await world.ritual();
    expectEnd(again, 0, nothing, `will be stored in folder ${later} (for that: --only archive)`);
    expect(isThere(later)).toBe(false);
    // What is changed afterwards changes no archive that somebody has.
    writeFileSync(join(folderOf(world.repo.path), "metrics.json"), "{}");
    expectEnd(await world.ritual(["--only", "archive"]), 0, done);
    const archive = (folder: string) => readFileSync(join(folder, `release-${tag}.tar.gz`));
    expect(archive(later).equals(archive(world.store))).toBe(true);
  });

  it("that is complete has another log of what is done afterwards, by environment, and its own stays as it was", async () => {
    const world = await ritualWorld({
      told: false,
      handler: ({ path }, response) =>
        void response.writeHead(path.includes("/gone") ? 404 : 200).end(path.includes("/gone") ? "" : "ok"),
    });
    const read = (cwd: string, name: string) => readFileSync(join(folderOf(cwd), name), "utf8");
    expectEnd(await world.ritual(["--env", "stage"]), 0, done);
    const log = `VERIFICATION-${tag}.json`;
    const own = read(world.repo.path, log);

    const env = { SLACK_WEBHOOK_URL: `${world.slack.url}/services/x` };
    expectEnd(await world.ritual(["--env", "prod"], { env }), 0, done);
    expectEnd(await world.ritual(["--env", "prod", "--only", "metrics"], { env }), 0, done);
    const later = JSON.parse(read(world.repo.path, `later/VERIFICATION-${tag}-prod.json`)) as VerificationLog;
    expect(later).toMatchObject({ environment: "prod", result: "completed", commit: world.commit });
    const outcomes = new Map(later.steps.map(({ name, outcome }) => [name, outcome]));
    expect([outcomes.get("broadcast"), outcomes.get("metrics")]).toEqual(["did", "did"]);
    expect(read(world.repo.path, `later/VERIFICATION-${tag}-prod.md`)).toContain("| Environment | prod |");

    // A fresh machine, which has no log of the ritual itself.
    const elsewhere = clone(world);
    const other = { RS_DISCORD_WEBHOOK: `${world.slack.url}/api/webhooks/1/gone` };
    const ended = await world.ritual(["--env", "dev"], { cwd: elsewhere, env: other });
    expectEnd(ended, 2, `Ritual of ${tag} HALTED at broadcast`);
    const halted = JSON.parse(read(elsewhere, `later/VERIFICATION-${tag}-dev.json`)) as VerificationLog;
    expect(halted).toMatchObject({ environment: "dev", result: "halted at broadcast" });
    expect(isThere(join(folderOf(elsewhere), log))).toBe(false);
    expect([read(world.repo.path, log), readFileSync(join(world.store, log), "utf8")]).toEqual([own, own]);
  });

  it("names the commit in every mark, and nothing of the machine", async () => {
    const world = await ritualWorld();
    expectEnd(await world.ritual(), 0, done);
    const text = world.repo.git("ls-remote", "origin", marksRef()).split("\t")[0] ?? "";
    world.repo.git("fetch", "-q", "origin", text);
    const all = world.repo.git("log", "--format=%B", text);
    expect(all).not.toContain(hostname());
    const sent = marks(world).filter(({ kind }) => kind === "sent");
    expect(sent).toMatchObject([{ commit: world.commit }]);
  });

  it("is in the ledger", async () => {
    const world = await ritualWorld();
    expectEnd(await world.ritual(), 0);
    const shown = await world.run(["ledger", "show", "--json"]);
    expect(shown.stdout).toContain('"kind": "ritual"');
    expect(shown.stdout).toContain(done);
  });

  it("works where nothing is configured and nothing is set", async () => {
    const world = await ritualWorld({ told: false });
    rmSync(join(world.repo.path, "release-sentinel.yaml"));
    expectEnd(await world.ritual(), 0, done);
    expect(kinds(world)).toContain("complete");
  });

  it("of a repository that is cloned for it leaves the release's folder with the caller", async () => {
    const world = await ritualWorld();
    const cwd = join(world.store, "..");
    const folder = join(world.store, "folders");
    const env = { RS_LEDGER: "off" };
    const ran = await world.ritual(["--repo", `file://${world.repo.origin}`, "--folder", folder], {
      cwd,
      env,
    });
    expectEnd(ran, 0, done);
    expect(isThere(join(folder, `release-${tag}`, `CHANGELOG-${tag}.md`))).toBe(true);
  });
});

it("of two repositories that have one tag, cloned from one place, has a folder for each", async () => {
  const cwd = tempFolder("rs-here-");
  for (const name of ["shop", "cellar"]) {
    const world = await ritualWorld({ told: false });
    const { origin } = await gitHttpServer(world.repo.origin);
    const asked = ["--repo", `${origin}/${name}.git`];
    expectEnd(await world.ritual(asked, { cwd, env: { RS_LEDGER: "off" } }), 0, done);
  }
  const releases = join(cwd, ".release-sentinel/releases");
  const found = readdirSync(releases, { recursive: true, encoding: "utf8" });
  const log = `release-${tag}/VERIFICATION-${tag}.md`;
  expect(found).toEqual(expect.arrayContaining([`127.0.0.1/shop/${log}`, `127.0.0.1/cellar/${log}`]));
});

describe("a rehearsal", () => {
  it("goes through all of it, says so everywhere, and leaves the release's own ritual undone", async () => {
    const world = await ritualWorld();
    world.repo.git("tag", "-a", "-m", "Rehearsal", `${tag}-test`);
    world.repo.git("push", "-q", "origin", `${tag}-test`);
    const ran = await world.run(["ritual", "--tag", `${tag}-test`, "--rehearsal"]);
    expectEnd(ran, 0, `Rehearsal of ${tag}-test completed: nothing final was published`);
    for (const body of toldBy(world)) expect(body).toMatch(/rehearsal/i);
    const log = readFileSync(
      join(folderOf(world.repo.path, `${tag}-test`), `VERIFICATION-${tag}-test.md`),
      "utf8",
    );
    expect(log).toMatch(/^# REHEARSAL: /);
    expect(kinds(world)).toEqual([]);
    expectEnd(await world.ritual(), 0, done);
  });

  it("is what such a tag needs", async () => {
    const world = await ritualWorld();
    world.repo.git("tag", "-a", "-m", "Rehearsal", `${tag}-test`);
    world.repo.git("push", "-q", "origin", `${tag}-test`);
    expectEnd(await world.run(["ritual", "--tag", `${tag}-test`]), 1, "Ritual BLOCKED");
    expect(isThere(folderOf(world.repo.path, `${tag}-test`))).toBe(false);
  });
});
