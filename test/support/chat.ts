import type { ServerResponse } from "node:http";
import {
  type DiscordPayload,
  expectDiscordToTake,
  expectSlackToTake,
  type SlackPayload,
  slackMarkup,
} from "../unit/notify/receivers.ts";
import { type Received, server } from "./server.ts";

type Answer =
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | "drop"
  | "hang";

export interface ChatServer {
  /** The webhook's own. */
  readonly url: string;
  /** What was posted, parsed. */
  readonly messages: readonly Record<string, unknown>[];
  readonly received: readonly Received[];
  /** What the receiver would not have taken, or must never be asked. */
  readonly violations: readonly string[];
  /** Answers this instead, as long as it says something; nothing is posted then. Counts from 1. */
  fault: (n: number) => Answer | undefined;
}

/** Slack's webhooks: checks every message by Slack's limits, and answers as Slack does. */
export function slackServer(): Promise<ChatServer> {
  return chat(
    "/services/T000/B000/x7f3kq",
    (body) => {
      expectSlackToTake(body as unknown as SlackPayload);
      if (/<[!@#]/.test(slackMarkup(body as unknown as SlackPayload)))
        throw new Error("it mentions somebody");
      return { status: 200, body: "ok" };
    },
    "invalid_blocks",
  );
}

/** Discord's webhooks, in the same way. */
export function discordServer(): Promise<ChatServer> {
  let id = 1_300_000_000_000_000_000n;
  return chat(
    "/api/webhooks/1/x7f3kq?wait=true",
    (body) => {
      expectDiscordToTake(body as unknown as DiscordPayload);
      id += 1n;
      return { status: 200, body: JSON.stringify({ id: String(id), type: 0 }) };
    },
    '{"message": "Invalid Form Body", "code": 50035}',
  );
}

async function chat(
  path: string,
  take: (body: Record<string, unknown>) => Exclude<Answer, string>,
  invalid: string,
): Promise<ChatServer> {
  const messages: Record<string, unknown>[] = [];
  const violations: string[] = [];
  const say = (response: ServerResponse, { status, body = "", headers = {} }: Exclude<Answer, string>) =>
    response.writeHead(status, headers).end(body);
  const { url, received } = await server((request, response, n) => {
    const fault = made.fault(n);
    if (fault === "drop") return void response.destroy();
    if (fault === "hang") return;
    if (fault) return void say(response, fault);
    try {
      if (request.method !== "POST" || request.path !== path)
        throw new Error(`${request.method} ${request.path}`);
      if (!request.headers["content-type"]?.startsWith("application/json")) throw new Error("it is not JSON");
      const body = JSON.parse(request.body) as Record<string, unknown>;
      const answer = take(body);
      messages.push(body);
      say(response, answer);
    } catch (error) {
      violations.push(String(error));
      say(response, { status: 400, body: invalid });
    }
  });
  const made: ChatServer = {
    url: `${url}${path.replace(/\?.*/, "")}`,
    messages,
    received,
    violations,
    fault: () => undefined,
  };
  return made;
}
