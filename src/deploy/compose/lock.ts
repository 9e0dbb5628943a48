import { randomBytes } from "node:crypto";
import type { Docker } from "../../clients/docker.ts";
import { isDead } from "../../clients/host/holder.ts";
import { monotonicMs } from "../../core/clock.ts";
import type { Lock, LockClaim, LockHolder } from "../driver.ts";

const lockLabel = "release-sentinel.lock";
const claimLabel = "release-sentinel.claim";

interface Claim {
  readonly holder: string;
  readonly reason: string;
  readonly since: string;
  readonly ttlMs: number;
  readonly nonce: string;
}

interface Numbered extends Claim {
  readonly n: number;
  readonly volume: string;
}

/**
 * A lock on the engine itself, so that it holds across machines: volumes numbered 1, 2, 3 …, whose labels say whose they are.
 * The engine makes a volume of one name once and never changes its labels, so of two that ask for the next number one wins.
 * The highest number has the lock. Time is the engine's, so that the machines' clocks do not matter.
 */
export function createLock(docker: Docker, project: string): Lock {
  let ours: Numbered | null = null;
  let renewedAt = 0;

  async function claims(signal: AbortSignal): Promise<Numbered[]> {
    const format = `{{.Name}} {{.Label "${claimLabel}"}}`;
    const listed = await docker.text(
      ["volume", "ls", "--filter", `label=${lockLabel}=${project}`, "--format", format],
      { signal },
    );
    return listed
      .split("\n")
      .map(numbered)
      .filter((claim) => claim !== null)
      .sort((a, b) => b.n - a.n);
  }

  /**
   * Takes number `n` if nobody else does. Null: it is ours; else who has it.
   * @param seen what was there before, for whoever has nothing yet
   */
  async function take(
    n: number,
    claim: Claim,
    seen: readonly Numbered[] | null,
    signal: AbortSignal,
  ): Promise<Numbered | null> {
    const text = Buffer.from(JSON.stringify(claim)).toString("base64url");
    const labels = ["--label", `${lockLabel}=${project}`, "--label", `${claimLabel}=${text}`];
    const volume = `release-sentinel.${project}.lock.${n}`;
    await docker.text(["volume", "create", ...labels, volume], { signal });
    const [top, ...older] = await claims(signal);
    if (top?.nonce !== claim.nonce) {
      // Somebody had come further in the meantime.
      await remove(older.filter(({ nonce }) => nonce === claim.nonce));
      return top ?? { ...claim, n, volume };
    }
    // Whoever came when the lock was free for a moment began at 1 again, and may be at work.
    const newer = seen && older.find(({ nonce }) => !seen.some((one) => one.nonce === nonce));
    if (newer) {
      await remove([top]);
      return newer;
    }
    [ours, renewedAt] = [top, monotonicMs()];
    await remove(older);
    return null;
  }

  async function remove(old: readonly Numbered[]): Promise<void> {
    if (old.length === 0) return;
    // Nobody's signal: what is left behind would be somebody's puzzle.
    const signal = AbortSignal.timeout(10_000);
    await docker.run(["volume", "rm", ...old.map(({ volume }) => volume)], { signal }).catch(() => {});
  }

  return {
    async acquire(asked: LockClaim, signal) {
      const since = new Date().toISOString();
      const claim = { ...asked, since, nonce: randomBytes(9).toString("hex") };
      const seen = await claims(signal);
      const [top] = seen;
      if (top !== undefined && top.holder !== asked.holder) {
        const holder = await said(docker, top, signal);
        if (holder !== null && !isDead(top.holder)) return holder.state;
      }
      const other = await take((top?.n ?? 0) + 1, claim, seen, signal);
      return other === null ? null : ((await said(docker, other, signal))?.state ?? unread(other));
    },
    async renew(signal) {
      if (ours === null) return false;
      // Past its time it may have been somebody else's meanwhile, even if it looks free.
      if (monotonicMs() - renewedAt > ours.ttlMs) return false;
      const [top] = await claims(signal);
      if (top !== undefined && top.nonce !== ours.nonce) return false;
      const { holder, reason, since, ttlMs, n } = ours;
      const next = { holder, reason, since, ttlMs, nonce: randomBytes(9).toString("hex") };
      return (await take(Math.max(n, top?.n ?? 0) + 1, next, null, signal)) === null;
    },
    async release(signal) {
      const mine = ours;
      ours = null;
      if (mine === null) return;
      const left = (await claims(signal)).filter(({ nonce }) => nonce === mine.nonce);
      if (left.length === 0) return;
      await docker.text(["volume", "rm", ...left.map(({ volume }) => volume)], { signal });
    },
  };
}

/** Who has it; null when it has expired. */
async function said(
  docker: Docker,
  claim: Numbered,
  signal: AbortSignal,
): Promise<{ readonly state: LockHolder } | null> {
  const [created, now] = await Promise.all([
    docker.run(["volume", "inspect", "--format", "{{.CreatedAt}}", claim.volume], { signal }),
    docker.run(["info", "--format", "{{.SystemTime}}"], { signal }),
  ]);
  // It has just been let go of, or renewed: whoever takes the next number will see.
  if (created.code !== 0) return null;
  const expires = Date.parse(created.stdout.trim()) + claim.ttlMs;
  const clock = Date.parse(now.stdout.trim());
  if (expires < (Number.isNaN(clock) ? Date.now() : clock)) return null;
  const { holder, reason, since } = claim;
  return { state: { holder, reason, since, expiresAt: new Date(expires).toISOString() } };
}

function unread({ holder, reason, since, ttlMs }: Claim): LockHolder {
  return { holder, reason, since, expiresAt: new Date(Date.parse(since) + ttlMs).toISOString() };
}

function numbered(line: string): Numbered | null {
  const [volume = "", text = ""] = line.split(" ");
  try {
    const claim = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Claim;
    return { ...claim, volume, n: Number(volume.split(".").at(-1)) };
  } catch {
    return null;
  }
}

/** The same, opened when it is first needed: what it is called may be known only then. */
export function lazyLock(open: (signal: AbortSignal) => Promise<Lock>): Lock {
  let opened: Lock | undefined;
  const lock = async (signal: AbortSignal) => {
    opened ??= await open(signal);
    return opened;
  };
  return {
    acquire: async (claim, signal) => (await lock(signal)).acquire(claim, signal),
    renew: async (signal) => (await lock(signal)).renew(signal),
    release: async (signal) => (await lock(signal)).release(signal),
  };
}
