import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { discordServer, slackServer } from "../../../../support/chat.ts";
import { event, fileStore, writer } from "../../../../support/ledger.ts";
import { server } from "../../../../support/server.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { release } from "../../../ritual/archive/world.ts";
import { discordKey, failureOf, machine, never, slackKey } from "./broadcast-world.ts";

describe("the broadcast", () => {
  it("tells every channel once, and every machine knows it afterwards", async () => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    const env = { SLACK_WEBHOOK_URL: slack.url, DISCORD_WEBHOOK_URL: discord.url };
    const repository = tempFolder();
    const first = machine(env, {}, {}, repository);
    expect(await first.step.observe(first.context, never)).toMatchObject({ state: "needed" });
    const { message, warnings } = await first.step.run(first.context, never);
    expect(message).toBe("told SLACK_WEBHOOK_URL, DISCORD_WEBHOOK_URL");
    expect(warnings).toEqual([
      "the announcement does not say who answers for it: set ritual.broadcast.owner, ritual.broadcast.onCall",
    ]);
    const other = machine(env, {}, {}, repository);
    expect(await other.step.observe(other.context, never)).toMatchObject({ state: "done" });
    await other.step.run(other.context, never);
    expect([slack.messages.length, discord.messages.length]).toEqual([1, 1]);
    expect([...slack.violations, ...discord.violations]).toEqual([]);
    expect((await first.kinds()).toSorted()).toEqual([
      `claim ${discordKey}`,
      `claim ${slackKey}`,
      `sent ${discordKey}`,
      `sent ${slackKey}`,
    ]);
  });

  it("marks which commit it has told of, and does not let another one pass for it", async () => {
    const slack = await slackServer();
    const env = { SLACK_WEBHOOK_URL: slack.url };
    const repository = tempFolder();
    const first = machine(env, {}, {}, repository);
    await first.step.run(first.context, never);
    const marked = await first.marks.read(never);
    expect(marked.map(({ kind, commit }) => [kind, commit])).toEqual([
      ["claim", release.commit],
      ["sent", release.commit],
    ]);
    const commit = "f".repeat(40);
    const moved = machine(env, {}, { claimant: { by: "bob", run: "run-2", commit } }, repository);
    const context = { ...moved.context, release: { ...release, commit } };
    expect(await moved.step.observe(context, never)).toMatchObject({
      state: "conflict",
      message: expect.stringMatching(
        /^SLACK_WEBHOOK_URL was told of v1\.2\.3 at 20\S+ by ada, and it was commit 4b825dc642cb then; now it is ffffffffffff$/,
      ),
      remedy: expect.stringContaining("--resend SLACK_WEBHOOK_URL"),
    });
    const again = machine(
      env,
      {},
      { resend: ["slack"], claimant: { by: "bob", run: "run-2", commit } },
      repository,
    );
    expect(await again.step.observe(context, never)).toMatchObject({ state: "needed" });
  });

  it("believes a mark that an earlier version wrote, without a commit", async () => {
    const repository = tempFolder();
    const { step, context, marks } = machine(
      { SLACK_WEBHOOK_URL: "https://hooks.example/x" },
      {},
      {},
      repository,
    );
    const mark = { kind: "sent", key: slackKey, at: "2026-11-21T10:00:00Z", by: "bob", run: "old" } as const;
    await marks.append(mark, () => true, never);
    expect(await step.observe(context, never)).toMatchObject({ state: "done" });
  });

  it("keeps what it sent, without the address", async () => {
    const slack = await slackServer();
    const { step, context } = machine({ SLACK_WEBHOOK_URL: slack.url }, { owner: "Ada", onCall: "Bob" });
    const [shown] = await step.preview(context, never);
    await step.run(context, never);
    const kept = context.folder.read("broadcast/SLACK_WEBHOOK_URL.json")?.toString() ?? "";
    expect(JSON.parse(kept)).toMatchObject({
      schema: "release-sentinel/broadcast/v1",
      tag: "v1.2.3",
      answer: "ok",
      body: slack.messages[0],
    });
    expect(kept).not.toContain("/services/");
    // What a dry run shows is what is sent.
    expect(JSON.parse(shown?.body ?? "")).toEqual(slack.messages[0]);
    expect(shown?.to).toBe("Slack (SLACK_WEBHOOK_URL)");
  });

  it("shows what it would send where no secret is, and skips itself with what it wants", async () => {
    const { step, context } = machine({});
    expect(step.skip?.()).toBe(
      "no channel to tell: set SLACK_WEBHOOK_URL or DISCORD_WEBHOOK_URL, or name some in ritual.broadcast.channels",
    );
    const [shown] = await step.preview(context, never);
    expect(shown?.to).toBe("Slack (SLACK_WEBHOOK_URL is not set)");
    expect(shown?.body).toContain("Release v1.2.3 of octo/demo");
  });

  it("does not begin while a channel that is asked for has no address", async () => {
    const channels = [{ type: "slack", urlFrom: "TEAM_HOOK" }] as const;
    const { step, context } = machine({}, { channels });
    expect(await step.observe(context, never)).toEqual({
      state: "conflict",
      message: "not everybody can be told: TEAM_HOOK is not set",
      remedy: "release-sentinel ritual secrets",
    });
  });

  it("tells a channel only of its environments", async () => {
    const channels = [{ type: "slack", urlFrom: "HOOK", environments: ["stage"] }] as const;
    const { step, context } = machine({ HOOK: "https://hooks.example/x" }, { channels });
    expect(await step.observe(context, never)).toEqual({
      state: "done",
      message: "no channel is told of releases to prod",
    });
  });

  it("masks what a changelog has let through", async () => {
    const slack = await slackServer();
    const secret = ["top", "secret", "word"].join("-");
    const { step, context } = machine(
      { SLACK_WEBHOOK_URL: slack.url, MY_TOKEN: secret },
      { impact: `uses ${secret}` },
    );
    await step.run(context, never);
    expect(JSON.stringify(slack.messages)).not.toContain(secret);
    expect(JSON.stringify(slack.messages)).toContain("uses ***");
  });

  it("uses a template, and says by line what is wrong with one before anything is sent", async () => {
    const slack = await slackServer();
    const root = tempFolder();
    writeFileSync(join(root, "notes.md"), "Hello, *{{tag}}* is there\n");
    const channels = [
      { type: "slack", urlFrom: "SLACK_WEBHOOK_URL", messages: ["notes"], templates: { notes: "notes.md" } },
    ] as const;
    const { step, context } = machine({ SLACK_WEBHOOK_URL: slack.url }, { channels }, {}, root);
    await step.run(context, never);
    expect(JSON.stringify(slack.messages)).toContain("Hello, *v1.2.3* is there");
    writeFileSync(join(root, "notes.md"), "Hello {{tga}}");
    const other = machine({ SLACK_WEBHOOK_URL: slack.url }, { channels }, { root });
    expect(await other.step.observe(other.context, never)).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("notes.md:1:7: there is no field {{tga}}, did you mean {{tag}}?"),
    });
  });
});

describe("a webhook's address", () => {
  it("is in no message, no mark and no file, whatever the receiver repeats of it", async () => {
    const echo = await server((request, response) => response.writeHead(404).end(request.path));
    const path = ["services", "T000", "B000", "x7f3kq"].join("/");
    const env = { SLACK_WEBHOOK_URL: `${echo.url}/${path}`, DISCORD_WEBHOOK_URL: `${echo.url}/${path}` };
    const { step, context, marks } = machine(env);
    const failure = await failureOf(step.run(context, never));
    const payloads = await step.preview(context, never);
    const words = JSON.stringify([failure, failure.message, await marks.read(never), payloads]);
    expect(words).not.toContain("x7f3kq");
    expect(context.folder.list().some((name) => name.startsWith("broadcast/"))).toBe(false);
  });
});

describe("what the steps before have found out", () => {
  it("does not become nothing where the ledger cannot be read", async () => {
    const slack = await slackServer();
    const ledger = {
      blocks(): AsyncGenerator<never> {
        throw new Error("the chain is broken at entry 3");
      },
    };
    const { step, context } = machine({ SLACK_WEBHOOK_URL: slack.url }, {}, { ledger: () => ledger });
    const emit = vi.fn();
    await step.run({ ...context, emit }, never);
    expect(JSON.stringify(slack.messages)).toContain("not known: the ledger could not be read");
    expect(emit).toHaveBeenCalledWith(
      expect.objectContaining({ message: expect.stringContaining("the chain is broken at entry 3") }),
    );
  });

  it("is in the message: changelog, probe and snapshot, numbers, and what the ledger knows of this version", async () => {
    const slack = await slackServer();
    const ledger = fileStore();
    const migrated = { id: "migrations.before", outcome: "did", message: "2 migrations applied" };
    const data = [
      ["v1.2.3", { outcome: "rolled-back", message: "It was rolled back", steps: [] }],
      ["v1.2.3", { outcome: "deployed", message: "fine", steps: [migrated] }],
      ["v1.2.4", { outcome: "rolled-back", message: "not this one" }],
    ] as const;
    const now = () => new Date("2026-11-21T10:00:00Z");
    for (const [version, one] of data)
      await writer(ledger, { now }).record(event({ kind: "apply", version, data: one }), never);
    const at = { ledger: () => ledger, now: () => now().getTime() };
    const { step, context } = machine({ SLACK_WEBHOOK_URL: slack.url }, {}, at);
    const about = { tag: release.tag, commit: release.commit };
    const dashboard = { uid: "abc", title: "Checkout", url: "https://grafana.example/d/abc", schema: "v1" };
    const files = {
      "dashboard/probe.json": {
        schema: "release-sentinel/probe/v1",
        ...about,
        dashboard,
        sha256: {},
        summary: "12 panels: 12 ok",
        failures: [],
        warnings: [],
      },
      "dashboard/snapshot.json": {
        schema: "release-sentinel/snapshot/v1",
        ...about,
        dashboard,
        sha256: {},
        snapshot: { url: "https://grafana.example/dashboard/snapshot/k", key: "k", expires: "2027-01-01" },
      },
    };
    for (const [name, content] of Object.entries(files)) context.folder.write(name, JSON.stringify(content));
    await step.run(context, never);
    const words = JSON.stringify(slack.messages);
    expect(words).toContain("Checkout: 12 panels: 12 ok");
    expect(words).toContain("<https://grafana.example/dashboard/snapshot/k|Snapshot>");
    // What Grafana no longer has is nothing to look at.
    const late = machine({ SLACK_WEBHOOK_URL: slack.url }, {}, { now: () => Date.parse("2027-01-02") });
    const [shown] = (await late.step.preview?.({ ...late.context, folder: context.folder }, never)) ?? [];
    expect(shown?.body).toContain("Checkout: 12 panels: 12 ok");
    expect(shown?.body).not.toContain("dashboard/snapshot/k");
    expect(words).toContain("It was rolled back (prod, 2026-11-21T10:00Z)");
    expect(words).toContain("2 migrations applied");
    expect(words).not.toContain("not this one");
  });

  it("is in the message with the numbers of the environment that it is about, and no other's", async () => {
    const { step, context } = machine({ SLACK_WEBHOOK_URL: "https://slack.example/hook" });
    const numbersOf = (environment: string, value: number) => {
      const none = { value: null, unit: "ratio", samples: 0, source: "none", basis: "", window: {} };
      const deploymentFrequency = { ...none, value, unit: "per day", samples: 9 };
      const rest = { leadTimeForChanges: none, changeFailureRate: none, timeToRestore: none };
      return JSON.stringify({
        schema: "release-sentinel/metrics/v1",
        ...{ tag: release.tag, commit: release.commit, environment, points: [], pushed: [] },
        dora: { environment, deploymentFrequency, ...rest },
      });
    };
    const shown = async () => JSON.stringify(await step.preview(context, never));
    context.folder.write("metrics.json", numbersOf("stage", 7));
    expect(await shown()).not.toContain("Deployment frequency");
    context.folder.write("later/metrics-prod.json", numbersOf("prod", 3));
    expect(await shown()).toContain("Deployment frequency: 3 a day");
  });
});
