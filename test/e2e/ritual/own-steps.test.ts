import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clone, expectEnd, folderOf, kinds, outcomeOf, ritualWorld, tag, toldBy } from "./world.ts";

const page = `
import { defineStep } from "release-sentinel";
export default defineStep({
  name: "status-page",
  title: "Tell the status page",
  schema: (z) => z.strictObject({ url: z.string() }),
  secrets: () => ["STATUS_TOKEN"],
  skip: ({ readers }) => readers.env.secret("STATUS_TOKEN") === undefined ? "no STATUS_TOKEN" : null,
  async observe({ folder }) {
    return folder.read("status-page.json") ? { state: "done", message: "it was told" } : { state: "needed", message: "it will be told" };
  },
  async preview({ release, options }) {
    return [{ to: "POST " + options.url, type: "text/plain", body: release.tag }];
  },
  async run({ release, folder, http, options, readers }, signal) {
    const headers = { Authorization: "Bearer " + readers.env.secret("STATUS_TOKEN") };
    const answer = await http.send({ url: options.url, method: "POST", headers, body: release.tag, signal });
    folder.write("status-page.json", JSON.stringify({ status: answer.status, said: readers.env.secret("STATUS_TOKEN") }));
    return { message: "told: " + answer.status, warnings: ["it was slow"], excerpt: "token " + readers.env.secret("STATUS_TOKEN") };
  },
});
`;

async function pageWorld(where = "") {
  const world = await ritualWorld({ told: false, files: { "steps/page.mjs": page, "policy.yaml": "" } });
  world.repo.write(
    "release-sentinel.yaml",
    `extends: default\nritual:\n  steps:\n    - uses: ./steps/page.mjs${where}\n      options: {url: "${world.slack.url}/status"}\n`,
  );
  const env = { STATUS_TOKEN: ["very", "secret", "token"].join("-") };
  return { world, env };
}

describe("a step of a project's own", () => {
  it("is a part of the ritual, with its report in the log and its secret nowhere", async () => {
    const { world, env } = await pageWorld("\n      after: archive");
    const ran = await world.ritual(["--json"], { env });
    expectEnd(ran, 0, "status-page: it was slow");
    expect(world.slack.received).toMatchObject([{ path: "/status", body: tag }]);
    const { steps } = outcomeOf(ran);
    expect(steps.map(({ name }) => name).slice(5)).toEqual([
      "archive",
      "status-page",
      "broadcast",
      "complete",
    ]);
    const folder = folderOf(world.repo.path);
    const kept =
      readFileSync(join(folder, `VERIFICATION-${tag}.md`), "utf8") +
      readFileSync(join(folder, "later", "status-page.json"), "utf8");
    expect(kept).toContain("token ***");
    expect(kept + ran.all).not.toContain(env.STATUS_TOKEN);
    expectEnd(await world.ritual([], { env }), 0, "is already complete");
    expect(world.slack.received).toHaveLength(1);
  });

  it("writes JSON that stays JSON, though a secret of digits is a number in it", async () => {
    const { world } = await pageWorld();
    expectEnd(await world.ritual([], { env: { STATUS_TOKEN: "200" } }), 0);
    const kept = readFileSync(join(folderOf(world.repo.path), "status-page.json"), "utf8");
    expect(JSON.parse(kept)).toEqual({ status: 200, said: "***" });
  });

  it("is put where it is wanted, previewed, asked for by name, and skipped with its reason", async () => {
    const { world, env } = await pageWorld("\n      before: changelog\n      name: page");
    const dry = outcomeOf(await world.ritual(["--json", "--dry-run"], { env }));
    expect(dry.steps[1]?.name).toBe("page");
    expect(dry.payloads[0]).toEqual({
      step: "page",
      to: `POST ${world.slack.url}/status`,
      type: "text/plain",
      body: tag,
    });
    expectEnd(
      await world.ritual(["--only", "page"], { env }),
      0,
      `Ritual of ${tag}: page done as asked; left to do: changelog`,
    );
    const report = join(world.store, "ritual.json");
    expectEnd(
      await world.ritual(["--dry-run", "--report", `json=${report}`]),
      0,
      "page: skipped: no STATUS_TOKEN",
    );
    expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({ outcome: "planned", tag });
    // What it skips itself without is not asked for.
    expectEnd(await world.run(["ritual", "secrets"]), 0, "STATUS_TOKEN");
  });

  it("that cannot be used is named with its place, and nothing begins", async () => {
    const world = await ritualWorld({
      told: false,
      files: { "bad.mjs": "export default { name: 'bad' };\n" },
    });
    const wrong: readonly (readonly [string, string])[] = [
      ["{uses: ./nowhere.mjs}", "release-sentinel.yaml:3:18: there is no plugin ./nowhere.mjs"],
      ["{uses: ./bad.mjs}", 'its export "default" is no step: use defineStep'],
    ];
    for (const [step, says] of wrong) {
      world.repo.write("release-sentinel.yaml", `extends: default\nritual:\n  steps: [${step}]\n`);
      expectEnd(await world.ritual(), 1, says);
      expectEnd(await world.run(["config", "validate"]), 1, says);
    }
    const { world: other } = await pageWorld("\n      after: complete");
    expectEnd(await other.ritual(), 1, "nothing can be after complete");
    expectEnd(await other.run(["config", "validate"]), 1, "nothing can be after complete");
    const { world: third } = await pageWorld();
    third.repo.write(
      "release-sentinel.yaml",
      "extends: default\nritual:\n  steps: [{uses: ./steps/page.mjs, options: {ulr: x}}]\n",
    );
    expectEnd(await third.ritual(), 1, "options.url: is missing");
    third.repo.write(
      "release-sentinel.yaml",
      "extends: default\nenvironments:\n  prod: {ritual: {steps: [{uses: ./nowhere.mjs}]}}\n",
    );
    expectEnd(await third.run(["config", "validate"]), 1, "there is no plugin ./nowhere.mjs");
  });

  it.each([
    ["a promise that it does not wait for", "Promise.reject(new Error('the page is gone'));"],
    ["a timer", "setTimeout(() => { throw new Error('the page is gone'); }, 0);"],
  ])(
    "ends the ritual by an error in %s: the lease is let go, and one line says where it was",
    async (_, line) => {
      const stray = `
      import { defineStep } from "release-sentinel";
      export default defineStep({
        name: "stray",
        title: "Go astray",
        observe: async () => ({ state: "needed", message: "will go astray" }),
        async run(_, signal) {
          ${line}
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          return { message: "never mind" };
        },
      });`;
      const world = await ritualWorld({
        settings: "  steps: [{uses: ./steps/stray.mjs}]\n",
        files: { "steps/stray.mjs": stray },
      });
      const ran = await world.ritual(["--resend", "SLACK_WEBHOOK_URL"]);
      // What was said of a channel that has not had its turn is said again.
      const finish = `To finish it: release-sentinel ritual --tag ${tag} --resend SLACK_WEBHOOK_URL\n`;
      expectEnd(ran, 2, `Ritual of ${tag} HALTED at stray: `, finish);
      const lines = ran.stderr.split("\n").filter((text) => text.startsWith("release-sentinel: "));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(
        /^release-sentinel: an error that nothing waited for ended the run: the page is gone \(\S+\/steps\/stray\.mjs:8\) → /,
      );
      expect(ran.stderr).not.toMatch(/^\s+at |UnhandledPromise/m);
      expect(kinds(world).at(-1)).toBe("released");
      // The alert, and nobody else was told.
      expect(toldBy(world)).toEqual([]);
      expect(world.slack.received.map(({ body }) => body).join()).toContain("HALTED at stray");
      expect((await world.ritual(["--dry-run"], { cwd: clone(world) })).all).not.toContain("another ritual");
    },
  );
});
