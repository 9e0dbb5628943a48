import { describe, expect, it } from "vitest";
import { Secrets } from "../../../src/core/mask.ts";
import type { Proof } from "../../../src/core/step.ts";
import { kubeconfig, kubectl, namespace } from "../../support/real/cluster.ts";
import { configMap, deployment, surveyed } from "../../support/real/survey.ts";

const apply = (yaml: string, space: string, ...flags: string[]) =>
  kubectl(["-n", space, "apply", ...flags, "-f", "-"], yaml);
const conflicts = (proofs: readonly Proof[]) =>
  proofs.filter(({ state }) => state === "conflict").map(({ message }) => message);

describe.skipIf(kubeconfig.skip)("what a real cluster would not take", () => {
  it("is named object by object, with file and line, all of it at once", async () => {
    const space = await namespace();
    const yaml = [
      configMap("a"),
      deployment("typo").replace("replicas:", "replica:"),
      deployment("web").replace("app: web}}\n  template", "app: other}}\n  template"),
      configMap("b"),
      "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 99999, protocol: TCP}]}\n",
    ].join("---\n");
    const { proofs, changes } = await surveyed({ yaml, namespace: space });
    const said = conflicts(proofs);
    expect(said).toHaveLength(3);
    expect(said.join("\n")).toMatch(
      /m\.yaml:6: Deployment \S+\/typo is not valid: .*unknown field "replica"/,
    );
    expect(said.join("\n")).toMatch(/m\.yaml:16: Deployment \S+\/web is not valid: .*selector/);
    expect(said.join("\n")).toMatch(/m\.yaml:31: Service \S+\/s is not valid: .*99999/);
    expect(changes).toHaveLength(5);
  });

  it("is one sentence where the namespace is not there", async () => {
    const { proofs } = await surveyed({
      yaml: `${configMap("a")}---\n${configMap("b")}`,
      namespace: "rs-test-nowhere",
    });
    expect(proofs.filter(({ state }) => state === "conflict")).toEqual([
      {
        state: "conflict",
        message: "m.yaml:1: there is no namespace rs-test-nowhere (and so for 1 more)",
        remedy: expect.stringMatching(/^kubectl --context \S+ .*create namespace rs-test-nowhere$/),
      },
    ]);
  });

  it("is a field that cannot be changed", async () => {
    const space = await namespace();
    await apply(deployment("web"), space);
    const { proofs } = await surveyed({
      yaml: deployment("web").replaceAll("app: web", "app: shop"),
      namespace: space,
    });
    expect(proofs).toMatchObject([
      {
        state: "conflict",
        message: expect.stringMatching(
          /^m\.yaml:1: Deployment \S+\/web cannot be changed so: .*selector.*immutable/,
        ),
        remedy: expect.stringMatching(/kubectl --context \S+ .*delete Deployment.v1.apps\/web/),
      },
    ]);
  });

  it("is beyond a quota", async () => {
    const space = await namespace();
    await apply(
      `apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: small}\nspec: {hard: {configmaps: "1"}}\n`,
      space,
    );
    await expect
      .poll(
        async () =>
          await kubectl(["-n", space, "get", "resourcequota", "small", "-o", "jsonpath={.status.used}"]),
      )
      // The certificate that every namespace gets.
      .toContain('"configmaps":"1"');
    const { proofs } = await surveyed({ yaml: `${configMap("a")}---\n${configMap("b")}`, namespace: space });
    expect(conflicts(proofs).join()).toMatch(/exceeds a quota: .*exceeded quota: small/);
  });

  it("belongs to another field manager", async () => {
    const space = await namespace();
    await apply(deployment("web", { replicas: 1 }), space, "--server-side", "--field-manager=deployer");
    await apply(
      deployment("web", { replicas: 5 }),
      space,
      "--server-side",
      "--force-conflicts",
      "--field-manager=scaler",
    );
    const { proofs } = await surveyed({
      yaml: deployment("web", { replicas: 2 }),
      namespace: space,
      serverSide: true,
    });
    expect(conflicts(proofs)).toEqual([
      expect.stringMatching(
        /^m\.yaml:1: Deployment \S+\/web: \.spec\.replicas belong to .*(scaler|deployer).*who says? otherwise$/,
      ),
    ]);
  });

  it("is not allowed: one answer for everything that will be needed", async () => {
    const space = await namespace();
    const { proofs } = await surveyed({
      yaml: deployment("web"),
      namespace: space,
      kubeconfig: `${kubeconfig.found}-view`,
    });
    const [said, ...others] = conflicts(proofs);
    expect(others).toEqual([]);
    expect(said).toMatch(/^not allowed in namespace \S+: /);
    for (const what of ["deployments.apps", "leases.coordination.k8s.io", "secrets"])
      expect(said).toContain(what);
  });

  it("has a Secret whose value is in no message, diff or complaint, however wrong it is", async () => {
    const space = await namespace();
    const values = ["first", "second", "third", "fourth"].map((word) =>
      [word, "-pass", "word-0123"].join(""),
    );
    const [first = "", second = "", third = "", fourth = ""] = values;
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    await apply(
      `apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ndata: {password: ${base64(first)}}\n`,
      space,
    );
    const secrets = new Secrets();
    const yaml = [
      `apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ndata: {password: ${base64(second)}}\n`,
      `apiVersion: v1\nkind: Secret\nmetadata: {name: broken}\ndata: {password: "${third}!"}\n`,
      `apiVersion: v1\nkind: Secret\nmetadata: {name: typo}\nstringData: {password: ${fourth}}\ndatum: {password: ${fourth}}\n`,
      `apiVersion: v1\nkind: Secret\nmetadata: {name: list}\nstringData: {password: [${fourth}]}\n`,
    ].join("---\n");
    const { proofs, changes } = await surveyed({ yaml, namespace: space, secrets });
    const shown = JSON.stringify([proofs, changes]);
    for (const value of values) {
      expect(shown).not.toContain(value);
      expect(shown).not.toContain(base64(value));
      expect(secrets.mask(`x ${value}! y`)).toMatch(/^x \*\*\*!? y$/);
    }
    expect(changes[0]?.diff).toContain('+  password: "*** (changed)"');
    expect(conflicts(proofs)).toHaveLength(3);
  });
});
