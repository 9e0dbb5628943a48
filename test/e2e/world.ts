import { expect } from "vitest";
import { cli, type Ran } from "../support/cli.ts";
import { repository, type TestRepository } from "../support/repository.ts";
import { closedPort, type Handler, server, type TestServer } from "../support/server.ts";

/** A release that is safe: a clean repository with an origin, a healthy API, a webhook that listens. */
export interface World {
  readonly repo: TestRepository;
  readonly api: TestServer;
  readonly webhook: TestServer;
  /** Set by the situation; null removes a variable. */
  env: Record<string, string | null>;
  args: string[];
  /** Where the command is run. */
  cwd: string;
  /** What must appear nowhere. */
  secrets: string[];
  /** How the API answers; default 200. */
  answer: Handler | number;
  /** More servers, on request. */
  serve(handler: Handler | number, host?: string): Promise<TestServer>;
  closedPort(): Promise<number>;
  /** Sent to the process when it asks the API, which then never answers. */
  interrupt: NodeJS.Signals | undefined;
}

/** One thing that can happen, and what must come of it. */
export interface Situation {
  readonly name: string;
  readonly given?: (world: World) => void | Promise<void>;
  /** Several where it depends on this machine. */
  readonly exit: number | readonly number[];
  /** Found on stderr or stdout. */
  readonly says?: readonly (string | RegExp)[];
  readonly not?: readonly (string | RegExp)[];
  /** What arrives at the webhook: texts of the one alert; false: nothing. */
  readonly alert?: readonly string[] | false;
  /** It gives files to another user. */
  readonly needsRoot?: true;
  readonly after?: (ran: Ran, world: World) => void | Promise<void>;
}

/** Whether this user may make the situation. */
export function possible({ needsRoot }: Situation): boolean {
  return !needsRoot || process.getuid?.() === 0;
}

/** Secrets are made here: none of them may be written down in a file. */
export const token: string = ["deploy", "4f9a", "77c1", "token"].join("-");

async function safeWorld(): Promise<World> {
  const repo = repository({ origin: true });
  const webhook = await server(200);
  let world: World;
  const api = await server((request, response, n) => {
    if (typeof world.answer === "number") response.writeHead(world.answer).end("ok");
    else world.answer(request, response, n);
  });
  world = {
    repo,
    api,
    webhook,
    env: {
      RS_REQUIRED_PROCESS: "node",
      RS_API_URL: `${api.url}/health`,
      RS_DEPLOY_TOKEN: token,
      RS_ALERT_WEBHOOK: `${webhook.url}/services/hook-${token}`,
    },
    args: ["--env", "prod", "--version", "v1.0.0", "--skip", "host.disk,host.memory"],
    cwd: repo.path,
    secrets: [token],
    answer: 200,
    serve: server,
    closedPort,
    interrupt: undefined,
  };
  return world;
}

/** Makes the situation, runs the built command line in it, and compares. */
export async function check(situation: Situation): Promise<void> {
  const world = await safeWorld();
  await situation.given?.(world);
  const env = Object.fromEntries(
    Object.entries(world.env).filter((entry): entry is [string, string] => entry[1] !== null),
  );
  const { interrupt } = world;
  const ran = await cli(world.args, {
    cwd: world.cwd,
    env,
    ...(interrupt
      ? {
          during: (child) => {
            world.answer = () => void child.kill(interrupt);
          },
        }
      : {}),
  });
  const report = `exit ${ran.code} ${ran.signal ?? ""}\n--- stdout\n${ran.stdout}\n--- stderr\n${ran.stderr}`;
  expect([situation.exit].flat(), report).toContain(ran.code);
  for (const text of situation.says ?? []) {
    if (typeof text === "string") expect(ran.all, report).toContain(text);
    else expect(ran.all, report).toMatch(text);
  }
  for (const text of situation.not ?? []) {
    if (typeof text === "string") expect(ran.all, report).not.toContain(text);
    else expect(ran.all, report).not.toMatch(text);
  }
  // The runner takes these lines out of the log: they are how it learns what to mask.
  const shown = ran.all.replace(/^::add-mask::.*$/gm, "");
  for (const secret of world.secrets) expect(shown, report).not.toContain(secret);
  expectAlert(situation, world, report);
  await situation.after?.(ran, world);
}

function expectAlert({ alert, exit }: Situation, { webhook }: World, report: string): void {
  if (alert === undefined) return;
  if (alert === false) {
    expect(webhook.received, report).toEqual([]);
    return;
  }
  expect(webhook.received.length, report).toBe(1);
  const body = JSON.parse(webhook.received[0]?.body ?? "{}") as { text: string };
  expect(body.text.startsWith(":rotating_light: Release Sentinel Alert")).toBe(true);
  expect(body.text).toContain(`*Severity:* ${exit === 2 ? "CRITICAL" : "BLOCKED"}`);
  for (const text of alert) expect(body.text).toContain(text);
}
