import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEnv } from "../../../../../src/clients/env.ts";
import { createLocalMarks } from "../../../../../src/clients/git/marks-file.ts";
import { createHttp, type HttpClient } from "../../../../../src/clients/http.ts";
import { Aborted } from "../../../../../src/core/check.ts";
import type { Mark, Marks } from "../../../../../src/core/marks.ts";
import { Secrets } from "../../../../../src/core/mask.ts";
import { StepFailure } from "../../../../../src/core/step.ts";
import { applySteps } from "../../../../../src/flows/reconcile.ts";
import { carry } from "../../../../../src/flows/ritual/carry.ts";
import { mustBeChannels } from "../../../../../src/flows/ritual/steps/broadcast.ts";
import { discordServer, slackServer } from "../../../../support/chat.ts";
import { server } from "../../../../support/server.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { release } from "../../../ritual/archive/world.ts";
import { discordKey, failureOf, machine, never, slackKey, type Told } from "./broadcast-world.ts";

/** The network, with somebody who is told whenever an answer is here. */
function answering(env: Record<string, string>, told: () => void): { http: Pick<HttpClient, "post"> } {
  const secrets = new Secrets();
  const http = createHttp({ env: createEnv(env, secrets), secrets });
  onTestFinished(() => http.close());
  return { http: { post: (sending) => http.post(sending).finally(told) } };
}

describe("what may have been sent", () => {
  it.each([
    ["its answer was lost", "drop"],
    ["nothing was answered in time", "hang"],
    ["the server failed", { status: 502 }],
    ["a proxy's page was answered", { status: 200, body: "<html>log in</html>" }],
  ] as const)("is not sent again by itself: %s", async (_what, fault) => {
    const slack = await slackServer();
    slack.fault = () => fault;
    const changes =
      fault === "hang" ? { limits: { attemptMs: 200, overallMs: 60_000, backoffMs: [1, 1] } } : {};
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: slack.url }, {}, changes);
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

  it("is said of what was being sent when the lease was lost: whoever has it now does not send it again", async () => {
    const slack = await slackServer();
    const stop = new AbortController();
    slack.fault = () => {
      stop.abort(new StepFailure("the ritual of v1.2.3 is another's"));
      return "hang";
    };
    const { step, context, kinds } = machine({ SLACK_WEBHOOK_URL: slack.url });
    await failureOf(step.run(context, stop.signal));
    expect(await kinds()).toEqual([`claim ${slackKey}`]);
    expect(await step.observe(context, never)).toMatchObject({ state: "unknown" });
  });

  it("is said of what was being sent, though the run was stopped before another channel had its turn", async () => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    const stop = new AbortController();
    slack.fault = () => {
      stop.abort(new Aborted("interrupt", "interrupted by SIGTERM", "SIGTERM"));
      return "hang";
    };
    const env = { SLACK_WEBHOOK_URL: slack.url, DISCORD_WEBHOOK_URL: discord.url };
    const { step, context, marks, kinds } = machine(env);
    const append = marks.append.bind(marks);
    Object.assign(marks, {
      append: async (...args: Parameters<Marks["append"]>) => {
        if (args[0].key !== discordKey) return append(...args);
        if (!stop.signal.aborted) await once(stop.signal, "abort");
        throw stop.signal.reason;
      },
    } satisfies Partial<Marks>);
    const failure = await failureOf(step.run(context, stop.signal));
    expect(failure.message).toContain(
      "SLACK_WEBHOOK_URL: interrupted by SIGTERM, so that it may have been sent",
    );
    expect(failure.message).toContain("DISCORD_WEBHOOK_URL: not sent: interrupted by SIGTERM");
    expect(failure.remedy).toContain("--only broadcast --sent SLACK_WEBHOOK_URL");
    expect(failure.remedy).not.toContain("DISCORD");
    expect(await kinds()).toEqual([`claim ${slackKey}`]);
  });

  it("is not said of what was sent while the run was stopped for another channel", async () => {
    const [slack, discord] = await Promise.all([slackServer(), discordServer()]);
    const stop = new AbortController();
    const env = { SLACK_WEBHOOK_URL: slack.url, DISCORD_WEBHOOK_URL: discord.url };
    const answered = Promise.withResolvers<void>();
    const { http } = answering(env, answered.resolve);
    const { step, context, marks, kinds } = machine(env, {}, { http });
    const append = marks.append.bind(marks);
    Object.assign(marks, {
      append: async (...args: Parameters<Marks["append"]>) => {
        const [{ kind, key }] = args;
        if (kind === "claim" && key === discordKey) {
          await answered.promise;
          stop.abort(new Aborted("interrupt", "interrupted", "SIGINT"));
          throw stop.signal.reason;
        }
        if (kind === "sent") await setTimeout(100);
        return append(...args);
      },
    } satisfies Partial<Marks>);
    const { message, remedy } = await failureOf(step.run(context, stop.signal));
    expect(message).toContain("told SLACK_WEBHOOK_URL");
    expect(remedy).toBeUndefined();
    expect(await kinds()).toEqual([`claim ${slackKey}`, `sent ${slackKey}`]);
  });

  it("is not said of what was waiting to be sent again", async () => {
    const slack = await slackServer();
    const stop = new AbortController();
    slack.fault = () => ({ status: 429, headers: { "retry-after": "3" } });
    const env = { SLACK_WEBHOOK_URL: slack.url };
    const { http } = answering(env, () => {
      globalThis.setTimeout(() => stop.abort(new Aborted("interrupt", "interrupted", "SIGINT")), 50);
    });
    const { step, context, kinds } = machine(env, {}, { http });
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
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    const { step, context, marks, kinds } = machine(env, { channels }, answering(env, resolve));
    let [writing, claims] = [0, 0];
    const append = marks.append.bind(marks);
    Object.assign(marks, {
      append: async (...args: Parameters<Marks["append"]>) => {
        // The limit of a mark has begun only when nothing else is being written.
        expect(writing++).toBe(0);
        await setTimeout(50);
        claims += args[0].kind === "claim" ? 1 : 0;
        // By the time that the second is claimed the first has been answered, however slow this machine is.
        if (claims === 2) await answered;
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
