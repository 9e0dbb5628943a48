import { describe, expect, it } from "vitest";
import { KubectlFailure, type KubectlReason } from "../../../../src/clients/kubectl.ts";
import { StepFailure } from "../../../../src/core/step.ts";
import type { Status } from "../../../../src/deploy/driver.ts";
import type { PreviewNamespace } from "../../../../src/deploy/preview/mark.ts";
import type { PreviewNamespaces } from "../../../../src/deploy/preview/namespaces.ts";
import { previewCleanup } from "../../../../src/flows/preview/cleanup.ts";
import { type PreviewPlace, previewDeploy } from "../../../../src/flows/preview/deploy.ts";
import { previewSweep } from "../../../../src/flows/preview/sweep.ts";
import { cluster } from "./cluster.ts";

const signal = new AbortController().signal;
const failure = (reason: KubectlReason) =>
  new KubectlFailure([{ reason, message: `kubectl says ${reason}` }]);
const hour = 3_600_000;

const about = {
  pr: 12,
  name: "pr-12",
  repository: "x.example.com/a/b",
  waitMs: 10,
  dryRun: false,
  resume: "again",
  signal,
};

function deploy(made: ReturnType<typeof cluster>, place: Partial<PreviewPlace> = {}, more: object = {}) {
  const said: string[] = [];
  const status: Status = { state: "healthy", message: "web ready" };
  const whole: PreviewPlace = {
    cluster: "https://k8s.example.com",
    namespaces: made.namespaces,
    subjects: ["Deployment pr-12/web"],
    ready: async () => {},
    rehearse: async () => [{ subject: "Deployment pr-12/web", action: "create", diff: "" }],
    apply: async () => "applied 1 object",
    wait: async () => status,
    ...place,
  };
  const run = previewDeploy({
    ...about,
    commit: null,
    ttlMs: hour,
    cleanup: "away",
    emit: (event) => void (event.type === "notice" && said.push(event.message)),
    open: async () => whole,
    ...more,
  });
  return run.then((outcome) => ({ outcome, said }));
}

describe("preview deploy", () => {
  it("makes a namespace, applies, waits, and says until when", async () => {
    const made = cluster();
    const { outcome, said } = await deploy(made);
    expect(outcome).toMatchObject({
      outcome: "up",
      exitCode: 0,
      cluster: "https://k8s.example.com",
      objects: [{ action: "create" }],
    });
    expect(made.log).toEqual(["make pr-12"]);
    expect(said.at(-1)).toMatch(/^Preview of #12 is up in namespace pr-12 until \d{4}-/);
  });

  it("renews one that is ours, and waits for one that is going", async () => {
    const ours = cluster({ repository: about.repository });
    expect((await deploy(ours)).outcome.exitCode).toBe(0);
    expect(ours.log).toEqual(["renew pr-12"]);
    const going = cluster({ goingSince: 1 });
    expect((await deploy(going)).outcome.exitCode).toBe(0);
    expect(going.log).toEqual(["make pr-12"]);
    const hung = cluster({ goingSince: 1 });
    hung.stuck.add("pr-12");
    const { outcome } = await deploy(hung);
    expect(outcome).toMatchObject({
      outcome: "failed",
      exitCode: 2,
      message: expect.stringContaining("example.com/hold"),
    });
    expect(hung.log).toEqual([]);
  });

  it.each([
    ["not ours", { pr: null }],
    ["another pull request's", { pr: 2 }],
    ["another repository's", { repository: "x.example.com/other" }],
  ])("touches nothing that is %s", async (_, one) => {
    const made = cluster(one);
    expect((await deploy(made)).outcome).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(made.log).toEqual([]);
  });

  it("removes what it made for objects that the server refuses, and not what was there", async () => {
    const refused = { rehearse: () => Promise.reject(new StepFailure("a.yaml:1: no", undefined, true)) };
    const fresh = cluster();
    expect((await deploy(fresh, refused)).outcome).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(fresh.log).toEqual(["make pr-12", "remove pr-12"]);
    const ours = cluster({});
    expect((await deploy(ours, refused)).outcome.exitCode).toBe(1);
    expect(ours.log).toEqual(["renew pr-12"]);
  });

  it("does not remove what another deploy of the same pull request has taken over meanwhile", async () => {
    const made = cluster();
    const rehearse = () => {
      made.change("pr-12", { expiresAt: Date.now() + 2 * hour });
      return Promise.reject(new StepFailure("a.yaml:1: no", undefined, true));
    };
    expect((await deploy(made, { rehearse })).outcome.exitCode).toBe(1);
    expect(made.log).toEqual(["make pr-12"]);
    const annotated = cluster();
    const refused = () => {
      annotated.change("pr-12", {});
      return Promise.reject(new StepFailure("a.yaml:1: no", undefined, true));
    };
    await deploy(annotated, { rehearse: refused });
    expect(annotated.log).toEqual(["make pr-12", "remove pr-12"]);
  });

  it("leaves what does not become well, and says how to remove it", async () => {
    const made = cluster();
    const wait = async () =>
      ({ state: "failed", message: "web 0 of 1", why: "the image is not there" }) as const;
    const { outcome } = await deploy(made, { wait });
    expect(outcome).toMatchObject({ outcome: "failed", exitCode: 2, resume: "again" });
    expect(outcome.message).toBe(
      "Preview FAILED: the image is not there; what is there stays to be looked at: away removes it",
    );
    expect(made.log).toEqual(["make pr-12"]);
    const slow = await deploy(cluster(), {
      wait: async () => ({ state: "progressing", message: "web 0 of 1" }),
    });
    expect(slow.outcome.message).toContain("not well after 10 ms: web 0 of 1");
  });

  it.each([
    ["Forbidden", 1],
    ["missing", 1],
    ["context", 1],
    ["unreachable", 2],
    ["timeout", 2],
    ["Unauthorized", 2],
    ["AlreadyExists", 2],
  ] as const)("is %s: %i", async (reason, exitCode) => {
    const { outcome } = await deploy(cluster(), {}, { open: () => Promise.reject(failure(reason)) });
    expect(outcome).toMatchObject({ exitCode, message: expect.stringContaining(`kubectl says ${reason}`) });
  });

  it("says what there is when it is interrupted; before anything is touched the interrupt alone speaks", async () => {
    const reason = new Error("enough");
    const stopped = AbortSignal.abort(reason);
    const interrupted = () => Promise.reject(reason);
    const { outcome } = await deploy(cluster(), { apply: interrupted }, { signal: stopped });
    expect(outcome).toMatchObject({ outcome: "interrupted", exitCode: 2, resume: "again" });
    await expect(deploy(cluster(), {}, { signal: stopped, open: interrupted })).rejects.toBe(reason);
  });

  it("throws on what is a bug of ours", async () => {
    await expect(deploy(cluster(), { apply: () => Promise.reject(new TypeError("x")) })).rejects.toThrow(
      TypeError,
    );
  });

  it("changes nothing in a dry run", async () => {
    const made = cluster({ goingSince: 1 });
    expect((await deploy(made, {}, { dryRun: true })).outcome).toMatchObject({
      outcome: "planned",
      exitCode: 0,
      expiresAt: null,
    });
    expect(made.log).toEqual([]);
  });
});

describe("preview cleanup", () => {
  const clean = (made: ReturnType<typeof cluster>, more: object = {}) =>
    previewCleanup({
      ...about,
      emit: () => {},
      open: async () => ({ cluster: "c", namespaces: made.namespaces }),
      ...more,
    });

  it("removes what is ours, and only asks what is going already to be gone", async () => {
    const made = cluster({});
    expect(await clean(made)).toMatchObject({ outcome: "removed", exitCode: 0 });
    expect(made.log).toEqual(["remove pr-12"]);
    const going = cluster({ goingSince: 1 });
    expect(await clean(going)).toMatchObject({ outcome: "removed" });
    expect(going.log).toEqual([]);
    expect(await clean(cluster())).toMatchObject({ outcome: "absent", exitCode: 0 });
  });

  it.each([[{ pr: null }], [{ pr: 3 }], [{ repository: "other" }]])(
    "removes nothing else: %j",
    async (one) => {
      const made = cluster(one);
      expect(await clean(made)).toMatchObject({ outcome: "blocked", exitCode: 1 });
      expect(made.log).toEqual([]);
    },
  );

  it("removes nothing that has become another's since it was looked at", async () => {
    const made = cluster({});
    const { find } = made.namespaces;
    const namespaces: PreviewNamespaces = {
      ...made.namespaces,
      async find(name) {
        const seen = await find(name, signal);
        made.change(name, { pr: null });
        return seen;
      },
    };
    const outcome = await clean(made, { open: async () => ({ cluster: "c", namespaces }) });
    expect(outcome).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(made.log).toEqual([]);
  });

  it("says what does not go", async () => {
    const made = cluster({});
    made.stuck.add("pr-12");
    expect(await clean(made)).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("example.com/hold"),
    });
  });

  it("changes nothing in a dry run", async () => {
    const made = cluster({});
    expect(await clean(made, { dryRun: true })).toMatchObject({ outcome: "planned", exitCode: 0 });
    expect(made.log).toEqual([]);
  });
});

describe("preview sweep", () => {
  const now = Date.now();
  const swept = (made: ReturnType<typeof cluster>, more: object = {}) =>
    previewSweep({
      ...about,
      emit: () => {},
      open: async () => ({ cluster: "c", namespaces: made.namespaces }),
      ...more,
    });
  const many = () =>
    cluster(
      { name: "pr-1", pr: 1, expiresAt: now - hour },
      { name: "pr-2", pr: 2, expiresAt: now + hour },
      { name: "pr-3", pr: 3, expiresAt: now + hour, goingSince: now - hour },
      { name: "pr-4", pr: 4, expiresAt: now - hour, repository: "other" },
    );
  const states = ({ previews }: Awaited<ReturnType<typeof swept>>) =>
    previews.map(({ namespace, state }) => `${namespace} ${state}`);

  it("removes what is past its time, whatever project's", async () => {
    const made = many();
    const outcome = await swept(made);
    expect(outcome).toMatchObject({ outcome: "swept", exitCode: 0, message: "3 previews removed, 1 kept" });
    expect(states(outcome)).toEqual(["pr-1 removed", "pr-2 kept", "pr-3 removed", "pr-4 removed"]);
    expect(made.log.sort()).toEqual(["remove pr-1", "remove pr-4"]);
  });

  it("keeps what was prolonged since it was listed", async () => {
    const made = many();
    const { list } = made.namespaces;
    const namespaces: PreviewNamespaces = {
      ...made.namespaces,
      async list() {
        const all = await list(signal);
        made.change("pr-1", { expiresAt: now + 2 * hour });
        made.change("pr-4", { repository: "moved" });
        return all;
      },
    };
    const outcome = await swept(made, { open: async () => ({ cluster: "c", namespaces }) });
    expect(outcome).toMatchObject({ exitCode: 0, message: "2 previews removed, 2 kept" });
    expect(states(outcome)).toEqual(["pr-1 kept", "pr-2 kept", "pr-3 removed", "pr-4 removed"]);
    expect(outcome.previews[0]?.expiresAt).toBe(new Date(now + 2 * hour).toISOString());
    expect(made.log).toEqual(["remove pr-4"]);
  });

  it("goes by the cluster's clock, whatever this machine takes the time for", async () => {
    const made = many();
    const namespaces = { ...made.namespaces, now: async () => now - 2 * hour };
    const outcome = await swept(made, { open: async () => ({ cluster: "c", namespaces }) });
    expect(states(outcome)).toEqual(["pr-1 kept", "pr-2 kept", "pr-3 removed", "pr-4 kept"]);
    expect(made.log).toEqual([]);
  });

  it("only says so in a dry run", async () => {
    const made = many();
    const outcome = await swept(made, { dryRun: true });
    expect(outcome).toMatchObject({
      outcome: "planned",
      exitCode: 0,
      message: "3 previews would be removed, 1 kept; nothing was changed",
    });
    expect(made.log).toEqual([]);
  });

  it("names what does not go and what has no end, and removes the rest", async () => {
    const made = cluster(
      { name: "pr-1", pr: 1, expiresAt: now - hour },
      { name: "pr-2", pr: 2, expiresAt: now - hour },
      { name: "pr-5", pr: 5, expiresAt: null },
      { name: "kube-system", pr: null, expiresAt: 0 },
    );
    made.stuck.add("pr-2");
    const outcome = await swept(made);
    expect(outcome).toMatchObject({
      outcome: "failed",
      exitCode: 2,
      message: expect.stringContaining("1 preview removed; "),
    });
    expect(states(outcome)).toEqual([
      "pr-1 removed",
      "pr-2 stuck",
      "pr-5 unreadable",
      "kube-system unreadable",
    ]);
    expect(made.log.sort()).toEqual(["remove pr-1", "remove pr-2"]);
    // An end is of no use to what is no preview.
    const remedies = outcome.reasons.map(({ remedy = "" }) => remedy);
    expect(remedies.filter((remedy) => remedy.includes("kube-system"))).toEqual([
      expect.stringContaining("kubectl label namespace kube-system release-sentinel/preview-"),
    ]);
  });

  it("goes on with the others when one may not be removed", async () => {
    const made = cluster({ name: "pr-1", pr: 1, expiresAt: 0 }, { name: "pr-2", pr: 2, expiresAt: 0 });
    const { remove } = made.namespaces;
    const namespaces = {
      ...made.namespaces,
      remove: (seen: PreviewNamespace) =>
        seen.pr === 1 ? Promise.reject(failure("Forbidden")) : remove(seen, () => true, signal),
    };
    const outcome = await swept(made, { open: async () => ({ cluster: "c", namespaces }) });
    expect(states(outcome)).toEqual(["pr-1 stuck", "pr-2 removed"]);
    expect(outcome.exitCode).toBe(2);
  });
});
