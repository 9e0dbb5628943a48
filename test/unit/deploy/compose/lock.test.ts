import { describe, expect, it } from "vitest";
import type { Docker } from "../../../../src/clients/docker.ts";
import { createLock } from "../../../../src/deploy/compose/lock.ts";

const never = new AbortController().signal;
const claim = (holder: string) => ({ holder, reason: `deploy by ${holder}`, ttlMs: 60_000 });

/** Volumes of an engine, and its clock. */
function anEngine() {
  const volumes = new Map<string, { labels: string; createdAt: number }>();
  let now = Date.parse("2026-01-01T00:00:00Z");
  const answers: Record<string, (args: readonly string[]) => string> = {
    "volume create": (args) => {
      const name = args.at(-1) ?? "";
      const labels = args.find((arg) => arg.startsWith("release-sentinel.claim="))?.split("=")[1] ?? "";
      if (!volumes.has(name)) volumes.set(name, { labels, createdAt: now });
      return name;
    },
    "volume ls": () => [...volumes].map(([name, { labels }]) => `${name} ${labels}`).join("\n"),
    "volume rm": (args) => {
      for (const name of args.slice(2)) volumes.delete(name);
      return "";
    },
    "volume inspect": (args) => new Date(volumes.get(args.at(-1) ?? "")?.createdAt ?? 0).toISOString(),
    "info --format": () => new Date(now).toISOString(),
  };
  const answer = (args: readonly string[]) => answers[args.slice(0, 2).join(" ")]?.(args) ?? "";
  /** @param before what happens just before a volume is made */
  const docker = (before: () => Promise<void> = async () => {}) => {
    const text = async (args: readonly string[]) => {
      if (args[1] === "create") await before();
      return answer(args);
    };
    const run = async (args: readonly string[]) => ({
      code: 0,
      signal: null,
      stdout: await text(args),
      stderr: "",
    });
    return { text, run } as unknown as Docker;
  };
  return { docker, later: (ms: number) => (now += ms), names: () => [...volumes.keys()] };
}

describe("the lock of a project on its engine", () => {
  it("is one's alone, and free when it is let go of or has expired", async () => {
    const { docker, later, names } = anEngine();
    const [a, b] = [createLock(docker(), "shop"), createLock(docker(), "shop")];
    expect(await a.acquire(claim("a"), never)).toBeNull();
    expect(await a.renew(never)).toBe(true);
    expect(await b.acquire(claim("b"), never)).toMatchObject({ holder: "a" });
    await a.release(never);
    expect(names()).toEqual([]);
    expect(await b.acquire(claim("b"), never)).toBeNull();
    later(61_000);
    expect(await a.acquire(claim("a"), never)).toBeNull();
    expect(await b.renew(never)).toBe(false);
  });

  it("is not taken from whoever came while it was free for a moment", async () => {
    const { docker, later } = anEngine();
    const [a, c] = [createLock(docker(), "shop"), createLock(docker(), "shop")];
    expect(await a.acquire(claim("a"), never)).toBeNull();
    for (let i = 0; i < 3; i++) expect(await a.renew(never)).toBe(true);
    later(61_000);
    let once = false;
    const between = async () => {
      if (once) return;
      once = true;
      await a.release(never);
      expect(await c.acquire(claim("c"), never)).toBeNull();
    };
    const b = createLock(docker(between), "shop");
    expect(await b.acquire(claim("b"), never)).toMatchObject({ holder: "c" });
    expect(await c.renew(never)).toBe(true);
  });
});
