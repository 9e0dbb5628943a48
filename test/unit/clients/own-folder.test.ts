import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { makeOwnFolder } from "../../../src/clients/own-folder.ts";
import { tempFolder } from "../../support/temp.ts";

const module = JSON.stringify(join(import.meta.dirname, "../../../src/clients/own-folder.ts"));
const strangers = "elsewhere/-/-/1/- 00";
let base: string;

beforeEach(() => {
  base = tempFolder();
  vi.stubEnv("TMPDIR", base);
});
afterEach(() => vi.unstubAllEnvs());

/** What a process of its own does with a folder of its own, `path`. */
function inProcess(does: string): { readonly ended: SpawnSyncReturns<Buffer>; readonly path: string } {
  const program = `import { makeOwnFolder } from ${module};
    const { path } = makeOwnFolder();
    process.stdout.write(path, () => ${does});`;
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, TMPDIR: base },
  });
  return { ended, path: ended.stdout.toString() };
}

/** A folder whose process is gone, because it was killed. */
function leftBehind(): string {
  const { ended, path } = inProcess('process.kill(process.pid, "SIGKILL")');
  expect(ended.signal).toBe("SIGKILL");
  expect(existsSync(path)).toBe(true);
  return path;
}

/** A folder with our sort of name. */
function folder(name: string, holder?: string): string {
  const path = join(base, `release-sentinel-${name}`);
  mkdirSync(path);
  if (holder !== undefined) writeFileSync(join(path, "holder"), holder);
  return path;
}

/** What the first folder of a run leaves of the others. */
function swept(...paths: readonly string[]): boolean[] {
  // Not this process's first: one that stands elsewhere begins anew.
  vi.stubEnv("TMPDIR", tempFolder());
  makeOwnFolder().remove();
  vi.stubEnv("TMPDIR", base);
  makeOwnFolder().remove();
  return paths.map((path) => !existsSync(path));
}

describe("a folder of one's own", () => {
  it("is readable by nobody else, says who holds it, and is gone when it is removed", () => {
    const { path, remove } = makeOwnFolder();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(path, "holder"), "utf8")).toContain(`/${process.pid}/`);
    remove();
    expect(existsSync(path)).toBe(false);
  });

  it("is gone when its process ends in any way that can still say goodbye", () => {
    const { ended, path } = inProcess("process.exit(3)");
    expect(ended.status).toBe(3);
    expect(path).toContain(base);
    expect(existsSync(path)).toBe(false);
  });

  it("makes no listener of its own for each", () => {
    // In a process of its own: in this one an earlier test may have left a folder, and with it the listener.
    const program = `import { makeOwnFolder } from ${module};
      const listeners = () => process.listenerCount("exit");
      const before = listeners();
      const many = Array.from({ length: 20 }, makeOwnFolder);
      const during = listeners();
      for (const { remove } of many) remove();
      console.log(JSON.stringify([during - before, listeners() - before]));`;
    const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, TMPDIR: base },
    });
    expect(JSON.parse(said.toString())).toEqual([1, 0]);
  });

  it.runIf(process.platform === "linux")("is swept by the next run when its process was killed", () => {
    expect(swept(leftBehind(), leftBehind())).toEqual([true, true]);
  });

  it.runIf(process.platform === "linux")("stays while its process lives, however old it is", () => {
    const mine = makeOwnFolder();
    utimesSync(mine.path, 1, 1);
    expect(swept(mine.path)).toEqual([false]);
    mine.remove();
  });

  it.runIf(process.platform === "linux")(
    "is what kubectl has, for its proxy and for a pod's account, so that a kill leaves nothing for long",
    () => {
      const account = tempFolder();
      writeFileSync(join(account, "token"), "");
      const kubectl = join(account, "kubectl");
      writeFileSync(kubectl, "#!/bin/sh\necho Starting to serve; exec sleep 60\n", { mode: 0o755 });
      const near = (name: string) =>
        JSON.stringify(join(import.meta.dirname, "../../../src/clients/kubectl", name));
      const program = `import { openApiDoor } from ${near("proxy.ts")};
        import { openPodConfig } from ${near("pod-config.ts")};
        const start = { file: ${JSON.stringify(kubectl)}, args: [], env: { PATH: process.env.PATH }, cwd: "." };
        if (!(await openApiDoor(start).ready())) throw new Error("closed");
        if (!openPodConfig({ KUBERNETES_SERVICE_HOST: "10.0.0.1" }, ${JSON.stringify(account)})) throw new Error("none");
        process.kill(process.pid, "SIGKILL");`;
      const ended = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
        env: { ...process.env, TMPDIR: base },
      });
      expect(ended.signal, ended.stderr.toString()).toBe("SIGKILL");
      const left = readdirSync(base)
        .filter((name) => name.startsWith("release-sentinel-"))
        .map((name) => join(base, name));
      expect(left).toHaveLength(2);
      expect(swept(...left)).toEqual([true, true]);
    },
  );

  it("is the only sort of temporary folder there is", () => {
    const src = join(import.meta.dirname, "../../../src");
    const others = readdirSync(src, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && name !== join("clients", "own-folder.ts"))
      .filter((name) => /mkdtemp(Sync)?\(join\(tmpdir/.test(readFileSync(join(src, name), "utf8")));
    expect(others).toEqual([]);
  });

  it("stays while nobody can say; a week later it goes", () => {
    const old = folder("abc123", strangers);
    utimesSync(old, 1, 1);
    expect(swept(old, folder("abc456", strangers))).toEqual([true, false]);
  });

  it("is never somebody's whose name is like ours, nor a link", () => {
    const target = join(base, "precious");
    mkdirSync(target);
    writeFileSync(join(target, "holder"), strangers);
    symlinkSync(target, join(base, "release-sentinel-linked"));
    const named = folder("config");
    const said = folder("holder", "me, for the demonstration");
    const longer = folder("backups", strangers);
    const leads = folder("abc789");
    symlinkSync(join(target, "holder"), join(leads, "holder"));
    const all = [target, join(base, "release-sentinel-linked"), named, said, longer, leads];
    for (const path of all) utimesSync(path, 1, 1);
    expect(swept(...all)).toEqual(all.map(() => false));
  });
});

it("says how it is, where none can be made", () => {
  const file = join(tempFolder(), "file");
  writeFileSync(file, "");
  vi.stubEnv("TMPDIR", file);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(() => makeOwnFolder()).toThrow(expect.objectContaining({ code: "temporary-folder", exitCode: 2 }));
});
