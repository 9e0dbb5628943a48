import { describe, expect, it } from "vitest";
import { commands } from "../../../src/cli/commands.ts";
import { parse } from "../../../src/cli/program.ts";
import { inProcess } from "../../support/main.ts";
import { tempFolder } from "../../support/temp.ts";

/** They answer, and judge no release. */
const answering = [
  ...["config validate", "config show", "doctor", "ritual secrets", "attest keygen", "attest verify"],
  ...["ledger show", "ledger verify", "ledger export", "replay", "watch explain", "watch backtest"],
  ...["preview deploy", "preview cleanup", "preview sweep", "rollback", "pin"],
];

describe.each(answering)("%s", (name) => {
  const words = [...name.split(" "), ...(name === "attest verify" ? ["verdict.json"] : [])];

  it("takes no --report, for it would write none", () => {
    expect(() => parse([...words, "--report", "json=report.json"])).toThrow("unknown option '--report'");
  });

  it("takes no format that it does not write", () => {
    expect(() => parse([...words, "--format", "junit"])).toThrow(
      /unknown option '--format'|argument 'junit'/,
    );
  });
});

it("leaves both to the commands that judge", () => {
  for (const { name } of commands.filter(({ name }) =>
    /^(check|env|preflight|release|apply|migrate check)$/.test(name),
  )) {
    expect(() => parse([...name.split(" "), "--report", "json=a.json", "--format", "junit"])).not.toThrow();
  }
});

it("answers a flag that would do nothing with 1 and one line", async () => {
  const ran = await inProcess(["doctor", "--report", "json=a.json"], { cwd: tempFolder() });
  expect(ran).toMatchObject({ code: 1, stdout: "" });
  expect(ran.stderr).toMatch(/^release-sentinel: unknown option '--report'.*\n$/);
});
