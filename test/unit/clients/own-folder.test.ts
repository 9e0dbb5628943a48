import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeOwnFolder, sweepOwnFolders } from "../../../src/clients/own-folder.ts";
import { tempFolder } from "../../support/temp.ts";

const prefix = "rs-own-";
let base: string;

beforeEach(() => {
  base = tempFolder();
  vi.stubEnv("TMPDIR", base);
});
afterEach(() => vi.unstubAllEnvs());

/** A folder whose process is gone, because it was killed. */
function leftBehind(): string {
  const program = `import { makeOwnFolder } from ${JSON.stringify(join(import.meta.dirname, "../../../src/clients/own-folder.ts"))};
    process.stdout.write(makeOwnFolder(${JSON.stringify(prefix)}).path, () => process.kill(process.pid, "SIGKILL"));`;
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, TMPDIR: base },
  });
  expect(ended.signal).toBe("SIGKILL");
  return ended.stdout.toString();
}

describe("a folder of one's own", () => {
  it("is readable by nobody else, says who holds it, and is gone when it is removed", () => {
    const { path, remove } = makeOwnFolder(prefix);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(path, "holder"), "utf8")).toContain(`/${process.pid}/`);
    remove();
    expect(existsSync(path)).toBe(false);
  });

  it("is gone when its process ends in any way that can still say goodbye", () => {
    const program = `import { makeOwnFolder } from ${JSON.stringify(join(import.meta.dirname, "../../../src/clients/own-folder.ts"))};
      process.stdout.write(makeOwnFolder(${JSON.stringify(prefix)}).path, () => process.exit(3));`;
    const ended = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, TMPDIR: base },
    });
    expect(ended.status).toBe(3);
    expect(existsSync(ended.stdout.toString())).toBe(false);
  });

  it.runIf(process.platform === "linux")("is swept by the next run when its process was killed", () => {
    const left = leftBehind();
    expect(existsSync(left)).toBe(true);
    sweepOwnFolders(prefix);
    expect(existsSync(left)).toBe(false);
  });

  it("stays while its process lives, and while nobody can say; a day later it goes", () => {
    const mine = makeOwnFolder(prefix);
    const strange = join(base, `${prefix}strange`);
    mkdirSync(strange);
    writeFileSync(join(strange, "holder"), "elsewhere/-/-/1/- 00");
    sweepOwnFolders(prefix);
    expect([existsSync(mine.path), existsSync(strange)]).toEqual([true, true]);
    utimesSync(strange, 1, 1);
    sweepOwnFolders(prefix);
    expect([existsSync(mine.path), existsSync(strange)]).toEqual([true, false]);
    mine.remove();
  });

  it("is never a link, nor something of another name", () => {
    const target = join(base, "precious");
    mkdirSync(target);
    utimesSync(target, 1, 1);
    symlinkSync(target, join(base, `${prefix}link`));
    sweepOwnFolders(prefix);
    expect(existsSync(target)).toBe(true);
    expect(existsSync(join(base, `${prefix}link`))).toBe(true);
  });
});
