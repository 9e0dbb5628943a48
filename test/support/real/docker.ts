import { execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { tempFolder } from "../temp.ts";
import { required } from "./require.ts";

const run = promisify(execFile);

/**
 * A Docker engine that may be used for tests, `unix://…`: RS_TEST_DOCKER_HOST, or one of the tests' own where everything must
 * be there and this machine can run one. Never that of the person who runs the tests.
 */
export const engine = required(
  "a Docker engine for tests: RS_TEST_DOCKER_HOST=unix://…, with `docker compose` and a static busybox on PATH",
  await findEngine(),
);

/** The program of compose v1. */
export const composeV1 = required(
  "docker-compose 1.29: RS_TEST_COMPOSE_V1=FILE",
  process.env["RS_TEST_COMPOSE_V1"] || undefined,
);

/** @throws with stderr */
export async function docker(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = run("docker", args, {
    env: { ...process.env, DOCKER_HOST: engine.found ?? "", ...env },
    maxBuffer: 64 << 20,
  });
  return (await child).stdout;
}

/** An image of nothing but busybox, different from every other by what it holds. Gone with the test. */
export async function image(name: string, flags: readonly string[] = []): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "rs-test-image-"));
  try {
    mkdirSync(join(folder, "bin"));
    cpSync(busybox() ?? "", join(folder, "bin/busybox"), { dereference: true });
    for (const tool of [
      "sh",
      "sleep",
      "httpd",
      "cat",
      "echo",
      "true",
      "false",
      "test",
      "touch",
      "ls",
      "env",
    ]) {
      symlinkSync("busybox", join(folder, "bin", tool));
    }
    writeFileSync(join(folder, "made"), randomBytes(16));
    const tar = join(folder, "..", `${randomBytes(8).toString("hex")}.tar`);
    execFileSync("tar", ["-cf", tar, "-C", folder, "."]);
    const id = (await docker(["import", ...flags, tar, name])).trim();
    rmSync(tar);
    return id;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A project's name that nobody else has; everything of it is gone when the test is over. */
export function project(): string {
  const name = `rs-test-${randomBytes(5).toString("hex")}`;
  onTestFinished(() => removeAll(name));
  return name;
}

async function removeAll(name: string): Promise<void> {
  const of = (what: string[]) => docker(what).then((text) => text.split("\n").filter(Boolean));
  const drop = async (verb: string[], names: string[]) => {
    if (names.length > 0) await docker([...verb, ...names]).catch(() => {});
  };
  await drop(["rm", "--force", "--volumes"], await of(["ps", "-aq", "--filter", `name=${name}`]));
  const labelled = ["--filter", `label=com.docker.compose.project=${name}`];
  await drop(["rm", "--force", "--volumes"], await of(["ps", "-aq", ...labelled]));
  await drop(["network", "rm"], await of(["network", "ls", "-q", ...labelled]));
  await drop(["volume", "rm"], await of(["volume", "ls", "-q", "--filter", `name=${name}`]));
  await drop(["rmi", "--force"], await of(["images", "-q", "--filter", `reference=${name}*`]));
}

/** A socket that leads to the engine, and can be cut. */
export async function wire(): Promise<{ host: string; cut(): void; hang(): void; mend(): void }> {
  const folder = tempFolder("rs-wire-");
  const path = join(folder, "sock");
  const target = (engine.found ?? "").replace("unix://", "");
  const open = new Set<Socket>();
  let mode: "open" | "cut" | "hang" = "open";
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on("error", () => {}).on("close", () => open.delete(client));
    if (mode === "cut") return void client.destroy();
    if (mode === "hang") return;
    const upstream = connect({ path: target, allowHalfOpen: true });
    upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
    client.on("close", () => upstream.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const drop = () => open.forEach((socket) => void socket.destroy());
  onTestFinished(() => {
    drop();
    server.close();
  });
  return {
    host: `unix://${path}`,
    cut() {
      mode = "cut";
      drop();
    },
    hang() {
      mode = "hang";
      drop();
    },
    mend() {
      mode = "open";
    },
  };
}

function busybox(): string | undefined {
  return ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
}

async function findEngine(): Promise<string | undefined> {
  const named = process.env["RS_TEST_DOCKER_HOST"] || (await ownEngine());
  if (!named || busybox() === undefined) return undefined;
  try {
    await run("docker", ["compose", "version"], { env: { ...process.env, DOCKER_HOST: named } });
    await run("docker", ["version"], { env: { ...process.env, DOCKER_HOST: named } });
    return named;
  } catch {
    return undefined;
  }
}

/** Started for this process, and gone with it. */
async function ownEngine(): Promise<string | undefined> {
  if (
    process.env["RS_TEST_REQUIRE"] !== "all" ||
    process.getuid?.() !== 0 ||
    !existsSync("/usr/sbin/dockerd")
  ) {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "rs-docker-"));
  const at = (name: string) => join(folder, name);
  const log = openSync(at("log"), "a");
  const flags = ["--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("pid")];
  const host = `unix://${at("sock")}`;
  const daemon = spawn("/usr/sbin/dockerd", [...flags, "-H", host], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  daemon.unref();
  process.once("exit", () => {
    const stop = `kill ${daemon.pid}; for i in $(seq 100); do kill -0 ${daemon.pid} 2>/dev/null || break; sleep 0.1; done`;
    execFileSync("/bin/sh", ["-c", `${stop}; rm -rf ${folder}`], { stdio: "ignore" });
  });
  // For as long as it runs: it is ended with this process.
  while (daemon.exitCode === null && daemon.signalCode === null) {
    if (existsSync(at("sock"))) return host;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}
