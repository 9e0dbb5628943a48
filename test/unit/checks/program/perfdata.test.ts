import { describe, expect, it } from "vitest";
import { parsePerfdata, parsePluginOutput } from "../../../../src/checks/program/perfdata.ts";
import fc from "../../../support/property.ts";

describe("parsePerfdata", () => {
  it("reads values with their limits", () => {
    expect(parsePerfdata("time=0.012s;1;2;0;10 users=3;@5:10;~:20;0 /=2643MB;5948;5958;0;5968")).toEqual([
      { name: "time", value: 0.012, unit: "s" },
      { name: "users", value: 3, unit: "" },
      { name: "/", value: 2643 * 1024 ** 2, unit: "B" },
    ]);
  });

  it("brings every unit down to seconds and bytes", () => {
    const text = "a=120ms b=5us c=7µs d=1500ns e=1KB f=2GB g=1TB h=3KiB i=12% j=99c k=5B l=1MB";
    expect(parsePerfdata(text).map(({ value, unit }) => [value, unit])).toEqual([
      [0.12, "s"],
      [0.000005, "s"],
      [0.000007, "s"],
      [0.0000015, "s"],
      [1024, "B"],
      [2 * 1024 ** 3, "B"],
      [1024 ** 4, "B"],
      [3072, "B"],
      [12, "%"],
      [99, "c"],
      [5, "B"],
      [1024 ** 2, "B"],
    ]);
  });

  it("keeps a value whose unit is not ours, as a plain number", () => {
    expect(parsePerfdata("temperature=21.5C power=3W")).toEqual([
      { name: "temperature", value: 21.5, unit: "" },
      { name: "power", value: 3, unit: "" },
    ]);
  });

  it("reads quoted labels with spaces, equals signs and quotes", () => {
    expect(parsePerfdata("'C:\\ used'=5% 'a=b'=1 'it''s'=2 ''''=3")).toEqual([
      { name: "C:\\ used", value: 5, unit: "%" },
      { name: "a=b", value: 1, unit: "" },
      { name: "it's", value: 2, unit: "" },
      { name: "'", value: 3, unit: "" },
    ]);
  });

  it("reads signs, fractions and exponents", () => {
    expect(parsePerfdata("a=-1.5 b=+2 c=.5 d=1e-3s e=3.").map(({ value }) => value)).toEqual([
      -1.5, 2, 0.5, 0.001, 3,
    ]);
  });

  it("passes over values that are not known, and what cannot be read", () => {
    const text = "a=U b=U;1;2 'x=1 y'=U =5 ''=5 c= d=1.2.3 e=five 'open=3 f f=6";
    expect(parsePerfdata(text)).toEqual([{ name: "f", value: 6, unit: "" }]);
    expect(parsePerfdata("")).toEqual([]);
  });

  it("always comes to an end, with numbers only", () => {
    const text = fc.string({
      unit: fc.constantFrom("'", "=", " ", ";", "a", "1", ".", "U", "%", "e", "-", "\n"),
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, (input) => {
        for (const { name, value } of parsePerfdata(input))
          expect(name !== "" && Number.isFinite(value)).toBe(true);
      }),
    );
  });
});

describe("parsePluginOutput", () => {
  it("takes the guidelines' example apart", () => {
    const stdout = `DISK OK - free space: / 3326 MB (56%); | /=2643MB;5948;5958;0;5968
/ 15272 MB (77%);
/boot 68 MB (69%);
/home 69357 MB (27%);
/var/log 819 MB (84%); | /boot=68MB;88;93;0;98
/home=69357MB;253404;253409;0;253414
/var/log=818MB;970;975;0;980
`;
    const { text, long, metrics } = parsePluginOutput(stdout);
    expect(text).toBe("DISK OK - free space: / 3326 MB (56%);");
    expect(long).toEqual([
      "/ 15272 MB (77%);",
      "/boot 68 MB (69%);",
      "/home 69357 MB (27%);",
      "/var/log 819 MB (84%);",
    ]);
    expect(metrics.map(({ name }) => name)).toEqual(["/", "/boot", "/home", "/var/log"]);
  });

  it("knows a line alone, perfdata alone, and nothing", () => {
    expect(parsePluginOutput("OK\r\n")).toEqual({ text: "OK", long: [], metrics: [] });
    expect(parsePluginOutput("|a=1\n")).toEqual({
      text: "",
      long: [],
      metrics: [{ name: "a", value: 1, unit: "" }],
    });
    expect(parsePluginOutput("")).toEqual({ text: "", long: [], metrics: [] });
    expect(parsePluginOutput("OK\n\n\nmore\n")).toMatchObject({ text: "OK", long: ["more"] });
  });

  it("takes the lines after a | on a line of its own for perfdata", () => {
    expect(parsePluginOutput("OK\nmore\n|\na=1\nb=2\n")).toMatchObject({
      long: ["more"],
      metrics: [{ name: "a" }, { name: "b" }],
    });
  });
});
