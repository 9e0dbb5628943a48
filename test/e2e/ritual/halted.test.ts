import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clone, expectEnd, kinds, logOf, outcomeOf, ritualWorld, tag, toldBy } from "./world.ts";

const done = `Ritual of ${tag} completed`;

describe("a ritual that fails", () => {
  it("says in one line where and what is left, keeps its log, and the command that it names finishes it", async () => {
    let status = 403;
    const world = await ritualWorld({
      handler: (_, response) => void response.writeHead(status).end("no_service"),
    });
    const halted = await world.ritual();
    expectEnd(halted, 2, `Ritual of ${tag} HALTED at broadcast: `, "left to do: broadcast, complete");
    expect(logOf(world.repo.path)).toMatchObject({ result: "halted at broadcast" });
    const resume = /To finish it: release-sentinel (.+)$/m.exec(halted.stderr)?.[1];
    expect(resume).toBe(`ritual --tag ${tag}`);
    status = 200;
    expectEnd(await world.run(resume?.split(" ") ?? []), 0, done);
    const { result, steps } = logOf(world.repo.path);
    expect(result).toBe("completed");
    expect(steps.find(({ name }) => name === "changelog")?.outcome).toBe("did");
  });

  it("tells the alert channels, once, and not when it is a dry run", async () => {
    const world = await ritualWorld({
      handler: (_, response) => void response.writeHead(403).end("no_service"),
    });
    const env = { RS_ALERT_WEBHOOK: `${world.slack.url}/alert` };
    expectEnd(await world.ritual([], { env }), 2);
    const alerts = () => world.slack.received.filter(({ path }) => path === "/alert");
    expect(alerts()).toHaveLength(1);
    expect(alerts()[0]?.body).toContain("HALTED at broadcast");
    await world.ritual(["--dry-run"], { env });
    expect(alerts()).toHaveLength(1);
  });

  it("is halted where the tag moves in the middle", async () => {
    const mover = `
      import { execFileSync } from "node:child_process";
      import { defineStep } from "release-sentinel";
      export default defineStep({
        name: "mover",
        title: "Move the tag",
        observe: async ({ folder }) => folder.read("moved.txt") ? { state: "done", message: "moved" } : { state: "needed", message: "will move it" },
        async run({ folder }) {
          execFileSync("git", ["push", "-q", "-f", "origin", "HEAD~1:refs/tags/${tag}"]);
          folder.write("moved.txt", "x");
          return { message: "moved" };
        },
      });`;
    const world = await ritualWorld({
      settings: "  steps: [{uses: ./mover.mjs, after: metrics}]\n",
      files: { "mover.mjs": mover },
    });
    const halted = await world.ritual();
    expectEnd(halted, 2, `HALTED at archive: Git tag ${tag}`, "left to do: archive, broadcast, complete");
    expect(toldBy(world)).toEqual([]);
    expectEnd(await world.ritual(), 1, "Ritual BLOCKED");
  });

  it("takes nothing over from the folder of another commit that had its tag", async () => {
    const world = await ritualWorld({ told: false });
    expectEnd(await world.ritual(["--only", "changelog"]), 0);
    world.repo.commit("feat: something else");
    world.repo.git("tag", "-f", "-a", "-m", "again", tag);
    world.repo.git("push", "-q", "-f", "origin", "main", tag);
    const says = [`is of another ${tag}: commit ${world.commit.slice(0, 12)}`, "--folder DIR"];
    expectEnd(await world.ritual(["--dry-run"]), 1, ...says);
    expectEnd(await world.ritual(), 1, ...says);
    expectEnd(await world.ritual(["--only", "changelog", "--folder", "elsewhere"]), 0);
  });

  it("is ended by an interrupt, lets its lease go, and goes on afterwards", async () => {
    let child: { kill(signal: NodeJS.Signals): void } | undefined;
    const world = await ritualWorld({
      handler: (_, response, n) => {
        if (n > 1) return void response.writeHead(200).end("ok");
        child?.kill("SIGTERM");
      },
    });
    const ended = await world.ritual([], { during: (started) => void (child = started) });
    expectEnd(ended, 143, "HALTED at broadcast");
    expect(kinds(world).at(-1)).toBe("released");
  });

  it("is ended by Ctrl-C although a step does not listen, and lets its lease go", async () => {
    const deaf = `
      import { defineStep } from "release-sentinel";
      export default defineStep({
        name: "deaf",
        title: "Hang",
        observe: async () => ({ state: "needed", message: "will hang" }),
        async run() {
          await fetch(process.env.HANGING_URL).catch(() => {});
          await new Promise((resolve) => setTimeout(resolve, 1e9));
          return { message: "never" };
        },
      });`;
    let child: { kill(signal: NodeJS.Signals): void } | undefined;
    const world = await ritualWorld({
      settings: "  steps: [{uses: ./deaf.mjs, before: archive}]\n",
      files: { "deaf.mjs": deaf },
      handler: (_, response) => {
        response.writeHead(200).end("ok");
        child?.kill("SIGINT");
      },
    });
    const ended = await world.ritual([], {
      env: { HANGING_URL: world.slack.url },
      during: (started) => void (child = started),
    });
    expectEnd(ended, 130, `Ritual of ${tag} HALTED at deaf: interrupted by SIGINT`, "To finish it: ");
    expect(kinds(world).at(-1)).toBe("released");
    expect(logOf(world.repo.path)).toMatchObject({ result: "halted at deaf" });
  });

  it("is ended by a step's time limit although that does not listen, and lets its lease go", async () => {
    const deaf = `
      import { defineStep } from "release-sentinel";
      export default defineStep({
        name: "deaf",
        title: "Hang",
        observe: async () => ({ state: "needed", message: "will hang" }),
        run: () => new Promise((resolve) => setTimeout(resolve, 1e9)),
      });`;
    const world = await ritualWorld({
      settings: "  steps: [{uses: ./deaf.mjs, before: archive, timeout: 100ms}]\n",
      files: { "deaf.mjs": deaf },
    });
    const message = "step deaf: its run did not end within 100 ms; it did not listen to its signal either";
    expectEnd(
      await world.ritual(),
      2,
      `Ritual of ${tag} HALTED at deaf: ${message}`,
      "give it a longer `timeout`",
    );
    expect(kinds(world).at(-1)).toBe("released");
    expect(logOf(world.repo.path)).toMatchObject({ result: "halted at deaf" });
  });
});

describe("two rituals at once", () => {
  it("are one: the other is refused, with who has it, and finds everything done afterwards", async () => {
    const world = await ritualWorld();
    const folders = [world.repo.path, clone(world)];
    const ran = await Promise.all(folders.map((cwd) => world.ritual(["--json"], { cwd })));
    const codes = ran.map(({ code }) => code).sort();
    const report = ran.map(({ all }) => all).join("\n");
    expect(codes[0], report).toBe(0);
    for (const one of ran) {
      if (one.code === 0) continue;
      expect(one.code, report).toBe(1);
      expect(outcomeOf(one).message).toContain(
        `another ritual of ${tag} runs: Test Author <author@example.com>`,
      );
    }
    expect(toldBy(world)).toHaveLength(1);
    for (const cwd of folders)
      expectEnd(await world.ritual([], { cwd }), 0, "is already complete: nothing to do");
  });
});

describe("what a ritual cannot be asked", () => {
  it.each<[string, readonly string[], string]>([
    ["no tag", ["ritual"], "--tag (or TAG, or VERSION) missing"],
    [
      "a step that there is not",
      ["ritual", "--tag", tag, "--only", "boardcast"],
      "there is no step boardcast → did you mean broadcast?",
    ],
    [
      "two steps to begin with",
      ["ritual", "--tag", tag, "--from", "archive", "--from", "probe"],
      "--from is given 2 times",
    ],
    [
      "a time without its offset to begin with",
      ["ritual", "--tag", tag, "--from", "2026-11-22T03:00"],
      "write it with an offset: 2026-11-22T03:00Z",
    ],
    [
      "a window that ends before it begins",
      ["ritual", "--tag", tag, "--from", "now-1h", "--to", "now-2h"],
      "is no window of time",
    ],
    [
      "a report that it has not",
      ["ritual", "--tag", tag, "--report", "junit=x.xml"],
      "no report in the format junit",
    ],
    [
      "a format that it has not",
      ["ritual", "--tag", tag, "--format", "markdown"],
      "no report in the format markdown",
    ],
    ["no step at all", ["ritual", "--tag", tag, "--only", ""], "It names no step."],
    ["a tag that is no release's", ["ritual", "--tag", "1.2.3"], "Ritual BLOCKED"],
    ["a tag that is nowhere", ["ritual", "--tag", "v9.9.9"], "Ritual BLOCKED"],
    [
      "an environment that there is not",
      ["ritual", "--tag", tag, "--env", "production"],
      "Invalid environment: production",
    ],
  ])("%s", async (_, args, says) => {
    const world = await ritualWorld();
    expectEnd(await world.run(args), 1, says);
    expect(kinds(world)).toEqual([]);
    expect(toldBy(world)).toEqual([]);
  });

  it("anything, while its configuration is wrong", async () => {
    const world = await ritualWorld();
    writeFileSync(
      join(world.repo.path, "release-sentinel.yaml"),
      "extends: default\nritual:\n  achive: {}\n",
    );
    expectEnd(
      await world.ritual(),
      1,
      'release-sentinel.yaml:3:3: unknown key "achive"',
      'did you mean "archive"?',
    );
  });

  it("where the remote gives no answer", async () => {
    const world = await ritualWorld();
    world.repo.git("remote", "set-url", "origin", join(world.store, "nowhere.git"));
    expectEnd(await world.ritual(), 2, "Ritual CRITICAL");
  });
});
