import { describe, expect, it } from "vitest";
import { createLeaseLock, type Lease, serverTime } from "../../../src/deploy/kubernetes/lease.ts";
import { productKubectl, restricted, signal } from "../../support/real/after.ts";
import { kubeconfig, kubectl, namespace } from "../../support/real/cluster.ts";

const claim = (holder: string, ttlMs = 60_000) => ({ holder, reason: `deploy by ${holder}`, ttlMs });

async function locks(count: number, isDead: (holder: string) => boolean = () => false) {
  const space = await namespace();
  const door = productKubectl();
  const make = () => createLeaseLock({ kubectl: door, namespace: space, name: "shop", isDead });
  const read = async (): Promise<Lease> =>
    JSON.parse(await kubectl(["-n", space, "get", "lease", "release-sentinel.shop", "-o", "json"]));
  const rewrite = async (spec: object) =>
    await kubectl([
      "-n",
      space,
      "patch",
      "lease",
      "release-sentinel.shop",
      "--type=merge",
      "-p",
      JSON.stringify({ spec }),
    ]);
  return { space, door, read, rewrite, locks: Array.from({ length: count }, make) };
}

const ago = (ms: number) => new Date(Date.now() - ms).toISOString().replace("Z", "000Z");

describe.skipIf(kubeconfig.skip)("the lock on a real cluster", () => {
  it("is had by exactly one of many that want it at once", async () => {
    const { locks: all, read } = await locks(5);
    const answers = await Promise.all(all.map((lock, i) => lock.acquire(claim(`holder-${i}`), signal)));
    const winner = answers.indexOf(null);
    expect(answers.filter((answer) => answer === null)).toHaveLength(1);
    expect((await read()).spec.holderIdentity).toBe(`holder-${winner}`);
    for (const answer of answers.filter((one) => one !== null)) {
      expect(answer).toMatchObject({ holder: `holder-${winner}`, reason: `deploy by holder-${winner}` });
      expect(Date.parse(answer?.expiresAt ?? "") - Date.parse(answer?.since ?? "")).toBe(60_000);
    }
  });

  it("is renewed, let go of, and then anybody's; and nothing of it stays", async () => {
    const { locks: all, read, space } = await locks(2);
    const [ours, theirs] = all;
    expect(await ours?.acquire(claim("us"), signal)).toBeNull();
    const first = (await read()).spec.renewTime;
    expect(await ours?.renew(signal)).toBe(true);
    expect((await read()).spec.renewTime).not.toBe(first);
    expect(await theirs?.acquire(claim("them"), signal)).toMatchObject({ holder: "us" });
    await theirs?.release(signal);
    expect((await read()).spec.holderIdentity).toBe("us");
    await ours?.release(signal);
    expect(await kubectl(["-n", space, "get", "lease", "-o", "name"])).toBe("");
    expect(await ours?.renew(signal)).toBe(false);
    expect(await theirs?.acquire(claim("them"), signal)).toBeNull();
  });

  it("is taken from who has not renewed it in time, by the server's clock and not ours", async () => {
    const { locks: all, rewrite, read } = await locks(2);
    const [ours, theirs] = all;
    await theirs?.acquire(claim("them"), signal);
    await rewrite({ renewTime: ago(15_000) });
    expect(await ours?.acquire(claim("us"), signal)).toMatchObject({ holder: "them" });
    await rewrite({ renewTime: ago(90_000) });
    expect(await ours?.acquire(claim("us"), signal)).toBeNull();
    expect((await read()).spec).toMatchObject({ holderIdentity: "us", leaseTransitions: 1 });
    expect(await theirs?.renew(signal)).toBe(false);
    await theirs?.release(signal);
    expect((await read()).spec.holderIdentity).toBe("us");
  });

  it("is taken at once from who is known to be dead", async () => {
    const { locks: all } = await locks(2, (holder) => holder === "dead");
    const [ours, theirs] = all;
    expect(await theirs?.acquire(claim("dead"), signal)).toBeNull();
    expect(await ours?.acquire(claim("us"), signal)).toBeNull();
    expect(await theirs?.renew(signal)).toBe(false);
  });

  it("is lost when somebody deletes it, and kept when somebody only writes a label on it", async () => {
    const { locks: all, space } = await locks(1);
    const [ours] = all;
    await ours?.acquire(claim("us"), signal);
    await kubectl(["-n", space, "label", "lease/release-sentinel.shop", "seen=yes"]);
    expect(await ours?.renew(signal)).toBe(true);
    await kubectl(["-n", space, "delete", "lease/release-sentinel.shop"]);
    expect(await ours?.renew(signal)).toBe(false);
  });

  it("asks the server for the time without creating anything", async () => {
    const { door, space } = await locks(0);
    const time = await serverTime(door, space, signal);
    expect(Math.abs(time - Date.now())).toBeLessThan(30_000);
    expect(await kubectl(["-n", space, "get", "lease", "-o", "name"])).toBe("");
  });

  it("names the permission that is missing, and the namespace that is not there", async () => {
    const { space, door } = await locks(0);
    const readOnly = await restricted(space, [
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get"] },
    ]);
    const lock = createLeaseLock({ kubectl: readOnly, namespace: space, name: "shop", isDead: () => false });
    await expect(lock.acquire(claim("us"), signal)).rejects.toMatchObject({
      message: expect.stringContaining(
        `the lock may not be taken: leases.coordination.k8s.io in namespace ${space} need get, create, update`,
      ),
      remedy: expect.stringContaining("create role release-sentinel-lock --verb=get,create,update"),
      final: true,
    });
    const nowhere = createLeaseLock({
      kubectl: door,
      namespace: `${space}-not`,
      name: "shop",
      isDead: () => false,
    });
    await expect(nowhere.acquire(claim("us"), signal)).rejects.toMatchObject({
      message: `the lock cannot be taken: there is no namespace ${space}-not`,
      final: true,
    });
  });

  it("is given up where it may not be deleted", async () => {
    const { space, read, locks: all } = await locks(1);
    const writer = await restricted(space, [
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
    ]);
    const lock = createLeaseLock({ kubectl: writer, namespace: space, name: "shop", isDead: () => false });
    expect(await lock.acquire(claim("us"), signal)).toBeNull();
    await lock.release(signal);
    expect((await read()).spec.holderIdentity).toBeFalsy();
    expect(await all[0]?.acquire(claim("them"), signal)).toBeNull();
  });
});
