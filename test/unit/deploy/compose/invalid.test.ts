import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { located } from "../../../../src/deploy/compose/invalid.ts";
import { tempFolder } from "../../../support/temp.ts";

function say(text: string, message: string): string {
  const folder = tempFolder();
  const file = join(folder, "compose.yaml");
  writeFileSync(file, text);
  return located(message.replaceAll("FILE", file), [file], folder);
}

const good =
  "name: shop\nservices:\n  web:\n    image: app:1\n    portz: [80]\n    ports:\n      - target: x\n";

describe("compose's complaints", () => {
  it.each([
    [
      "validating FILE: services.web Additional property portz is not allowed",
      "compose.yaml:5:5: services.web Additional property portz is not allowed",
    ],
    [
      "The Compose file 'FILE' is invalid because: Unsupported config option for services.web: 'portz'",
      "compose.yaml:5:5: Unsupported config option for services.web: 'portz'",
    ],
    [
      "error while interpolating services.web.ports.[].target: failed to cast",
      "compose.yaml:7:9: error while interpolating services.web.ports.[].target: failed to cast",
    ],
    [
      "error while interpolating services.web.image: required variable A is missing a value",
      "compose.yaml:4:5: error while interpolating services.web.image: required variable A is missing a value",
    ],
    ["something of another kind", "compose.yaml: something of another kind"],
    ["services.nowhere is odd", "compose.yaml: services.nowhere is odd"],
  ])("%s", (message, expected) => {
    expect(say(good, message)).toBe(expected);
  });

  it("places what is no YAML", () => {
    expect(say('services:\n  web:\n    image: "a\n', "yaml: line 3: found unexpected end of stream")).toMatch(
      /^compose\.yaml:4:1: found unexpected end of stream$/,
    );
  });

  it("leaves a complaint about no file as it is", () => {
    expect(located("no configuration file provided: not found", [], "/")).toBe(
      "no configuration file provided: not found",
    );
  });
});
