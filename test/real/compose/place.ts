import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { Secrets } from "../../../src/core/mask.ts";
import type { DeployPlan, DeployRequest, Driver, Run, Status } from "../../../src/deploy/driver.ts";
import { createComposeDriver } from "../../../src/deploy/drivers/compose.ts";
import type { DeploySettings } from "../../../src/deploy/settings.ts";
import { docker, engine, project } from "../../support/real/docker.ts";
import { tempFolder } from "../../support/temp.ts";

export const never = new AbortController().signal;

export interface Checkout {
  readonly project: string;
  readonly folder: string;
  /** Writes the compose file; `name` in it unless told otherwise. */
  write(services: object, more?: object): void;
  driver(options?: DriverOptions): Driver;
}

export interface DriverOptions {
  readonly version?: string;
  readonly environment?: string;
  readonly settings?: DeploySettings;
  readonly env?: NodeJS.ProcessEnv;
  readonly secrets?: Secrets;
  readonly run?: Run;
  readonly waitMs?: number;
  /** As a roll back asks for it: with no files. */
  readonly returning?: true;
}

let runs = 0;
export function aRun(version: string): Run {
  const startedAt = new Date().toISOString();
  return { id: `run-${process.pid}-${++runs}`, version, commit: "a".repeat(40), actor: "tester", startedAt };
}

/** A folder with a compose file of a project of its own; `of`: another folder of the same project. */
export function checkout(of?: Checkout): Checkout {
  const name = of?.project ?? project();
  const folder = join(tempFolder(), `checkout-${randomBytes(4).toString("hex")}`);
  mkdirSync(folder);
  const file = join(folder, "compose.yaml");
  return {
    project: name,
    folder,
    write(services, more = { name }) {
      writeFileSync(file, stringify({ ...more, services }));
    },
    driver(options = {}) {
      const {
        version = "v1",
        environment = "prod",
        settings = {},
        env = {},
        secrets = new Secrets(),
      } = options;
      const run = options.run ?? aRun(version);
      const request: DeployRequest = {
        environment,
        version,
        run,
        manifests: options.returning ? [] : [file],
        wayBack: "required",
        ...(options.returning ? { returning: true } : {}),
      };
      return createComposeDriver({
        request,
        settings,
        cwd: folder,
        env: { ...process.env, DOCKER_HOST: engine.found, ...env },
        secrets,
        waitMs: options.waitMs ?? 60_000,
        keep: 5,
      });
    },
  };
}

/** A service that is up at once, and down at once. */
export function quick(image: string, more: object = {}): object {
  return {
    image,
    pull_policy: "never",
    command: ["sleep", "3600"],
    stop_signal: "SIGKILL",
    healthcheck: { test: ["CMD", "true"], interval: "200ms" },
    ...more,
  };
}

/** What runs of a project, for comparison. */
export async function seen(name: string): Promise<unknown> {
  const label = ["--filter", `label=com.docker.compose.project=${name}`];
  const ids = (await docker(["ps", "-aq", ...label])).split("\n").filter(Boolean);
  const networks = (await docker(["network", "ls", "--format", "{{.Name}}", ...label]))
    .split("\n")
    .filter(Boolean);
  const found = ids.length === 0 ? [] : (JSON.parse(await docker(["inspect", ...ids])) as Inspected[]);
  const containers = found.map(({ Name, Image, State, Config, HostConfig, Mounts, NetworkSettings }) => {
    const { Hostname: _hostname, Labels = {}, Env = [], ...config } = Config;
    const labels = Object.entries(Labels).filter(([key]) => !/config_files|working_dir|replace/.test(key));
    return {
      Name,
      Image,
      running: State.Running,
      config: { ...config, Env: [...(Env ?? [])].sort() },
      labels: Object.fromEntries(labels.sort()),
      HostConfig,
      mounts: Mounts.map(({ Name: its, Source, Destination }) => its ?? `${Source}:${Destination}`).sort(),
      networks: Object.keys(NetworkSettings.Networks),
    };
  });
  return { containers: containers.sort((a, b) => (a.Name < b.Name ? -1 : 1)), networks };
}

/** When the engine has made a container of the project, from now on. */
export function nextCreated(name: string): Promise<void> {
  const filters = ["event=create", `label=com.docker.compose.project=${name}`];
  const flags = ["--since", (Date.now() / 1000).toFixed(3), ...filters.flatMap((one) => ["--filter", one])];
  const events = spawn("docker", ["events", ...flags], {
    env: { ...process.env, DOCKER_HOST: engine.found },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void events.kill());
  return new Promise((resolve) => events.stdout.once("data", () => resolve()));
}

interface Inspected {
  readonly Name: string;
  readonly Image: string;
  readonly State: { readonly Running: boolean };
  readonly Config: { Hostname: string; Labels?: Record<string, string>; Env?: string[] | null };
  readonly HostConfig: object;
  readonly Mounts: readonly { Name?: string; Source: string; Destination: string }[];
  readonly NetworkSettings: { readonly Networks: object };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function settled(
  driver: Driver,
  expected: "applied" | "restored",
  ms = 60_000,
): Promise<Status> {
  const since = Date.now();
  for (;;) {
    const status = await driver.status(expected, never);
    if (!/progressing|other/.test(status.state) || Date.now() - since > ms) return status;
    await pause(150);
  }
}

/** A whole deploy that ends well. */
export async function bring(place: Checkout, version: string): Promise<Run> {
  const run = aRun(version);
  const driver = place.driver({ version, run });
  await driver.plan(never);
  await driver.capture(run, never);
  await driver.apply(never);
  const status = await settled(driver, "applied");
  expect(status.state, status.message).toBe("healthy");
  await driver.memory.good(run, status, never);
  return run;
}

/** Plan, capture, apply; what came of it. */
export async function begin(
  place: Checkout,
  version: string,
  options: DriverOptions = {},
): Promise<{ readonly driver: Driver; readonly plan: DeployPlan; readonly run: Run }> {
  const run = aRun(version);
  const driver = place.driver({ version, run, ...options });
  const plan = await driver.plan(never);
  await driver.capture(run, never);
  return { driver, plan, run };
}

export async function goBack(driver: Driver): Promise<Status> {
  await driver.restore({ kind: "captured" }, never);
  const status = await settled(driver, "restored");
  expect(status.state, status.message).toBe("healthy");
  return status;
}
