import { describe, expect, it } from "vitest";
import { holderOf, type Lease } from "../../../../src/deploy/kubernetes/lease.ts";

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
