import { describe, expect, test } from "vitest";
import { annotations, maskCommands, outputs } from "../../../../src/gate/report/github.ts";
import { render } from "../../../../src/gate/report/index.ts";
import {
  blocked,
  critical,
  excused,
  finding,
  hostile,
  nothing,
  options,
  safe,
  verdict,
  warned,
} from "./verdicts.ts";

/** What the runner takes from a line: its own rules, `%` last. */
function command(
  line: string,
): { name: string; properties: Record<string, string>; data: string } | undefined {
  const [, name = "", list = "", data = ""] =
    /^::([^ :]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/s.exec(line) ?? [];
  if (name === "") return undefined;
  const plain = (text: string) => text.replaceAll("%0D", "\r").replaceAll("%0A", "\n");
  const pairs =
    list === ""
      ? []
      : list
          .split(",")
          .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const);
  const properties = pairs.map(([key, value]) => [
    key,
    plain(value).replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%25", "%"),
  ]);
  return { name, properties: Object.fromEntries(properties), data: plain(data).replaceAll("%25", "%") };
}

/** What the runner takes from the file of outputs. */
function outputsOf(file: string): Record<string, string> {
  const read: Record<string, string> = {};
  const lines = file.split("\n");
  while (lines.length > 1) {
    const [name = "", delimiter] = (lines.shift() ?? "").split("<<");
    const value: string[] = [];
    while (lines.length > 0 && lines[0] !== delimiter) value.push(lines.shift() ?? "");
    lines.shift();
    read[name] = value.join("\n");
  }
  return read;
}

describe("annotations", () => {
  test("are errors for what failed, with what to do next and where", () => {
    const [first, ...more] = annotations(blocked);
    expect(first).toBe(
      "::error title=env.allowed%3A fail::Invalid environment: production%0A→ use one of dev, stage, prod: --env prod",
    );
    expect(more.at(-1)).toBe(
      "::error file=release-sentinel.yaml,line=12,title=git.branch%3A fail::Releases blocked from branch: feature/test%0A→ git switch main",
    );
  });

  test("are warnings for what warns, notices for what was let pass, nothing for the rest", () => {
    expect(annotations(warned)).toEqual([
      "::warning title=host.disk (/var/lib/docker)%3A warn::Disk WARNING: 80.1%25%0A→ docker system prune --volumes",
    ]);
    expect(annotations(excused).map((line) => command(line)?.name)).toEqual(["notice", "notice", "notice"]);
    expect(annotations(safe)).toEqual([]);
    expect(annotations(critical).map((line) => command(line)?.name)).toEqual([
      "error",
      "error",
      "error",
      "warning",
    ]);
    expect(annotations(nothing)).toEqual(["::error title=verdict%3A unknown::nothing was checked"]);
  });

  test("are ten of a sort at most, and say how many more there are", () => {
    const failed = Array.from({ length: 25 }, (_, i) =>
      finding({ check: "repo.secrets", status: "fail", message: `${i}` }),
    );
    const lines = annotations(verdict("BLOCKED", failed));
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe("::error title=release-sentinel::and 16 more, see the job summary");
  });

  test("hold hostile text in one command of their own", () => {
    for (const piece of hostile.findings) {
      const line =
        annotations(verdict("BLOCKED", [{ ...piece, status: "fail", location: { file: piece.message } }])).at(
          -1,
        ) ?? "";
      expect(line).not.toMatch(/[\r\n]/);
      const read = command(line);
      expect(read?.name).toMatch(/^(error|notice)$/);
      expect(Object.keys(read?.properties ?? {})).toEqual(["file", "title"]);
    }
  });
});

describe("outputs", () => {
  test("come out of the file as they went in, whatever the report holds", () => {
    const report = render("text", hostile, options);
    const file = outputs(hostile, `${report}verdict=SAFE\nverdict<<EOF\nSAFE\nEOF\n`, "delimiter-0123");
    expect(outputsOf(file)).toEqual({
      verdict: "BLOCKED",
      "exit-code": "1",
      report: `${report}verdict=SAFE\nverdict<<EOF\nSAFE\nEOF\n`,
    });
  });

  test("are refused when the delimiter is in a value", () => {
    expect(() => outputs(safe, "a\ndelimiter-0123\nverdict=SAFE", "delimiter-0123")).toThrow(
      "the delimiter occurs in the output report",
    );
  });
});

describe("masks", () => {
  test("are one a line of the value, escaped, each once", () => {
    expect(maskCommands(["first line\r\nsecond 100%\n\n", "second 100%", "  "])).toEqual([
      "::add-mask::first line",
      "::add-mask::second 100%25",
    ]);
  });

  test("are nothing for nothing", () => {
    expect(maskCommands([])).toEqual([]);
  });
});
