import { count, printable } from "../../core/text.ts";
import type { Status } from "../driver.ts";
import { type Container, hashOf, nameOf } from "./containers.ts";
import { byService } from "./kept.ts";

export interface ExpectedService {
  readonly hash: string | null;
  /** The image's id; null where it is not known. */
  readonly id: string | null;
  readonly count: number;
  /** It is well when it has ended well. */
  readonly job: boolean;
  /** It was not well before either: that it is as it was is enough. */
  readonly asItWas: boolean;
}

export interface Expected {
  readonly services: Readonly<Record<string, ExpectedService>>;
  /** Services that must be gone. */
  readonly gone: readonly string[];
}

export interface Seen {
  readonly status: Status;
  /** Containers that failed: their logs say why. */
  readonly failed: readonly Container[];
}

type Word = "ready" | "progressing" | "failed";
interface Judged {
  readonly word: Word;
  readonly said: string;
  readonly why?: string;
}

/** Restarts after which it is not the neighbour that was late. */
const manyRestarts = 5;

/**
 * How a project is doing against what should be there. Pure.
 * @param settled whether a container without a health check has run for long enough to be believed
 */
export function judge(
  containers: readonly Container[],
  expected: Expected,
  settled: (container: Container) => boolean,
): Seen {
  const present = byService(containers);
  const left = expected.gone.filter((name) => (present[name]?.length ?? 0) > 0);
  const failed: Container[] = [];
  const whys: string[] = [];
  const parts: { word: Word; text: string; right: number }[] = [];
  for (const [name, want] of Object.entries(expected.services)) {
    const its = present[name] ?? [];
    const right = its.filter((container) => matches(container, want));
    const judged = right.map((container) => ({ container, ...judgeOne(container, want, settled) }));
    for (const one of judged.filter(({ word }) => word === "failed")) {
      failed.push(one.container);
      whys.push(`${nameOf(one.container)} ${one.why ?? one.said}`);
    }
    const ready = judged.filter(({ word }) => word === "ready").length;
    const worst = judged.find(({ word }) => word === "failed") ?? judged.find(({ word }) => word !== "ready");
    const whole = ready === want.count && its.length === right.length;
    const word: Word = worst?.word === "failed" ? "failed" : whole ? "ready" : "progressing";
    parts.push({ word, right: right.length, text: sentence(name, ready, want, worst?.said, its, right) });
  }
  const message = [...parts.map(({ text }) => text), ...left.map((name) => `${name} is still there`)].join(
    ", ",
  );
  const status = (state: Status["state"]): Status => ({
    state,
    message: message || "nothing is expected, and nothing is there",
    ...(whys.length > 0 ? { why: whys.join(". ") } : {}),
  });
  if (failed.length > 0) return { status: status("failed"), failed };
  if (parts.every(({ word }) => word === "ready") && left.length === 0) {
    return { status: status("healthy"), failed };
  }
  const nothingRight = parts.length > 0 && parts.every(({ right, word }) => right === 0 && word !== "ready");
  return { status: status(nothingRight ? "other" : "progressing"), failed };
}

function matches(container: Container, want: ExpectedService): boolean {
  return (
    (want.hash === null || hashOf(container) === want.hash) &&
    (want.id === null || container.Image === want.id)
  );
}

function sentence(
  name: string,
  ready: number,
  want: ExpectedService,
  said: string | undefined,
  its: readonly Container[],
  right: readonly Container[],
): string {
  const old = its.length - right.length;
  const rest = [said, old > 0 ? `${count(old, "container")} of something else` : undefined].filter(Boolean);
  if (rest.length === 0 && ready === want.count) return `${name} ready`;
  const howMany = want.count === 1 && ready === 0 ? "" : ` ${ready} of ${want.count} ready`;
  const words = rest.length > 0 ? rest.join(", ") : right.length === 0 ? "is not there" : "waits";
  return howMany === "" ? `${name} ${words}` : `${name}${howMany} (${words})`;
}

function judgeOne(
  container: Container,
  want: ExpectedService,
  settled: (container: Container) => boolean,
): Judged {
  if (want.asItWas) return { word: "ready", said: "as it was" };
  const { State: state, RestartCount: restarts } = container;
  if (restarts >= manyRestarts && !healthy(container)) {
    return { word: "failed", said: `restarts again and again (${restarts} times), ${ended(container)}` };
  }
  if (state.Restarting) return { word: "progressing", said: `restarts, ${ended(container)}` };
  if (state.Status === "created") {
    if (!state.Error) return { word: "progressing", said: "is not started" };
    return { word: "failed", said: `cannot be started: ${printable(state.Error, 300)}` };
  }
  if (!state.Running) {
    if (want.job && state.ExitCode === 0) return { word: "ready", said: "ended well" };
    return { word: "failed", said: ended(container) };
  }
  if (state.Paused) return { word: "progressing", said: "is paused" };
  if (want.job) return { word: "progressing", said: "runs" };
  return judgeRunning(container, settled);
}

function judgeRunning(container: Container, settled: (container: Container) => boolean): Judged {
  const { Health: health } = container.State;
  if (health === undefined || health.Status === "none") {
    if (settled(container)) return { word: "ready", said: "runs" };
    return { word: "progressing", said: "has just started" };
  }
  if (health.Status === "healthy") return { word: "ready", said: "healthy" };
  const last = health.Log?.at(-1);
  const output = printable(last?.Output.trim() ?? "", 300);
  const check = last ? `its health check exits with ${last.ExitCode}${output ? `: ${output}` : ""}` : "";
  if (health.Status === "starting") {
    const said = last && last.ExitCode !== 0 ? "is not healthy yet" : "starts";
    return { word: "progressing", said, ...(check ? { why: check } : {}) };
  }
  return { word: "failed", said: "is unhealthy", why: `is unhealthy: ${check || "its health check fails"}` };
}

function healthy({ State }: Container): boolean {
  return State.Running && State.Health?.Status === "healthy";
}

function ended({ State }: Container): string {
  const how = State.OOMKilled ? "was killed: out of memory" : `exited with code ${State.ExitCode}`;
  return State.Error ? `${how}: ${printable(State.Error, 300)}` : how;
}
