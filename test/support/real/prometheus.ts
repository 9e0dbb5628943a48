import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants, openSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { freePort } from "../server.ts";
import { tempFolder } from "../temp.ts";
import { required } from "./require.ts";

/** Path of the server; `promtool` is beside it. */
export const prometheusProgram = required(
  "Prometheus: prometheus on PATH, or RS_TEST_PROMETHEUS=FILE",
  process.env["RS_TEST_PROMETHEUS"] || onPath("prometheus"),
);

export interface RealPrometheus {
  readonly url: string;
  /** As if the machine had been rebooted; what is down in between is a gap. */
  restart(downMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Wanted {
  /** What it knows from the start: OpenMetrics text with timestamps, without the `# EOF`. */
  readonly past?: string;
  /** `127.0.0.1:1234`: scraped as job `live`. */
  readonly targets?: readonly string[];
  readonly scrapeInterval?: string;
  readonly scrapeProtobuf?: boolean;
  readonly arguments?: readonly string[];
}

/** A Prometheus of the test's own, with its own folder; gone when the test is. */
export async function startPrometheus(wanted: Wanted = {}): Promise<RealPrometheus> {
  const program = prometheusProgram.found ?? "";
  const folder = tempFolder("rs-prometheus-");
  const data = join(folder, "data");
  if (wanted.past !== undefined) {
    const file = join(folder, "past.txt");
    writeFileSync(file, `${wanted.past.trim()}\n# EOF\n`);
    const promtool = join(dirname(program), "promtool");
    await promisify(execFile)(promtool, ["tsdb", "create-blocks-from", "openmetrics", file, data]);
  }
  const config = join(folder, "prometheus.yml");
  const { targets = [], scrapeInterval = "1s" } = wanted;
  const jobs =
    targets.length === 0
      ? []
      : [
          "scrape_configs:",
          "  - job_name: live",
          `    scrape_interval: ${scrapeInterval}`,
          `    scrape_timeout: ${scrapeInterval}`,
          `    static_configs: [{ targets: ${JSON.stringify(targets)} }]`,
        ];
  writeFileSync(config, ["global: {}", ...jobs, ""].join("\n"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder, "log");

  let child: ChildProcess | undefined;
  const start = async () => {
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      "--storage.tsdb.retention.time=100y",
      `--web.listen-address=127.0.0.1:${port}`,
      ...(wanted.arguments ?? []),
    ];
    child = spawn(program, args, { stdio: ["ignore", "ignore", openSync(log, "a")] });
    // For as long as it runs: it is ended with the test.
    while (child.exitCode === null && child.signalCode === null) {
      const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
      if (ready?.ok) return;
      await delay(50);
    }
    throw new Error(`Prometheus did not start:\n${readFileSync(log, "utf8").slice(-2000)}`);
  };
  const stop = async () => {
    const running = child;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once("exit", resolve));
    running.kill("SIGTERM");
    await gone;
  };
  onTestFinished(stop);
  await start();
  return {
    url,
    stop,
    async restart(downMs = 0) {
      await stop();
      await delay(downMs);
      await start();
    },
  };
}

/** One series' samples, a line each: `[seconds since 1970, value]`. */
export function past(series: string, samples: readonly (readonly [at: number, value: number])[]): string {
  const say = (value: number) =>
    Number.isNaN(value) ? "NaN" : Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
  return samples.map(([at, value]) => `${series} ${say(value)} ${at}`).join("\n");
}

function onPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
