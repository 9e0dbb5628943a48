import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Servers {
  readonly urls: readonly string[];
  close(): void;
}

const program = fileURLToPath(new URL("./server.ts", import.meta.url));

/** HTTP servers on ports of their own, in one process beside this one, that answer 200 after so many milliseconds. */
export async function startServers(delayMs: number, count: number): Promise<Servers> {
  const child = spawn(process.execPath, [program, String(delayMs), String(count)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdout.setEncoding("utf8");
  const [line] = (await Promise.race([once(child.stdout, "data"), once(child, "close")])) as [unknown];
  if (typeof line !== "string") throw new Error("the local server did not start");
  const ports = JSON.parse(line) as readonly number[];
  return { urls: ports.map((port) => `http://127.0.0.1:${port}/`), close: () => void child.stdin.end() };
}
