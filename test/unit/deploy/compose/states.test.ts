import { describe, expect, it } from "vitest";
import type { Container, ContainerState } from "../../../../src/deploy/compose/containers.ts";
import { type Expected, judge } from "../../../../src/deploy/compose/states.ts";

const running: ContainerState = {
  Status: "running",
  Running: true,
  Restarting: false,
  ExitCode: 0,
  StartedAt: "2026-11-21T10:00:00Z",
};

interface Made {
  readonly state?: Partial<ContainerState>;
  readonly hash?: string;
  readonly image?: string;
  readonly restarts?: number;
}

let made = 0;
function container(
  service: string,
  { state = {}, hash = "h1", image = "i1", restarts = 0 }: Made = {},
): Container {
  const labels = { "com.docker.compose.service": service, "com.docker.compose.config-hash": hash };
  return {
    Id: `id${++made}`,
    Name: `/shop-${service}-1`,
    Image: image,
    RestartCount: restarts,
    State: { ...running, ...state },
    Config: { Image: "app:1", Labels: labels },
    HostConfig: {},
    Mounts: [],
    NetworkSettings: {},
  };
}

const one = { hash: "h1", id: "i1", count: 1, job: false, asItWas: false };
const web: Expected = { services: { web: one }, gone: [] };
const ended = (code: number) => ({ Status: "exited", Running: false, ExitCode: code });
const health = (status: string, output = "") => ({
  Health: { Status: status, Log: [{ ExitCode: 1, Output: output }] },
});
const look = (containers: readonly Container[], expected = web, settled = true) =>
  judge(containers, expected, () => settled).status;

describe("how a compose project is doing", () => {
  it("is healthy when all that is expected runs, and nothing else", () => {
    expect(look([container("web")])).toEqual({ state: "healthy", message: "web ready" });
    expect(look([container("web", { state: health("healthy") })]).state).toBe("healthy");
  });

  it.each<[string, Made, string, string]>([
    ["waits for one that has just started", {}, "progressing", "web has just started"],
    ["waits for a health check", { state: health("starting") }, "progressing", "web is not healthy yet"],
    [
      "waits for one that was created only",
      { state: { Status: "created", Running: false } },
      "progressing",
      "web is not started",
    ],
    [
      "waits for one that restarts",
      { state: { Status: "restarting", Restarting: true, ExitCode: 1 }, restarts: 2 },
      "progressing",
      "web restarts, exited with code 1",
    ],
    [
      "gives up on one that restarts again and again",
      { state: { Restarting: true, ExitCode: 1 }, restarts: 5 },
      "failed",
      "web restarts again and again (5 times), exited with code 1",
    ],
    ["fails for one that exited, even with 0", { state: ended(0) }, "failed", "web exited with code 0"],
    [
      "fails for one out of memory",
      { state: { ...ended(137), OOMKilled: true } },
      "failed",
      "web was killed: out of memory",
    ],
    [
      "fails for one that cannot be started",
      { state: { Status: "created", Running: false, Error: "port is already allocated" } },
      "failed",
      "web cannot be started: port is already allocated",
    ],
    ["waits for one that is paused", { state: { Paused: true } }, "progressing", "web is paused"],
  ])("%s", (_name, what, state, message) => {
    expect(look([container("web", what)], web, false)).toMatchObject({ state, message });
  });

  it("says what the health check said", () => {
    const seen = look([container("web", { state: health("unhealthy", "connection refused\n") })]);
    expect(seen).toMatchObject({ state: "failed", message: "web is unhealthy" });
    expect(seen.why).toBe("shop-web-1 is unhealthy: its health check exits with 1: connection refused");
  });

  it("tells what is expected from what was there before, by hash and image", () => {
    expect(look([container("web", { hash: "h0" })])).toMatchObject({
      state: "other",
      message: "web 1 container of something else",
    });
    expect(look([container("web", { image: "i0" })]).state).toBe("other");
    expect(look([container("web"), container("web", { hash: "h0" })]).state).toBe("progressing");
    expect(look([])).toMatchObject({ state: "other", message: "web is not there" });
  });

  it("counts containers, and wants to see gone what is to be gone", () => {
    const two = { services: { web: { ...one, count: 2 } }, gone: ["old"] };
    expect(look([container("web")], two)).toMatchObject({
      state: "progressing",
      message: "web 1 of 2 ready (waits)",
    });
    expect(look([container("web"), container("web"), container("old")], two)).toMatchObject({
      state: "progressing",
      message: "web ready, old is still there",
    });
  });

  it("takes a job that ended with 0 for well, and not one that still runs", () => {
    const job = { services: { migrate: { ...one, job: true } }, gone: [] };
    expect(look([container("migrate", { state: ended(0) })], job).state).toBe("healthy");
    expect(look([container("migrate")], job)).toMatchObject({
      state: "progressing",
      message: "migrate runs",
    });
    expect(look([container("migrate", { state: ended(2) })], job).state).toBe("failed");
  });

  it("asks no more of what was not well before than that it is as it was", () => {
    const asItWas = { services: { web: { ...one, asItWas: true } }, gone: [] };
    expect(look([container("web", { state: ended(1) })], asItWas).state).toBe("healthy");
    expect(look([container("web", { hash: "h2", state: ended(1) })], asItWas).state).toBe("other");
  });
});
