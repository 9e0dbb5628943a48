import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";
import { rehearse } from "../../../../src/deploy/kubernetes/rehearse.ts";
import { scriptedKubectl, forever as signal } from "../../../support/kubectl.ts";
import { tempFolder } from "../../../support/temp.ts";

const node = process.execPath;

/**
 * An apply as kubectl does it: with `-o json` all or nothing, with `-o name` whatever passes. Names that begin with "bad" are
 * refused by name, "odd" ones without a word on which is meant, "invalid" ones by kubectl itself, before it asks any server.
 */
function cluster() {
  const folder = tempFolder();
  const program = `
    const fs = require("node:fs");
    const { items } = JSON.parse(fs.readFileSync(0, "utf8"));
    fs.appendFileSync("${folder}/runs", ".");
    const starts = (word) => (item) => item.metadata.name.startsWith(word);
    const say = (text) => process.stderr.write(text + "\\n");
    if (items.some(starts("invalid"))) {
      say('error: error validating "STDIN": error validating data: unknown field "x"');
      process.exit(1);
    }
    const failed = items.filter((item) => /^(bad|odd)/.test(item.metadata.name));
    const fine = items.filter((item) => !failed.includes(item));
    for (const { metadata: { name } } of failed) {
      if (name.startsWith("bad")) say('The ConfigMap "' + name + '" is invalid: data: is ' + name);
      else say('Error from server (BadRequest): error when creating "STDIN": strict decoding error: ' + name);
    }
    const json = process.argv.includes("json");
    if (!json) for (const { metadata } of fine) console.log("configmap/" + metadata.name);
    else if (failed.length === 0) console.log(JSON.stringify({ kind: "List", items }));
    process.exit(failed.length > 0 ? 1 : 0);
  `;
  const kubectl = scriptedKubectl(`exec ${node} -e '${program.replaceAll("'", `'\\''`)}' -- "$@"`);
  return { kubectl, runs: () => readFileSync(join(folder, "runs"), "utf8").length };
}

const objects = (...names: string[]): KubeObject[] =>
  names.map((name) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" } }));

async function rehearsed(...names: string[]) {
  const { kubectl, runs } = cluster();
  const answers = await rehearse(kubectl, objects(...names), { side: "client" }, signal);
  const said = answers.map(({ object, result, complaint }) => [
    object.metadata.name,
    result ? "fine" : complaint?.message,
  ]);
  return { said: Object.fromEntries(said), runs: runs() };
}

describe.skipIf(process.platform === "win32")("a rehearsal", () => {
  it("is one run of kubectl when nothing is wrong, and none when there is nothing", async () => {
    expect(await rehearsed("a", "b")).toEqual({ said: { a: "fine", b: "fine" }, runs: 1 });
    const { kubectl } = cluster();
    expect(await rehearse(kubectl, [], { side: "client" }, signal)).toEqual([]);
  });

  it("says which object each complaint is about, and still shows the others", async () => {
    expect(await rehearsed("a", "bad1", "b", "odd1", "bad2")).toEqual({
      said: {
        a: "fine",
        b: "fine",
        bad1: 'The ConfigMap "bad1" is invalid: data: is bad1',
        bad2: 'The ConfigMap "bad2" is invalid: data: is bad2',
        odd1: "strict decoding error: odd1",
      },
      runs: 3,
    });
  });

  it("finds what kubectl's own validation means, which names no object and stops at the first", async () => {
    const names = ["a", "b", "invalid1", "c", "d", "e", "bad1", "invalid2"];
    const { said } = await rehearsed(...names);
    expect(said).toEqual({
      a: "fine",
      b: "fine",
      c: "fine",
      d: "fine",
      e: "fine",
      bad1: 'The ConfigMap "bad1" is invalid: data: is bad1',
      invalid1: 'unknown field "x"',
      invalid2: 'unknown field "x"',
    });
  });

  it("does not ask for ever", async () => {
    const names = Array.from({ length: 60 }, (_, i) => `invalid${i}`);
    const { said, runs } = await rehearsed(...names);
    expect(Object.values(said).every((text) => text === 'unknown field "x"')).toBe(true);
    expect(runs).toBeLessThan(60);
  });

  it("fails when the server cannot be asked", async () => {
    const kubectl = scriptedKubectl("echo 'The connection to the server a was refused' >&2; exit 1");
    const asked = rehearse(kubectl, objects("a"), { side: "client" }, signal);
    await expect(asked).rejects.toMatchObject({ reason: "unreachable" });
  });
});
