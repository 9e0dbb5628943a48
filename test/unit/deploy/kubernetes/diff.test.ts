import { describe, expect, it } from "vitest";
import { changeOf } from "../../../../src/deploy/kubernetes/diff.ts";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const [before, after] = ["bef", "aft"].map((half) => base64(`${half}-password-0123`)) as [string, string];

function config(data: Record<string, string>, metadata: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "web", namespace: "shop", ...metadata },
    data,
  };
}
function secret(data: Record<string, string>): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "db", namespace: "shop" },
    type: "Opaque",
    data,
  };
}

describe("what becomes of an object", () => {
  it("is shown as a unified diff", () => {
    const { action, subject, diff } = changeOf(config({ a: "1", b: "2" }), config({ a: "1", b: "3" }));
    expect([action, subject]).toEqual(["change", "ConfigMap shop/web"]);
    expect(diff.split("\n")).toEqual([
      "--- ConfigMap shop/web (as it is)",
      "+++ ConfigMap shop/web (as it will be)",
      "@@ -1,7 +1,7 @@",
      " apiVersion: v1",
      " data:",
      '   a: "1"',
      '-  b: "2"',
      '+  b: "3"',
      " kind: ConfigMap",
      " metadata:",
      "   name: web",
    ]);
  });

  it("is nothing where only the server's bookkeeping differs", () => {
    const old = config(
      { a: "1" },
      {
        resourceVersion: "1",
        uid: "u",
        generation: 1,
        managedFields: [{ manager: "a" }],
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
      },
    );
    const now = { ...config({ a: "1" }, { resourceVersion: "2" }), status: { x: 1 } };
    expect(changeOf(old, now)).toEqual({ subject: "ConfigMap shop/web", action: "unchanged", diff: "" });
  });

  it("is nothing where a controller has just begun to count revisions", () => {
    const counted = config({ a: "1" }, { annotations: { "deployment.kubernetes.io/revision": "1" } });
    expect(changeOf(config({ a: "1" }), counted).action).toBe("unchanged");
  });

  it("is all of it where there is nothing yet", () => {
    const { action, diff } = changeOf(undefined, config({ a: "1" }));
    expect(action).toBe("create");
    expect(diff).toContain('+  a: "1"');
    expect(
      diff
        .split("\n")
        .slice(2)
        .every((line) => /^[+@]/.test(line)),
    ).toBe(true);
  });

  it("shows no value that stands behind a secret's name in anything else", () => {
    const web = (value: string) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "shop" },
      spec: {
        containers: [
          {
            name: "web",
            env: [
              { name: "DB_PASSWORD", value },
              { name: "DB_URL", value: `postgres://shop:${value}@db/shop` },
              { name: "API_TOKEN", valueFrom: { secretKeyRef: { name: "web-token", key: "token" } } },
            ],
            args: ["--verbose", "--token", value, `--api-key=${value}`],
          },
        ],
      },
    });
    const change = changeOf(web(before), web(after));
    expect(change.action).toBe("change");
    expect(change.diff.split("\n").filter((line) => /^[-+] /.test(line))).toEqual([
      '-          value: "***"',
      '+          value: "*** (changed)"',
    ]);
    const keys = changeOf(config({ token: before, rest: "1" }), config({ token: after, rest: "2" })).diff;
    for (const diff of [change.diff, changeOf(undefined, web(after)).diff, keys]) {
      expect(diff).not.toContain(before);
      expect(diff).not.toContain(after);
    }
    expect(changeOf(undefined, web(after)).diff).toContain("name: web-token");
    expect(keys).toContain('+  rest: "2"');
    const arg = (value: string) => ({ ...config({}), args: [`--token=${value}`] });
    expect(changeOf(arg(before), arg(after))).toMatchObject({
      action: "change",
      diff: expect.stringContaining("(only what is not shown has changed)"),
    });
  });

  it("shows no value of a Secret, only which of them change", () => {
    const { diff } = changeOf(
      secret({ user: before, password: before, old: before }),
      secret({ user: before, password: after, fresh: after }),
    );
    expect(diff).not.toContain(before);
    expect(diff).not.toContain(after);
    expect(diff.split("\n").filter((line) => /^[-+] /.test(line))).toEqual([
      '-  old: "***"',
      '-  password: "***"',
      '+  fresh: "***"',
      '+  password: "*** (changed)"',
    ]);
  });

  it("shows none of a new Secret either, nor of one written as text", () => {
    const text = { ...secret({ password: after }), stringData: { other: "plain-text-value" } } as KubeObject;
    const { diff } = changeOf(undefined, text);
    expect(diff).not.toContain(after);
    expect(diff).not.toContain("plain-text-value");
    expect(diff).toContain('+  password: "***"');
  });

  it("shows none of a Secret whose parts are misspelt", () => {
    const typo = { ...secret({}), datum: { password: after }, words: after } as KubeObject;
    expect(changeOf(undefined, typo).diff).not.toContain(after);
  });

  it("cannot write to the terminal", () => {
    const { diff } = changeOf(config({ a: "1" }), config({ a: "x\u202ey", "\u001b[2J": "1" }));
    expect(diff).not.toMatch(/[\u001b\u202e]/);
  });

  it("is cut short where two texts have nothing in common", () => {
    const lines = (mark: string) => Array.from({ length: 4000 }, (_, i) => `${mark}${i}`).join("\n");
    const { diff } = changeOf(config({ a: lines("x") }), config({ a: lines("y") }));
    expect(diff).toContain("(more has changed than can be shown)");
  });
});
