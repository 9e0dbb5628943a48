import { describe, expect, it } from "vitest";
import { type Kubectl, KubectlFailure } from "../../../../src/clients/kubectl.ts";
import { createLeaseLock, holderOf, type Lease } from "../../../../src/deploy/kubernetes/lease.ts";
import { kubectlOf } from "../../../support/kubectl.ts";

const lease = (spec: Lease["spec"], annotations: Record<string, string> = {}): Lease => ({
  metadata: { name: "release-sentinel.shop", namespace: "shop", annotations },
  spec,
});

describe("who has a lock", () => {
  it("is named with reason, since when and until when", () => {
    const spec = {
      holderIdentity: "host/boot/ns/1/2 ab",
      leaseDurationSeconds: 30,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:01:00.500000Z",
    };
    expect(holderOf(lease(spec, { "release-sentinel/reason": "v1 by a\u001b[31m" }))).toEqual({
      holder: "host/boot/ns/1/2 ab",
      reason: "v1 by a\\x1b[31m",
      since: "2026-01-01T00:00:00.000000Z",
      expiresAt: "2026-01-01T00:01:30.500Z",
    });
  });

  it("is nobody when it was given up, and expired for ever when it says nothing of time", () => {
    expect(holderOf(lease({ holderIdentity: "" }))).toBeNull();
    expect(holderOf(lease({ holderIdentity: "x" }))?.expiresAt).toBe("1970-01-01T00:00:00.000Z");
    expect(holderOf(lease({ holderIdentity: "x", renewTime: "nonsense" }))?.expiresAt).toBe(
      "1970-01-01T00:00:00.000Z",
    );
  });
});

describe("a lock whose server is away", () => {
  const { signal } = new AbortController();

  /** Keeps one Lease, and refuses a write that does not go by what is there. */
  function cluster() {
    let [stored, version, away]: [Lease | null, number, boolean] = [null, 0, false];
    const put = (lease: Lease) => {
      version += 1;
      stored = { ...lease, metadata: { ...lease.metadata, uid: "u", resourceVersion: String(version) } };
      return stored;
    };
    const run: Kubectl["run"] = async (args, { input = "" }) => {
      if (away) throw new KubectlFailure([{ reason: "unreachable", message: "connection refused" }]);
      const answer = (object: unknown) => ({ code: 0, stdout: JSON.stringify(object ?? ""), stderr: "" });
      if (args[0] === "get") return { code: 0, stdout: stored ? JSON.stringify(stored) : "", stderr: "" };
      if (args.includes("--dry-run=server"))
        return answer({ metadata: { creationTimestamp: "2026-01-01T00:00:00Z" } });
      const lease = JSON.parse(input) as Lease;
      if (stored && lease.metadata.resourceVersion !== stored.metadata.resourceVersion)
        throw new KubectlFailure([{ reason: "Conflict", message: "it was modified" }]);
      return answer(put(lease));
    };
    const kubectl = kubectlOf(run);
    return {
      kubectl,
      put,
      leave: () => {
        away = true;
      },
      come: () => {
        away = false;
      },
      stored: () => stored,
    };
  }

  const claim = { holder: "me", reason: "v1", ttlMs: 10_000 };

  async function taken() {
    const server = cluster();
    let time = 0;
    const { kubectl } = server;
    const lock = createLeaseLock({
      kubectl,
      namespace: "shop",
      name: "shop",
      isDead: () => false,
      now: () => time,
    });
    expect(await lock.acquire(claim, signal)).toBeNull();
    server.leave();
    time = 60_000;
    await expect(lock.renew(signal)).rejects.toMatchObject({ final: false });
    server.come();
    return { server, lock };
  }

  it("is nobody else's for that, however long it takes, and is kept when the server is back", async () => {
    const { lock } = await taken();
    expect(await lock.renew(signal)).toBe(true);
  });

  it("is lost when somebody is seen to have taken it meanwhile", async () => {
    const { server, lock } = await taken();
    const there = server.stored();
    if (there) server.put({ ...there, spec: { ...there.spec, holderIdentity: "they" } });
    expect(await lock.renew(signal)).toBe(false);
    expect(server.stored()?.spec.holderIdentity).toBe("they");
  });
});
