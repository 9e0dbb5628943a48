import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type CliOptions, cli, type Ran } from "../../support/cli.ts";
import { program, runsAt, verbs } from "../../support/deploy/exec-place.ts";
import { testToken } from "../../support/github.ts";
import { repository, type TestRepository } from "../../support/repository.ts";
import { server, type TestServer } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";

/** What goes wrong with one verb of the program: see test/support/deploy/program.mjs. */
export interface ProgramFault {
  readonly once?: boolean;
  readonly hang?: number;
  /** Hangs until there is this file in the place. */
  readonly until?: string;
  readonly kill?: "before" | "after";
  readonly signal?: NodeJS.Signals;
  readonly after?: boolean;
  readonly said?: string;
  readonly code?: number;
}

/** A project whose releases a program deploys into a folder. */
export interface DeployWorld {
  readonly repo: TestRepository;
  readonly place: string;
  readonly webhook: TestServer;
  readonly resume: string;
  apply(version: string, args?: readonly string[], options?: Partial<CliOptions>): Promise<Ran>;
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<Ran>;
  fault(faults: Readonly<Record<string, ProgramFault>>): void;
  /** The version that runs; null where none does. */
  now(): string | null;
  /** The verbs that the program was called with. */
  calls(): readonly string[];
  /** What is kept of the place. */
  state(): {
    unfinished: unknown;
    lock: unknown;
    good: { version: string }[];
    rejected: { version: string }[];
  };
  /** Kinds and outcomes in the ledger. */
  ledger(): readonly string[];
}

export interface WorldOptions {
  readonly deploy?: Readonly<Record<string, unknown>>;
  readonly checks?: Readonly<Record<string, unknown>>;
}

export async function deployWorld({ deploy = {}, checks }: WorldOptions = {}): Promise<DeployWorld> {
  const place = tempFolder("rs-place-");
  const repo = repository();
  const argv = [process.execPath, program, place];
  const exec = { ...Object.fromEntries(verbs.map((verb) => [verb, argv])), state: join(place, "state") };
  repo.commit("feat: all of it", {
    ".gitignore": ".release-sentinel/\n",
    "release-sentinel.yaml": JSON.stringify({
      checks: checks ?? { "git.repository": true },
      deploy: { driver: "exec", exec, ...deploy },
    }),
  });
  const webhook = await server(200);
  const env = { RS_ALERT_WEBHOOK: `${webhook.url}/services/${testToken("hook")}`, USER: "tester" };
  const run: DeployWorld["run"] = (args, { cwd = repo.path, env: extra = {}, ...more } = {}) =>
    cli(args, { cwd, env: { ...env, ...extra }, ...more });
  return {
    repo,
    place,
    webhook,
    resume: "release-sentinel apply --env prod --version",
    run,
    apply: (version, args = [], more) => run(["apply", "--env", "prod", "--version", version, ...args], more),
    fault(faults) {
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, "fault.json"), JSON.stringify(faults));
    },
    now: () => runsAt(place)?.image.slice(4) ?? null,
    calls: () => readFileSync(join(place, "calls"), "utf8").trim().split("\n"),
    state: () => JSON.parse(readFileSync(join(place, "state", "prod-app.json"), "utf8")),
    ledger() {
      const file = join(repo.path, ".release-sentinel/ledger.jsonl");
      if (!existsSync(file)) return [];
      return readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).entry)
        .map(({ kind, data }) => (data.outcome ? `${kind} ${data.outcome}` : kind));
    },
  };
}

export function told({ code, signal, stdout, stderr }: Ran): string {
  return `exit ${code} ${signal ?? ""}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
}

export function expectEnd(ran: Ran, code: number, ...says: readonly (string | RegExp)[]): void {
  const report = told(ran);
  expect(ran.code, report).toBe(code);
  for (const text of says) {
    if (typeof text === "string") expect(ran.all, report).toContain(text);
    else expect(ran.all, report).toMatch(text);
  }
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
