import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEnv } from "../../../../../src/clients/env.ts";
import { createLocalMarks } from "../../../../../src/clients/git/marks-file.ts";
import { createHttp } from "../../../../../src/clients/http.ts";
import { Aborted } from "../../../../../src/core/check.ts";
import { monotonicMs } from "../../../../../src/core/clock.ts";
import { createLimit } from "../../../../../src/core/limit.ts";
import type { Mark, Marks } from "../../../../../src/core/marks.ts";
import { Secrets } from "../../../../../src/core/mask.ts";
import { StepFailure } from "../../../../../src/core/step.ts";
import { applySteps } from "../../../../../src/flows/reconcile.ts";
import { carry } from "../../../../../src/flows/ritual/carry.ts";
import {
  type BroadcastStepWorld,
  createBroadcastStep,
  mustBeChannels,
} from "../../../../../src/flows/ritual/steps/broadcast.ts";
import type { BroadcastSettings } from "../../../../../src/notify/broadcast/settings.ts";
import type { RitualContext, RitualStep } from "../../../../../src/ritual/step.ts";
import { discordServer, slackServer } from "../../../../support/chat.ts";
import { event, fileStore, writer } from "../../../../support/ledger.ts";
import { closedPort, server } from "../../../../support/server.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { release, releaseFolder } from "../../../ritual/archive/world.ts";

const never = new AbortController().signal;
const claimant = { by: "ada", run: "run-1" };
const limits = { attemptMs: 500, overallMs: 5000, backoffMs: [1, 1] };

interface Told {
  readonly step: RitualStep;
  readonly context: RitualContext;
  readonly marks: Marks;
  readonly kinds: () => Promise<string[]>;
}

/** A machine that the ritual runs on; `repository` is what it has in common with others. */
function machine(
  env: Record<string, string>,
  settings: BroadcastSettings = {},
  changes: Partial<BroadcastStepWorld> = {},
  repository = tempFolder(),
): Told {
  const secrets = new Secrets();
  const reader = createEnv(env, secrets);
  const http = createHttp({ env: reader, secrets });
  onTestFinished(() => http.close());
  const kept = createLocalMarks({ root: repository, commonDir: repository, tag: release.tag });
  onTestFinished(() => kept.close());
  // As in a ritual: within a run they are asked one after the other.
  const inTurn = createLimit(1);
  const marks: Marks = {
    ...kept,
    append: (mark, allowed, signal) => inTurn(() => kept.append(mark, allowed, signal)),
  };
  const step = createBroadcastStep({
    ...{ settings, env: reader, secrets, http, marks, claimant, root: repository, limits },
    ...{ resend: [], sent: [], runUrl: null, toolVersion: "0.9.0", ledger: () => null },
    deadlineAt: monotonicMs() + 20_000,
    now: Date.now,
    ...changes,
  });
  const context = { release, folder: releaseFolder(), emit: () => {} };
  return {
    step,
    context,
    marks,
    kinds: async () => (await marks.read(never)).map(({ kind, key }) => `${kind} ${key}`),
  };
}

const slackKey = "broadcast/slack-SLACK_WEBHOOK_URL";
const discordKey = "broadcast/discord-DISCORD_WEBHOOK_URL";

async function failureOf(work: Promise<unknown>): Promise<{ message: string; remedy?: string }> {
  return work.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => error as { message: string; remedy?: string },
  );
}

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
    expect(shown?.to).toBe("Slack (SLACK_WEBHOOK_URL, SLACK_WEBHOOK_URL is not set)");
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

describe("a receiver in trouble", () => {
  it("that asks to wait is told when it wants to be, and once", async () => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    slack.fault = (n) => (n === 1 ? { status: 429, headers: { "retry-after": "0.05" } } : undefined);
    discord.fault = (n) => (n === 1 ? { status: 429, body: '{"retry_after": 0.02}' } : undefined);
    const { step, context } = machine({ SLACK_WEBHOOK_URL: slack.url, DISCORD_WEBHOOK_URL: discord.url });
    await step.run(context, never);
    expect([slack.messages.length, discord.messages.length]).toEqual([1, 1]);
  });

  it("that asks to wait for longer than there is time is named, and told by the next run", async () => {
    const slack = await slackServer();
    slack.fault = (n) => (n === 1 ? { status: 429, headers: { "retry-after": "3600" } } : undefined);
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: slack.url });
    const { message } = await failureOf(step.run(context, never));
    expect(message).toBe(
      "not everybody was told: SLACK_WEBHOOK_URL answered 429 (too many messages), and asks to wait 60 min",
    );
    expect(await kinds()).toEqual([`claim ${slackKey}`, `failed ${slackKey}`]);
    await step.run(context, never);
    expect(slack.messages).toHaveLength(1);
  });

  it.each([
    [403, "invalid_token", "answered 403 (invalid_token)", "copy it again from Slack"],
    [404, "no_service", "answered 404 (no_service)", "make a new one in Slack"],
    [410, "channel_is_archived", "answered 410 (channel_is_archived)", "unarchive the channel"],
    [400, "invalid_blocks", "answered 400 (invalid_blocks)", undefined],
  ])("keeps the others from nothing: Slack answers %i %s", async (status, body, words, remedy) => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    slack.fault = () => ({ status, body });
    const { step, context, kinds } = machine({
      SLACK_WEBHOOK_URL: slack.url,
      DISCORD_WEBHOOK_URL: discord.url,
    });
    const failure = await failureOf(step.run(context, never));
    expect(failure.message).toBe(
      `not everybody was told: SLACK_WEBHOOK_URL ${words}; told DISCORD_WEBHOOK_URL`,
    );
    if (remedy !== undefined) expect(failure.remedy).toContain(remedy);
    expect(await kinds()).toContain(`failed ${slackKey}`);
    expect(await step.observe(context, never)).toMatchObject({
      state: "needed",
      message: "SLACK_WEBHOOK_URL will be told",
    });
  });

  it("says that Discord's webhook is gone", async () => {
    const discord = await discordServer();
    discord.fault = () => ({ status: 404, body: '{"message": "Unknown Webhook", "code": 10015}' });
    const { step, context } = machine({ DISCORD_WEBHOOK_URL: discord.url });
    const failure = await failureOf(step.run(context, never));
    expect(failure.message).toContain("DISCORD_WEBHOOK_URL answered 404 (Unknown Webhook)");
    expect(failure.remedy).toContain("the webhook was deleted: make a new one in Discord");
  });

  it("that nobody listens at has got nothing, and is tried again by the next run", async () => {
    const url = `http://127.0.0.1:${await closedPort()}/x`;
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: url });
    expect((await failureOf(step.run(context, never))).message).toContain(
      "SLACK_WEBHOOK_URL connection refused",
    );
    expect(await kinds()).toEqual([`claim ${slackKey}`, `failed ${slackKey}`]);
  });
});

describe("a receiver that says", () => {
  const page = "<!DOCTYPE html>\n<html>log in</html>";
  it.each([
    ["Slack", "with a page", 200, page, "so that it may have been sent"],
    ["Discord", "with a page", 200, page, "so that it may have been sent"],
    ["Slack", "no in JSON", 200, '{"success":false}', "answered 200, and that it was not taken"],
    ["Slack", "what an object is born with", 400, "constructor", "answered 400 (constructor)"],
  ])("%s: something else than yes, %s", async (who, _how, status, body, words) => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    const told = { Slack: slack, Discord: discord }[who as "Slack"];
    told.fault = () => ({ status, body });
    const { step, context, kinds } = machine({ [`${who.toUpperCase()}_WEBHOOK_URL`]: told.url });
    const failure = await failureOf(step.run(context, never));
    expect(failure.message).toContain(words);
    expect(typeof (failure.remedy ?? "")).toBe("string");
    expect((await kinds()).some((kind) => kind.startsWith("sent"))).toBe(false);
  });

  it("yes has been told, although that cannot be kept here", async () => {
    const slack = await slackServer();
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: slack.url });
    const emit = vi.fn();
    const folder = {
      ...context.folder,
      write: () => {
        throw new StepFailure("no space left");
      },
    };
    await step.run({ ...context, folder, emit }, never);
    expect(emit).toHaveBeenCalledWith(
      expect.objectContaining({
        message: "broadcast: what SLACK_WEBHOOK_URL was told is not kept: no space left",
      }),
    );
    expect(await kinds()).toContain(`sent ${slackKey}`);
  });

  it("yes has got what is kept", async () => {
    const { url, received } = await server(202);
    const channels = [{ type: "generic", urlFrom: "HOOK" }] as const;
    let clock = Date.parse("2026-11-21T10:00:00Z");
    const now = () => (clock += 1000);
    const { step, context } = machine({ HOOK: url }, { channels }, { now });
    await step.run(context, never);
    const kept = JSON.parse(context.folder.read("broadcast/HOOK.json")?.toString() ?? "") as {
      body: unknown;
    };
    expect(kept.body).toEqual(JSON.parse(received[0]?.body ?? ""));
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

describe("what may have been sent", () => {
  it.each([
    ["its answer was lost", "drop"],
    ["nothing was answered in time", "hang"],
    ["the server failed", { status: 502 }],
    ["a proxy's page was answered", { status: 200, body: "<html>log in</html>" }],
  ] as const)("is not sent again by itself: %s", async (_what, fault) => {
    const slack = await slackServer();
    slack.fault = () => fault;
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: slack.url });
    const failure = await failureOf(step.run(context, never));
    expect(failure.message).toContain("so that it may have been sent");
    expect(failure.remedy).toContain("--sent SLACK_WEBHOOK_URL");
    expect(await kinds()).toEqual([`claim ${slackKey}`]);
    slack.fault = () => undefined;
    const now = await step.observe(context, never);
    expect(now).toMatchObject({
      state: "unknown",
      message: expect.stringContaining("it may have been sent already to SLACK_WEBHOOK_URL (ada began at 20"),
    });
    await failureOf(step.run(context, never));
    expect(slack.messages).toEqual([]);
  });

  const claimed = (repository: string): Promise<unknown> => {
    const mark: Mark = { kind: "claim", key: slackKey, at: "2026-11-21T10:00:00Z", by: "bob", run: "killed" };
    return createLocalMarks({ root: repository, commonDir: repository, tag: release.tag }).append(
      mark,
      () => true,
      never,
    );
  };

  it("keeps the other channels from nothing, and is still named", async () => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    const repository = tempFolder();
    await claimed(repository);
    const { step, context } = machine(
      { SLACK_WEBHOOK_URL: slack.url, DISCORD_WEBHOOK_URL: discord.url },
      {},
      {},
      repository,
    );
    expect(await step.observe(context, never)).toMatchObject({
      state: "needed",
      message: "DISCORD_WEBHOOK_URL will be told",
    });
    const failure = await failureOf(step.run(context, never));
    expect(failure.message).toMatch(
      /may have been sent already to SLACK_WEBHOOK_URL \(bob began at 2026-11-21T10:00:00Z\).*; told DISCORD_WEBHOOK_URL$/,
    );
    expect([slack.messages.length, discord.messages.length]).toEqual([0, 1]);
  });

  it("is sent again when somebody says so", async () => {
    const slack = await slackServer();
    const repository = tempFolder();
    await claimed(repository);
    const { step, context } = machine(
      { SLACK_WEBHOOK_URL: slack.url },
      {},
      { resend: ["SLACK_WEBHOOK_URL"] },
      repository,
    );
    await step.run(context, never);
    expect(slack.messages).toHaveLength(1);
  });

  const applied = ({ step, context }: Told) =>
    applySteps(carry([step], context, async () => {}).steps, { signal: never, emit: () => {} });

  it("is sent again once when somebody says so, and then seen to be told", async () => {
    const slack = await slackServer();
    const repository = tempFolder();
    await claimed(repository);
    const asked = { resend: ["slack"], claimant: { by: "ada", run: "run-2" } };
    const env = { SLACK_WEBHOOK_URL: slack.url };
    expect(await applied(machine(env, {}, asked, repository))).toMatchObject([
      { outcome: "did", message: "told SLACK_WEBHOOK_URL" },
    ]);
    expect(slack.messages).toHaveLength(1);
    expect(await applied(machine(env, {}, {}, repository))).toMatchObject([{ outcome: "was-done" }]);
    // What is known to have been told is told once more only with these words.
    const more = { ...asked, claimant: { by: "bob", run: "run-3" } };
    expect(await applied(machine(env, {}, more, repository))).toMatchObject([
      {
        outcome: "did",
        message: expect.stringMatching(
          /^told SLACK_WEBHOOK_URL once more \(it was told already: SLACK_WEBHOOK_URL at 20\S+ by ada\)$/,
        ),
      },
    ]);
    expect(slack.messages).toHaveLength(2);
  });

  it("is asked about once for all the channels that it may have been sent to", async () => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    slack.fault = () => "drop";
    discord.fault = () => "drop";
    const env = { SLACK_WEBHOOK_URL: slack.url, DISCORD_WEBHOOK_URL: discord.url };
    const told = machine(env);
    const remedy =
      "look into each channel; then say --only broadcast --sent SLACK_WEBHOOK_URL --sent DISCORD_WEBHOOK_URL, with --resend in the place of --sent for one where it is not";
    expect((await failureOf(told.step.run(told.context, never))).remedy).toBe(remedy);
    expect(await told.step.observe(told.context, never)).toMatchObject({ state: "unknown", remedy });
  });

  it("is written down as sent when somebody says so, and not sent", async () => {
    const slack = await slackServer();
    const repository = tempFolder();
    await claimed(repository);
    const { step, context, kinds } = machine(
      { SLACK_WEBHOOK_URL: slack.url },
      {},
      { sent: ["slack"] },
      repository,
    );
    expect(await step.observe(context, never)).toMatchObject({ state: "needed" });
    expect((await step.run(context, never)).message).toBe(
      "nobody new was told; SLACK_WEBHOOK_URL knew already",
    );
    expect(await kinds()).toEqual([`claim ${slackKey}`, `sent ${slackKey}`]);
    expect(slack.messages).toEqual([]);
  });

  it("names no channel that there is not", () => {
    const env = createEnv({ SLACK_WEBHOOK_URL: "https://hooks.example/x" }, new Secrets());
    const ask = (name: string) => () => mustBeChannels([name], { settings: {}, env }, null);
    expect(ask("slack")).not.toThrow();
    expect(ask("SLAK_WEBHOOK_URL")).toThrow(
      expect.objectContaining({
        code: "flag-invalid",
        message: "there is no channel SLAK_WEBHOOK_URL here",
        remedy: "did you mean SLACK_WEBHOOK_URL?",
      }),
    );
  });

  it("is simply sent again, with the same id, to who drops a copy", async () => {
    const { url, received } = await server((_request, response, n) => {
      if (n === 1) response.destroy();
      else response.writeHead(202).end();
    });
    const repository = tempFolder();
    const channels = [{ type: "generic", urlFrom: "HOOK" }] as const;
    const { step, context } = machine({ HOOK: url }, { channels }, {}, repository);
    await step.run(context, never);
    const key = "broadcast/generic-HOOK";
    const mark: Mark = { kind: "claim", key, at: "2026-11-21T10:00:00Z", by: "bob", run: "killed" };
    await createLocalMarks({ root: repository, commonDir: repository, tag: release.tag }).append(
      mark,
      () => true,
      never,
    );
    const other = machine({ HOOK: url }, { channels }, {}, repository);
    await other.step.run(other.context, never);
    expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(received).toHaveLength(3);
  });

  it("is said of what was being sent when the run was stopped", async () => {
    const slack = await slackServer();
    const stop = new AbortController();
    slack.fault = () => {
      stop.abort(new Aborted("interrupt", "interrupted", "SIGINT"));
      return "hang";
    };
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: slack.url });
    await failureOf(step.run(context, stop.signal));
    expect(await kinds()).toEqual([`claim ${slackKey}`]);
  });

  it("is not said of what was sent while the run was stopped for another channel", async () => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    const stop = new AbortController();
    const env = { SLACK_WEBHOOK_URL: slack.url, DISCORD_WEBHOOK_URL: discord.url };
    const { step, context, marks, kinds } = machine(env);
    const append = marks.append.bind(marks);
    Object.assign(marks, {
      append: async (...args: Parameters<Marks["append"]>) => {
        const [{ kind, key }] = args;
        if (kind === "claim" && key === discordKey) {
          await vi.waitFor(() => expect(slack.messages).toHaveLength(1));
          stop.abort(new Aborted("interrupt", "interrupted", "SIGINT"));
          throw stop.signal.reason;
        }
        if (kind === "sent") await setTimeout(100);
        return append(...args);
      },
    } satisfies Partial<Marks>);
    await failureOf(step.run(context, stop.signal));
    expect(await kinds()).toEqual([`claim ${slackKey}`, `sent ${slackKey}`]);
  });

  it("is not said of what was waiting to be sent again", async () => {
    const slack = await slackServer();
    const stop = new AbortController();
    slack.fault = () => {
      globalThis.setTimeout(() => stop.abort(new Aborted("interrupt", "interrupted", "SIGINT")), 50);
      return { status: 429, headers: { "retry-after": "3" } };
    };
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: slack.url });
    await failureOf(step.run(context, stop.signal));
    expect(await kinds()).toEqual([`claim ${slackKey}`, `failed ${slackKey}`]);
  });
});

describe("marks that take long to be written", () => {
  it("make no message uncertain, and one that was sent is written down before the next ones are claimed", async () => {
    const slack = await slackServer();
    const names = ["A", "B", "C", "D"].map((letter) => `HOOK_${letter}`);
    const channels = names.map((urlFrom) => ({ type: "slack" as const, urlFrom }));
    const env = Object.fromEntries(names.map((name) => [name, slack.url]));
    const { step, context, marks, kinds } = machine(env, { channels });
    let writing = 0;
    const append = marks.append.bind(marks);
    Object.assign(marks, {
      append: async (...args: Parameters<Marks["append"]>) => {
        // The limit of a mark has begun only when nothing else is being written.
        expect(writing++).toBe(0);
        await setTimeout(50);
        return append(...args).finally(() => writing--);
      },
    } satisfies Partial<Marks>);
    await step.run(context, never);
    expect(slack.messages).toHaveLength(4);
    const order = await kinds();
    expect(order.filter((kind) => kind.startsWith("sent"))).toHaveLength(4);
    expect(order.findIndex((kind) => kind.startsWith("sent"))).toBeLessThan(
      order.findLastIndex((kind) => kind.startsWith("claim")),
    );
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
    const { step, context } = machine({ SLACK_WEBHOOK_URL: slack.url }, {}, { ledger: () => ledger });
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
});
