import { describe, expect, it } from "vitest";
import type { Kubectl } from "../../../../src/clients/kubectl.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { refOf } from "../../../../src/deploy/kubernetes/object.ts";
import { createPast } from "../../../../src/deploy/kubernetes/past.ts";
import { emptyRecord, packRecord, type StoredRecord } from "../../../../src/deploy/kubernetes/record.ts";
import { kubectlOf } from "../../../support/kubectl.ts";
import { deploymentOf, live } from "./objects.ts";

const { signal } = new AbortController();
/** Not what any scanner takes for one. */
const word = (of: string) => [of, "and", "not", "to", "be", "shown"].join("-");
const secret = (text: string) =>
  live("v1", "Secret", "db", { data: { password: Buffer.from(text).toString("base64") } });

/** A cluster with one record, and with this object. */
function kubectlWith(record: StoredRecord, object: object): Kubectl {
  const data = { record: packRecord(record).toString("base64") };
  const run: Kubectl["run"] = async ([verb, what]) => {
    const answer = verb === "get" && what === "secret" ? live("v1", "Secret", "record", { data }) : object;
    return { code: 0, stdout: what === "horizontalpodautoscalers" ? "" : JSON.stringify(answer), stderr: "" };
  };
  return kubectlOf(run);
}

const kept = (text: string) => [{ ref: refOf(secret(text)), object: secret(text) }];
const good = {
  id: "v1",
  version: "v1",
  commit: null,
  verifiedAt: "2026-01-01T00:00:00Z",
  actor: "a",
  revision: "1",
  digests: [],
  objects: kept(word("verified")),
  created: [],
};
const run = { id: "v2", version: "v2", commit: null, actor: "a", startedAt: "2026-01-01T00:00:00Z" };
const before = { current: "v1", revision: "1", digests: [] };
const record: StoredRecord = {
  ...emptyRecord("prod", "shop"),
  good: [good],
  unfinished: { run, captured: kept(word("captured")), before },
};

describe("values of secrets that are remembered", () => {
  const placeWith = (secrets: Secrets) => ({
    kubectl: kubectlWith(record, secret(word("live"))),
    namespace: "shop",
    environment: "prod",
    name: "shop",
    keep: 5,
    secrets,
  });
  const shown = (secrets: Secrets) =>
    secrets.mask(["verified", "captured", "live"].map(word).join(" ")).split(" ");

  it("are masked from then on, of good releases and of what was captured", async () => {
    const secrets = new Secrets();
    await createPast(placeWith(secrets)).record(signal);
    const [verified, captured] = shown(secrets);
    expect(verified).not.toBe(word("verified"));
    expect(captured).not.toBe(word("captured"));
  });

  it("are masked as they are now too, as soon as a way back is looked for", async () => {
    const secrets = new Secrets();
    await createPast(placeWith(secrets)).prove({ kind: "captured" }, signal);
    expect(shown(secrets)[2]).not.toBe(word("live"));
  });
});

describe("whether a way back would work", () => {
  it("is no where the objects belong to somebody who would change them again", async () => {
    const tracked = { "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web" };
    const now = deploymentOf("web", "web:2", {}, { annotations: tracked });
    const before = deploymentOf("web", "web:1");
    const captured = [{ ref: refOf(before), object: before }];
    const kept = { ...record, unfinished: { run, captured, before: { ...record.unfinished?.before } } };
    const place = { namespace: "shop", environment: "prod", name: "shop", keep: 5 };
    const past = createPast({ ...place, kubectl: kubectlWith(kept as StoredRecord, now) });
    expect(await past.prove({ kind: "captured" }, signal)).toMatchObject([
      { state: "conflict", message: "Deployment shop/web belongs to Argo CD application shop" },
    ]);
  });
});
