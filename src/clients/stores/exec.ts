import { randomUUID } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseObject } from "../../core/json.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { within } from "../../core/within.ts";
import { makeOwnFolder } from "../own-folder.ts";
import { type ProgramAnswer, ProgramMissing, type ProgramReader } from "../readers.ts";
import { contentOf, tooLarge } from "./local.ts";
import { judged, type Store, StoreConflict, type StoredFile, storeName } from "./store.ts";

/** How a program says what is no failure. */
const notThere = 3;
const otherContent = 4;
const notSupported = 5;
const outputBytes = 1024 * 1024;

export interface ExecStoreOptions {
  readonly programs: ProgramReader;
  /** Program and arguments; a verb and its own are added. */
  readonly run: readonly [string, ...string[]];
  /** What it is called in messages. Default: the program's name. */
  readonly name?: string | undefined;
  /** Added to the few that every program gets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Of one call, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * A program that stores files, called as
 * `PROGRAM stat NAME` (prints `{"bytes": N, "sha256": "…"}`) · `put NAME FILE` · `get NAME FILE` · `list` (a name a line) · `remove NAME`.
 * It ends with 0 when that is done, 3 when there is no such file, 4 when there is another one of that name already,
 * 5 when it does not know the verb (`list` and `remove` are not needed); anything else is a failure.
 */
export function createExecStore(options: ExecStoreOptions): Store {
  const { programs, run, env = {}, cwd, timeoutMs } = options;
  const name = `program ${printable(options.name ?? basename(run[0]), 200)}`;

  async function call(
    args: readonly [string, ...string[]],
    outer: AbortSignal,
    fine: readonly number[],
  ): Promise<ProgramAnswer> {
    const answer = await within(timeoutMs, outer, (signal) =>
      programs.run({ argv: [...run, ...args], cwd, env, maxOutputBytes: outputBytes, signal }),
    ).catch((error: unknown) => {
      if (outer.aborted) throw outer.reason;
      if (error instanceof ProgramMissing)
        throw new StepFailure(`${name}: ${error.message}`, "see to ritual.archive.stores[].exec.run");
      throw new StepFailure(
        `${name} ${args[0]}: ${printable(error instanceof Error ? error.message : "failed", 300)}`,
        "see to the program",
      );
    });
    if (answer.code === 0 || (answer.code !== null && fine.includes(answer.code))) return answer;
    const last = answer.stderr.trim().split("\n").at(-1) ?? "";
    const how = answer.code === null ? `was ended by ${answer.signal}` : `ended with ${answer.code}`;
    throw new StepFailure(
      `${name} ${args[0]} ${how}${last ? `: ${printable(last, 300)}` : ""}`,
      "see to the program",
    );
  }

  async function look(file: string, signal: AbortSignal): Promise<StoredFile | null> {
    const { code, stdout } = await call(["stat", storeName(file)], signal, [notThere]);
    return code === notThere ? null : { name: file, ...said(name, stdout) };
  }

  /** By what it gives back, not by what it says that it has. */
  async function readBack(file: string, signal: AbortSignal): Promise<StoredFile | null> {
    const folder = makeOwnFolder();
    try {
      return await fetch(file, join(folder.path, randomUUID()), Number.POSITIVE_INFINITY, signal);
    } finally {
      folder.remove();
    }
  }

  async function fetch(
    file: string,
    to: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<StoredFile | null> {
    try {
      const { code } = await call(["get", storeName(file), to], signal, [notThere]);
      if (code === notThere) {
        await rm(to, { force: true });
        return null;
      }
      const info = await stat(to).catch(() => null);
      if (!info?.isFile())
        throw new StepFailure(`${name} get ended with 0, and made no file`, "see to the program");
      if (info.size > maxBytes) throw tooLarge(maxBytes);
      return { name: file, ...(await contentOf(to, signal)) };
    } catch (error) {
      await rm(to, { force: true });
      throw error;
    }
  }

  return {
    name,
    stat: look,
    async put(file, signal) {
      const before = await look(file.name, signal);
      if (before) return judged(name, file, before, "there");
      const { code } = await call(["put", file.name, file.path], signal, [otherContent]);
      const after = await readBack(file.name, signal);
      if (code === otherContent && after === null) throw new StoreConflict(name, file, null);
      return judged(name, file, after, "stored");
    },
    get: fetch,
    async list(signal) {
      const { code, stdout } = await call(["list"], signal, [notSupported]);
      if (code === notSupported) return null;
      return stdout
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean)
        .sort();
    },
    async remove(file, signal) {
      const { code } = await call(["remove", storeName(file)], signal, [notThere, notSupported]);
      if (code === notSupported)
        throw new StepFailure(`${name} does not remove files`, "teach it `remove NAME`", true);
    },
    async prove() {
      if (programs.which(run[0]) !== undefined) return [{ state: "ok", message: `${name} is there` }];
      return [
        {
          state: "conflict",
          message: `${name}: ${printable(run[0], 200)} is not there or may not be run`,
          remedy: "see to ritual.archive.stores[].exec.run",
        },
      ];
    },
  };
}

function said(name: string, stdout: string): { bytes: number; sha256: string } {
  const { bytes, sha256 } = parseObject(stdout) ?? {};
  if (Number.isSafeInteger(bytes) && typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256))
    return { bytes: bytes as number, sha256 };
  throw new StepFailure(
    `${name} stat did not print {"bytes": N, "sha256": "…"}: ${printable(stdout.trim(), 100)}`,
    "see to the program",
  );
}
