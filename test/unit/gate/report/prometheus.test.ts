import { describe, expect, test } from "vitest";
import type { Verdict } from "../../../../src/core/verdict.ts";
import { render } from "../../../../src/gate/report/index.ts";
import fc from "../../../support/property.ts";
import { feed, withProgram } from "./tools.ts";
import {
  blocked,
  critical,
  finding,
  hostile,
  hostilePieces,
  options,
  safe,
  verdict,
  verdicts,
  warned,
} from "./verdicts.ts";

const prometheus = (of: Verdict) => render("prometheus", of, options);

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

/** A strict reader of the text format 0.0.4: throws at whatever is not in its grammar, or there twice. */
function read(text: string): Sample[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line has no end");
  const samples: Sample[] = [];
  const seen = new Set<string>();
  const families = new Set<string>();
  let family = "";
  let helped = "";
  for (const line of text.split("\n").slice(0, -1)) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\\\|\\n)+$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) gauge$/.exec(line);
    if (help) helped = help[1] ?? "";
    else if (type) {
      family = type[1] ?? "";
      if (families.has(family) || helped !== family)
        throw new Error(`a family twice, or without help: ${line}`);
      families.add(family);
    } else {
      const sample = parsed(line);
      if (sample.name !== family) throw new Error(`a sample outside its family: ${line}`);
      const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(series)) throw new Error(`a series twice: ${line}`);
      seen.add(series);
      samples.push(sample);
    }
  }
  return samples;
}

function parsed(line: string): Sample {
  const [, name = "", inside = "", value = ""] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)\{(.*)\} (\S+)$/s.exec(line) ?? [];
  const number = /^([+-]?(\d+(\.\d+)?(e[+-]?\d+)?)|NaN|[+-]Inf)$/;
  if (name === "" || !number.test(value)) throw new Error(`not a sample: ${line}`);
  const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\\\|\\"|\\n)*)"(,|$)/y;
  const labels: Record<string, string> = {};
  while (label.lastIndex < inside.length) {
    const match = label.exec(inside);
    if (!match) throw new Error(`not labels: ${line}`);
    const [, key = "", text = ""] = match;
    if (key in labels) throw new Error(`a label twice: ${line}`);
    labels[key] = text.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char));
  }
  return { name, labels, value };
}

const find = (of: Verdict, name: string) =>
  read(prometheus(of)).filter((sample) => sample.name === `release_sentinel_${name}`);

describe("a strict reader", () => {
  test.each(Object.keys(verdicts) as (keyof typeof verdicts)[])("reads a verdict that is %s", (name) => {
    expect(read(prometheus(verdicts[name])).length).toBeGreaterThan(5);
  });

  test("finds no series twice, whatever checks call themselves and whatever they saw", () => {
    const name = fc.oneof(fc.constantFrom("a", "b", ...hostilePieces), fc.string({ unit: "binary" }));
    const status = fc.constantFrom("ok", "fail", "warn" as const);
    const metric = fc.record({ name, value: fc.double(), unit: fc.constantFrom("s", "%", "") });
    const told = fc.record({
      check: name,
      subject: name,
      status,
      message: name,
      metrics: fc.array(metric, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 20 }), (items) => {
        const samples = read(prometheus(verdict("BLOCKED", items.map(finding))));
        const counted = samples
          .filter((sample) => sample.name === "release_sentinel_finding")
          .map(({ value }) => Number(value));
        expect(counted.reduce((sum, value) => sum + value, 0)).toBe(items.length);
      }),
    );
  });

  test("refuses what is not in the grammar", () => {
    expect(() => read('x{a="b"c} 1\n')).toThrow();
    expect(() => read("# HELP x y\n# TYPE x gauge\nx{} 1\nx{} 2\n")).toThrow("twice");
  });
});

test("one verdict is 1, the others are 0", () => {
  const said = find(blocked, "verdict").map(({ labels, value }) => [
    labels["environment"],
    labels["version"],
    labels["verdict"],
    value,
  ]);
  expect(said).toEqual([
    ["production", "v1.4.2", "SAFE", "0"],
    ["production", "v1.4.2", "BLOCKED", "1"],
    ["production", "v1.4.2", "CRITICAL", "0"],
  ]);
  expect(find(critical, "exit_code")[0]?.value).toBe("2");
  expect([safe, warned].map((of) => find(of, "releasable")[0]?.value)).toEqual(["1", "0"]);
});

test("findings, their numbers and durations have series of their own", () => {
  expect(prometheus(warned)).toContain(
    'release_sentinel_finding{environment="prod",version="v1.4.2",check="host.disk",subject="/var/lib/docker",kind="health",status="warn"} 1\n',
  );
  expect(prometheus(warned)).toContain(
    'release_sentinel_check_metric{environment="prod",version="v1.4.2",check="host.disk",subject="/",name="available",unit="B"} 94500000000\n',
  );
  expect(prometheus(critical)).toContain(
    'release_sentinel_check_duration_seconds{environment="prod",version="v1.4.2",check="http.api"} 3.412\n',
  );
  expect(find(safe, "start_time_seconds")[0]?.value).toBe("1795250000.268");
});

test("equal findings are counted, and numbers without bounds are written as Prometheus does", () => {
  const metrics = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21, 1e-7].map(
    (value, i) => ({ name: `n${i}`, value, unit: "" }),
  );
  const told = finding({ check: "git.tag", status: "fail", message: "x", metrics });
  const of = verdict("BLOCKED", [told, told]);
  expect(find(of, "finding").map(({ value }) => value)).toEqual(["2"]);
  expect(find(of, "check_metric").map(({ value }) => value)).toEqual([
    "NaN",
    "+Inf",
    "-Inf",
    "1e+21",
    "1e-7",
  ]);
});

test("labels come out of a reader as they went in", () => {
  const of = verdict("BLOCKED", [
    finding({ check: 'a"b\\c', subject: "C:\\new\\x", status: "fail", message: "x" }),
  ]);
  expect(find(of, "finding")[0]?.labels).toMatchObject({ check: 'a"b\\c', subject: "C:\\new\\x" });
});

withProgram("promtool", () => {
  test.each(Object.keys(verdicts) as (keyof typeof verdicts)[])(
    "finds nothing to say about a verdict that is %s",
    (name) => {
      expect(feed("promtool", ["check", "metrics"], prometheus(verdicts[name]))).toEqual({
        code: 0,
        output: "",
      });
    },
  );

  test("finds a forged line", () => {
    expect(feed("promtool", ["check", "metrics"], `${prometheus(hostile)}x{ 1\n`).code).not.toBe(0);
  });
});
