import { setTimeout as sleep } from "node:timers/promises";
import type { SentinelEvent } from "../../../src/core/event.ts";
import { StepFailure } from "../../../src/core/step.ts";
import type { Driver, Look, Phase, Run } from "../../../src/deploy/driver.ts";
import { registerLock } from "../../../src/deploy/state/lock.ts";
import { registerMemory } from "../../../src/deploy/state/memory.ts";
import {
  changeState,
  emptyState,
  type PlaceState,
  type Register,
} from "../../../src/deploy/state/register.ts";
import { type Admission, type ApplyRun, apply } from "../../../src/flows/apply/apply.ts";
import type { DeployOutcome } from "../../../src/flows/apply/outcome.ts";
import { pinning } from "../../../src/flows/apply/pin.ts";
import { type RollbackRun, rollback } from "../../../src/flows/apply/rollback.ts";
import type { Place } from "../../../src/flows/apply/survey.ts";

/** What runs at the stage: versions called `bad…` never become healthy, those called `slow…` only when they are told to. */
export interface Scene {
  now: string | null;
  state: PlaceState;
  /** Every call that was made, in order. */
  readonly calls: string[];
  /** What goes wrong: `apply`, `status applied`, `lock.renew`, …; each is taken away when it returns false. */
  fault: ((call: string) => Fault | undefined) | undefined;
  readonly events: SentinelEvent[];
  readonly left: string[];
}

/** `lost`: it is done, and the answer does not arrive. `hang`: it ends only when it is aborted. */
export type Fault =
  | { readonly kind: "fails"; readonly final?: boolean; readonly message?: string }
  | { readonly kind: "lost" }
  | { readonly kind: "hang" };

export function stage(now: string | null = null): Scene {
  return { now, state: emptyState, calls: [], fault: undefined, events: [], left: [] };
}

const digest = (version: string) => `sha256:${Buffer.from(version).toString("hex").padEnd(64, "0")}`;
export const imageOf = (version: string): string => `app@${digest(version)}`;

function register(scene: Scene): Register {
  return {
    async read() {
      return { state: scene.state, tag: JSON.stringify(scene.state) };
    },
    async replace(state, tag) {
      if (tag !== JSON.stringify(scene.state)) return false;
      scene.state = state;
      return true;
    },
  };
}

/** A driver of a place in memory, as a new process opens it. */
export function stageDriver(scene: Scene, version: string): Driver {
  const place = register(scene);
  async function call<T>(name: string, signal: AbortSignal, work: () => T | Promise<T>): Promise<T> {
    signal.throwIfAborted();
    scene.calls.push(name);
    const fault = scene.fault?.(name);
    if (fault?.kind === "hang") {
      await sleep(600_000, undefined, { signal, ref: false }).catch(() => signal.throwIfAborted());
    }
    if (fault?.kind === "fails")
      throw new StepFailure(fault.message ?? `${name} went wrong`, undefined, fault.final);
    const result = await work();
    if (fault?.kind === "lost") throw new StepFailure("the connection was cut");
    return result;
  }
  const lock = registerLock(place);
  const memory = registerMemory(place, {
    keep: 5,
    isSomething: () => false,
    keepNow: async () => ({ kept: { was: scene.now }, revision: scene.now ?? "" }),
  });
  const known = (id: string | null) => scene.state.good.find((good) => good.id === id);
  return {
    name: "stage",
    plan: (signal) =>
      call("plan", signal, () => {
        const { unfinished, current } = scene.state;
        const was = unfinished ? (unfinished.kept as { was: string | null }).was : scene.now;
        return {
          target: { title: "the stage", name: "app" },
          changes: [
            {
              subject: "app",
              action: scene.now === null ? "create" : scene.now === version ? "unchanged" : "change",
              diff: scene.now === version ? "" : `+image: ${imageOf(version)}\n`,
            },
          ],
          images: [
            { subject: "app", image: imageOf(version), digest: digest(version), isNew: was !== version },
          ],
          wayBack:
            was === null
              ? { state: "nothing", message: "what is created is removed", version: null }
              : { state: "ready", message: `back to ${was}`, version: known(current)?.version ?? was },
          proofs: [],
          unfinished: unfinished?.run ?? null,
        };
      }),
    capture: (run, signal) =>
      call("capture", signal, async () => {
        await changeState(
          place,
          (state) => {
            const first = state.unfinished ?? { kept: { was: scene.now }, wayBack: null };
            return { ...state, unfinished: { ...first, run } };
          },
          signal,
        );
        return "kept";
      }),
    apply: (signal) =>
      call("apply", signal, () => {
        scene.now = version;
        return "applied";
      }),
    status: (expected, signal) =>
      call(`status ${expected}`, signal, () => {
        const { now } = scene;
        if (now === null)
          return expected === "restored"
            ? { state: "healthy", message: "nothing is there" }
            : { state: "other", message: "nothing is there" };
        if (now.startsWith("bad")) return { state: "failed", message: "app 0 of 1 ready", why: "it crashes" };
        if (now.startsWith("slow")) return { state: "progressing", message: "app 0 of 1 ready" };
        return { state: "healthy", message: "app 1 of 1 ready", digests: [imageOf(now)] };
      }),
    restore: (to, signal) =>
      call("restore", signal, () => {
        if (to.kind === "captured") {
          if (!scene.state.unfinished) throw new StepFailure("nothing was kept", undefined, true);
          scene.now = (scene.state.unfinished.kept as { was: string | null }).was;
        } else if (to.kind === "good") scene.now = known(to.good.id)?.version ?? null;
        else scene.now = to.kind === "image" ? (to.image.split("@")[0] ?? "") : to.revision;
        return "restored";
      }),
    lock: {
      acquire: (claim, signal) => call("lock.acquire", signal, () => lock.acquire(claim, signal)),
      renew: (signal) => call("lock.renew", signal, () => lock.renew(signal)),
      release: (signal) => call("lock.release", signal, () => lock.release(signal)),
    },
    memory: {
      read: (signal) => call("memory.read", signal, () => memory.read(signal)),
      good: (run, status, signal) => call("memory.good", signal, () => memory.good(run, status, signal)),
      rolledBack: (rejected, current, signal) =>
        call("memory.rolledBack", signal, () => memory.rolledBack(rejected, current, signal)),
      pardon: (digests, signal) => call("memory.pardon", signal, () => memory.pardon(digests, signal)),
    },
    byHand: () => ["look at app"],
    close: async () => void scene.calls.push("close"),
  };
}

export interface Staging {
  readonly run?: Partial<ApplyRun & RollbackRun>;
  readonly looks?: readonly Look[];
  readonly backLooks?: readonly Look[];
  readonly before?: readonly Phase[];
  readonly after?: readonly Phase[];
  readonly admission?: Partial<Admission>;
  /** Stands in for the driver. */
  readonly change?: (driver: Driver) => Driver;
}

let runs = 0;

function runOf(
  scene: Scene,
  version: string,
  command: "apply" | "rollback" | "pin",
  staging: Staging,
): ApplyRun & RollbackRun {
  const never = new AbortController().signal;
  const made: Run = {
    id: `run-${++runs}`,
    version,
    commit: "c".repeat(40),
    actor: "tester",
    startedAt: new Date().toISOString(),
  };
  const driver = stageDriver(scene, version);
  const place: Place = {
    driver: staging.change?.(driver) ?? driver,
    run: made,
    looks: staging.looks ?? [],
    backLooks: staging.backLooks ?? [],
    before: staging.before ?? [],
    after: staging.after ?? [],
  };
  return {
    ...{ command, environment: "prod", version, allowWarnings: false, reason: undefined, noWayBack: false },
    ...{ dryRun: false, onInterrupt: "rollback", promote: "watch", to: undefined },
    limits: { waitMs: 300, pollMs: 10, lockWaitMs: 0, lockTtlMs: 60_000 },
    claim: { holder: made.id, reason: `${command} of ${version} by tester` },
    resume: `release-sentinel ${command}`,
    undo: "release-sentinel rollback --env prod",
    emit: (event: SentinelEvent) => void scene.events.push(event),
    interrupt: never,
    deadline: never,
    leaving: (state: string) => void scene.left.push(state),
    planned: () => {},
    verdict: async () => ({ exitCode: 0, commit: made.commit, verdict: null, ...staging.admission }) as const,
    open: async () => place,
    ...staging.run,
  };
}

export function deploy(scene: Scene, version: string, staging: Staging = {}): Promise<DeployOutcome> {
  return apply(runOf(scene, version, "apply", staging));
}

export function goBackBy(scene: Scene, staging: Staging = {}): Promise<DeployOutcome> {
  return rollback(runOf(scene, "", "rollback", staging));
}

export function pin(scene: Scene, image: string, staging: Staging = {}): Promise<DeployOutcome> {
  return apply(runOf(scene, image, "pin", { change: (driver) => pinning(driver, image), ...staging }));
}

/** A fault at the n-th such call, once. */
export function onceAt(name: string, fault: Fault, n = 1): (call: string) => Fault | undefined {
  let seen = 0;
  return (call) => (call === name && ++seen === n ? fault : undefined);
}

/** What is true at the end of every run, whatever happened: nobody holds the lock, and somebody has closed the door. */
export function isOver(scene: Scene): boolean {
  return scene.state.lock === null && scene.calls.at(-1) === "close";
}
