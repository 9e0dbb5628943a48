import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A program to be measured. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What its standard error holds when it did its work; without it, it ends with 0 then. */
  readonly proof?: RegExp;
}

export interface Run {
  readonly wallMs: number;
  /** Processor time of the program and its children; NaN where there is no procfs. Exact to 10 ms, so only a mean says much. */
  readonly cpuMs: number;
  readonly exitCode: number;
}

/** Nothing that is measured takes longer; a peer that waits for something is given up. */
const longestMs = 120_000;

/**
 * Runs the commands in turn (A B A B …), so that whatever else the machine does falls on all of them alike.
 * One round goes before that is not counted: it fills caches.
 * @throws when a command does not do its work
 */
export function alternate<Name extends string>(
  commands: Readonly<Record<Name, Command>>,
  rounds: number,
): Record<Name, readonly Run[]> {
  const names = Object.keys(commands) as Name[];
  const runs = Object.fromEntries(names.map((name) => [name, [] as Run[]])) as Record<Name, Run[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const measured = run(commands[name]);
      if (round > 0) runs[name].push(measured);
    }
  }
  return runs;
}

function run({ argv: [program, ...args], cwd, env, proof }: Command): Run {
  const cpuBefore = childrenCpuMs();
  const began = performance.now();
  const answer = spawnSync(program, args, { cwd, env, timeout: longestMs, maxBuffer: 64 * 1024 * 1024 });
  const wallMs = performance.now() - began;
  const said = answer.stderr?.toString("utf8").trim() ?? "";
  const { status, error } = answer;
  if (status === null || error || (proof ? !proof.test(said) : status !== 0)) {
    const why = error?.message ?? said.split("\n").slice(-3).join(" | ");
    throw new Error(`${[program, ...args].join(" ")} ended with ${status}: ${why}`);
  }
  return { wallMs, cpuMs: childrenCpuMs() - cpuBefore, exitCode: status };
}

/** Of all children that have ended, and theirs. */
function childrenCpuMs(): number {
  const msPerTick = 10;
  const fields = procText("/proc/self/stat").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[13] ?? Number.NaN) + Number(fields[14] ?? Number.NaN)) * msPerTick;
}

function procText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The most memory that a program had at once, in bytes; undefined where the kernel does not tell. */
export function peakBytes({ argv: [program, ...args], cwd, env }: Command): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: "ignore", timeout: longestMs });
    let peak: number | undefined;
    const look = setInterval(() => {
      const kib = /^VmHWM:\s+(\d+) kB$/m.exec(procText(`/proc/${child.pid}/status`))?.[1];
      if (kib !== undefined) peak = Number(kib) * 1024;
    }, 5);
    child.on("error", reject);
    child.on("close", () => {
      clearInterval(look);
      resolve(peak);
    });
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function medianWallMs(runs: readonly Run[]): number {
  return median(runs.map(({ wallMs }) => wallMs));
}

export function meanCpuMs(runs: readonly Run[]): number {
  return runs.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / runs.length;
}

/** Of the same round: what slows a whole round down falls out. */
export function medianExtraMs(more: readonly Run[], less: readonly Run[]): number {
  return median(more.map(({ wallMs }, i) => wallMs - (less[i]?.wallMs ?? Number.NaN)));
}
