import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Writable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { main } from "../../../src/cli/main.ts";
import fc from "../../support/property.ts";

/**
 * Random secrets are put wherever a secret can get into a run, every failure path is taken at once, and every output
 * is searched for every one of them in every encoding. The encoders here are the test's own, not the masking registry's.
 */
const alphabet = fc.constantFrom(
  ..." '\"\\/&<>+=%?#$`{}[]()|^*.,:;@!~-_",
  "é",
  "ß",
  "中",
  "😀",
  ..."abcdefXYZ0123456789",
);
export const secret = fc
  .tuple(
    fc.constantFrom("", "shared-prefix-"),
    fc.string({ unit: alphabet, minLength: 8, maxLength: 24 }),
    fc.boolean(),
  )
  .map(([prefix, text, split]) =>
    split ? `${prefix}${text.slice(0, 4)}-line\n${text.slice(4)}-rest-of-it` : prefix + text,
  )
  .filter(
    (text) =>
      text.isWellFormed() && text.trim().length >= 8 && !/^\s|\s$/.test(text) && new Set(text).size > 4,
  );

/** Each run is a whole run of the tool, with every output there is. */
export const runs = (inCi: number) => ({ numRuns: process.env["CI"] ? inCi : 2 });

function forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.from("ab").subarray(0, shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return whole.slice(shift === 0 ? 0 : shift + 1, -2);
  });
  const html = value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
  const once = JSON.stringify(value).slice(1, -1);
  return [
    value,
    encodeURIComponent(value),
    once,
    JSON.stringify(once).slice(1, -1),
    html,
    html.replaceAll("'", "&#39;"),
    bytes.toString("hex"),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ].filter((text) => text.length >= 6);
}

class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

export type Texts = Record<string, string>;

/**
 * The command line in this process. The line by which GitHub itself is told what to mask is no output.
 * @param columns of the terminal that its answer goes to; without them it is a pipe
 */
export async function ask(
  argv: readonly string[],
  { columns, ...world }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly columns?: number },
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const stdout = Object.assign(new Sink(), columns === undefined ? {} : { isTTY: true });
  const terminal = { stdout, stderr: Object.assign(new Sink(), columns === undefined ? {} : { columns }) };
  const code = await main({ ...world, argv, terminal, signal: new AbortController().signal });
  return {
    code,
    stdout: terminal.stdout.text,
    stderr: terminal.stderr.text.replace(/^::add-mask::.*$/gm, ""),
  };
}

/** The text of each file in a folder, by its path; an archive's is what it holds. */
export function filesIn(folder: string): Texts {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [path, textOf(path)]));
}

function textOf(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

export function expectNone(values: readonly string[], texts: Texts): void {
  const all = values.flatMap(forms);
  for (const [where, text] of Object.entries(texts)) {
    const held = all.find((form) => text.includes(form));
    if (held !== undefined) expect.fail(`${where} holds ${JSON.stringify(held)}:\n${text}`);
  }
}

/** That what is searched was there. */
export function expectNames(files: Texts, ...names: readonly string[]): void {
  const paths = Object.keys(files);
  for (const name of names)
    expect(
      paths.some((path) => path.includes(name)),
      `${name} among ${paths}`,
    ).toBe(true);
}
