import { describe, expect, it } from "vitest";
import { Secrets } from "../../../../src/core/mask.ts";
import { type Ailing, paragraph } from "../../../../src/deploy/kubernetes/diagnose.ts";
import { eventTroubles } from "../../../../src/deploy/kubernetes/event-troubles.ts";
import type { NearbyEvent } from "../../../../src/deploy/kubernetes/nearby.ts";
import { coreKinds, groupKind } from "../../../../src/deploy/kubernetes/states/kinds.ts";
import { podTroubles } from "../../../../src/deploy/kubernetes/states/pod.ts";
import { live } from "./objects.ts";
import { type Scene, scene } from "./states/fixtures.ts";

const secrets = new Secrets();

function ailing({ object, nearby }: Scene): Ailing {
  const troubles = coreKinds[groupKind(object)]?.state(object, { nearby }).troubles ?? [];
  return { object, troubles, failing: troubles.filter(({ graceMs }) => graceMs === 0) };
}

describe("the paragraph about what is wrong", () => {
  it("says what fails, how often, what was written last, and what the cluster says", () => {
    const crash = scene("deployment-crash");
    expect(paragraph(ailing(crash), ["starting", "fatal: no"], crash.events, secrets)).toMatch(
      /^Deployment rs-k-probe\/crash: container app of pod crash-\S+ crashes again and again \(CrashLoopBackOff, \d times\): it ended with exit code 1\. The end of its log: “starting” “fatal: no”\. Events: BackOff: Back-off restarting failed container( \(×\d\))?\.$/,
    );
  });

  it("names the deadline and what is behind it, and counts the pods that suffer alike", () => {
    const late = scene("deployment-deadline");
    expect(paragraph(ailing(late), [], [], secrets)).toMatch(
      /^Deployment rs-k-probe\/stale: stale made no progress for 3 s \(ProgressDeadlineExceeded\); container app of pod stale-\S+ runs and is not ready \(\d more pods? likewise\)\.$/,
    );
  });

  it("says nothing twice", () => {
    const image = scene("deployment-image");
    const text = paragraph(ailing(image), [], image.events, secrets);
    expect(text.match(/Back-off pulling|failed to pull/g)?.length ?? 0).toBeLessThanOrEqual(3);
  });

  it("holds no secret, in no part of it, and stays on one line", () => {
    const value = ["hush", "hush"].join("-");
    const vault = new Secrets();
    vault.add(value);
    const object = live("apps/v1", "Deployment", "web");
    const trouble = { key: "u crash", what: `it says ${value}\n`, graceMs: 0, uid: "u" };
    const event: NearbyEvent = {
      uid: "u",
      reason: "Failed",
      message: `with ${value}\u001b[0m`,
      count: 2,
      isWarning: true,
      at: 1,
    };
    const text = paragraph({ object, troubles: [trouble], failing: [trouble] }, [], [event], vault);
    expect(text).toBe("Deployment shop/web: it says ***\\n. Events: Failed: with ***\\x1b[0m (×2).");
  });
});

describe("what only events tell", () => {
  it("is that the pods of a StatefulSet are not let in", () => {
    const { object, nearby, events } = scene("stateful-set-quota");
    expect(eventTroubles(object, [], [], { nearby }, events)).toMatchObject([
      {
        graceMs: 20_000,
        what: expect.stringMatching(/^pods of quotaset are not let in \(FailedCreate\): .*exceeded quota: q/),
      },
    ]);
  });

  it("is over when a pod has been let in since, and when it was about another template", () => {
    const { object, nearby, events } = scene("stateful-set-quota");
    const owner = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      name: "quotaset",
      uid: object.metadata.uid,
      controller: true,
    };
    const pod = live(
      "v1",
      "Pod",
      "quotaset-0",
      {},
      { ownerReferences: [owner], creationTimestamp: "2030-01-01T00:00:00Z" },
    );
    expect(eventTroubles(object, [], [], { nearby: [...nearby, pod] }, events)).toEqual([]);
    const old = events.map((event) => ({ ...event, at: 1 }));
    expect(eventTroubles(object, [], [], { nearby }, old)).toEqual([]);
  });

  it("is why a pod waits to be created", () => {
    const pod = live("v1", "Pod", "web-1", {
      status: { containerStatuses: [{ name: "app", state: { waiting: { reason: "ContainerCreating" } } }] },
    });
    const event = (message: string): NearbyEvent => ({
      uid: "uid-web-1",
      reason: "FailedMount",
      message,
      count: 3,
      isWarning: true,
      at: 1,
    });
    const told = (message: string) =>
      eventTroubles(live("apps/v1", "Deployment", "web"), [pod], podTroubles(pod), { nearby: [] }, [
        event(message),
      ]);
    expect(told('secret "keys" not found')).toMatchObject([
      { what: 'pod web-1 cannot get its volumes: secret "keys" not found', graceMs: 30_000 },
    ]);
    expect(told("timed out waiting for the condition")).toMatchObject([
      { graceMs: Number.POSITIVE_INFINITY },
    ]);
  });
});
