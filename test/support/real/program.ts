import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, openSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { freePort } from "../server.ts";
import { tempFolder } from "../temp.ts";
import { required } from "./require.ts";

export interface ServerProgram {
  readonly found: string | undefined;
  readonly skip: boolean;
}

/** A server's program: where a variable says, or on PATH. */
export function serverProgram(what: string, name: string, variable: string): ServerProgram {
  return required(`${what}: ${name} on PATH, or ${variable}=FILE`, process.env[variable] || onPath(name));
}

export interface RunningServer {
  readonly url: string;
}

/** Runs it on a port of its own until the test is over, and waits until it answers. */
export async function startServer(
  { found }: ServerProgram,
  args: (port: number, folder: string) => readonly string[],
  ready: string,
): Promise<RunningServer> {
  const [port, folder] = [await freePort(), tempFolder("rs-server-")];
  const log = join(folder, "log");
  const child = spawn(found ?? "", args(port, folder), { stdio: ["ignore", "ignore", openSync(log, "a")] });
  onTestFinished(() => stop(child));
  const url = `http://127.0.0.1:${port}`;
  // For as long as it runs: it is ended with the test.
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`${url}${ready}`).catch(() => undefined);
    if (answer?.ok) return { url };
    await delay(50);
  }
  throw new Error(`${found} did not start:\n${readFileSync(log, "utf8").slice(-2000)}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
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
