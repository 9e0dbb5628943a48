import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const source = join(root, "src");

/** Left to right; imports only point left, and the parts never import each other. */
const layers = ["core", "clients", "parts", "flows", "config", "app", "cli"] as const;
const parts = new Set([
  "checks",
  "gate",
  "release",
  "deploy",
  "watch",
  "protect",
  "notify",
  "ledger",
  "attest",
  "ritual",
  "scaffold",
]);

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: readonly Source[] = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => {
    const text = readFileSync(join(source, name), "utf8");
    // Type imports count: a layer that knows another's words knows the layer.
    const specs = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, spec = ""]) => spec);
    return {
      path: name,
      text,
      imports: specs.map((spec) => relative(source, resolve(source, dirname(name), spec))),
    };
  });

function room(path: string): string {
  return path.split("/")[0] ?? "";
}

function layer(path: string): number {
  const name = room(path);
  return layers.indexOf(
    (parts.has(name) ? "parts" : name === "server" ? "cli" : name) as (typeof layers)[number],
  );
}

describe("the architecture", () => {
  it("has only rooms that are on the plan", () => {
    expect(files.filter(({ path }) => layer(path) < 0).map(({ path }) => path)).toEqual([]);
  });

  it("has imports that only point left", () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((to) => layer(to) > layer(path) || (layer(to) === layer(path) && room(to) !== room(path)))
        .map((to) => `${path} → ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has checks that import no other check", () => {
    const isCheck = (text: string) => /export const \w+(: SentinelCheck<.*> =| = gitCheck)/.test(text);
    const checks = new Set(
      files.filter(({ path, text }) => room(path) === "checks" && isCheck(text)).map(({ path }) => path),
    );
    const wrong = files
      .filter(({ path }) => checks.has(path))
      .flatMap(({ path, imports }) => imports.filter((to) => checks.has(to)).map((to) => `${path} → ${to}`));
    expect(checks.size).toBeGreaterThan(15);
    expect(wrong).toEqual([]);
  });

  it("has no import cycle", () => {
    const graph = new Map(files.map(({ path, imports }) => [path, imports]));
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): string[] | undefined => {
      if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
      if (done.has(path)) return undefined;
      for (const to of graph.get(path) ?? []) {
        const cycle = visit(to, [...trail, path]);
        if (cycle) return cycle;
      }
      done.add(path);
      return undefined;
    };
    expect(
      [...graph.keys()].map((path) => visit(path, [])).find((cycle) => cycle !== undefined),
    ).toBeUndefined();
  });

  it("has no file over 400 lines, and keeps most of them short", () => {
    const lengths = files
      .map(({ path, text }) => ({ path, lines: text.split("\n").length }))
      .sort((a, b) => a.lines - b.lines);
    expect(lengths.filter(({ lines }) => lines > 400)).toEqual([]);
    expect(lengths[Math.floor(lengths.length / 2)]?.lines).toBeLessThanOrEqual(100);
    expect(lengths[Math.floor(lengths.length * 0.9)]?.lines).toBeLessThanOrEqual(220);
  });

  it("has no function over 70 lines", () => {
    expect(files.flatMap(({ path, text }) => longFunctions(path, text))).toEqual([]);
  });

  it("lets only the command line touch the process and stdout", () => {
    const wrong = files
      .filter(({ path }) => !["cli", "server"].includes(room(path)))
      .filter(({ text }) =>
        /process\.(exit\b|exitCode|argv\b|stdout)|console\./.test(
          text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""),
        ),
      )
      .map(({ path }) => path);
    expect(wrong).toEqual([]);
  });
});

/** Functions and methods at any depth, by their closing brace at the opening line's indentation. */
function longFunctions(path: string, text: string): string[] {
  const lines = text.split("\n");
  const found: string[] = [];
  const opening =
    /^(\s*)(?:export )?(?:default )?(?:async )?(?:(?:function\*? ?(\w+))|(?:(?:const|let) (\w+)[^=]*= (?:async )?\([^)]*\)[^=]*=>)|(?:(?!if|for|while|switch|catch|return)(#?\w+)\([^)]*\)[^={]*)).*\{$/;
  for (const [i, line] of lines.entries()) {
    const match = opening.exec(line);
    if (!match) continue;
    const end = lines.findIndex(
      (candidate, j) =>
        j > i &&
        candidate.startsWith(`${match[1]}}`) &&
        !/^\s/.test(candidate.slice((match[1] ?? "").length)),
    );
    // What holds the methods of an object that is returned is a list, not a long thought.
    const body = lines.slice(i, end + 1);
    const isFactory = /^create[A-Z]/.test(match[2] ?? "");
    if (end > 0 && body.length > 70 && !isFactory)
      found.push(`${path}:${i + 1} ${match[2] ?? match[3] ?? match[4]} has ${body.length} lines`);
  }
  return found;
}
