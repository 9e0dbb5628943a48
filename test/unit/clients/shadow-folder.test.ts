import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createReleaseFolder, createShadowFolder } from "../../../src/clients/release-folder.ts";
import { tempFolder } from "../../support/temp.ts";

it("a shadow of a release's folder has what was written into it, and writes nothing", () => {
  const real = createReleaseFolder(join(tempFolder(), "release-v1.2.3"));
  const shadow = createShadowFolder(real);
  expect(shadow.list()).toEqual([]);
  shadow.write("a.json", "1");
  expect([shadow.read("a.json")?.toString(), shadow.list()]).toEqual(["1", ["a.json"]]);
  expect(existsSync(real.path)).toBe(false);
  real.write("b.json", "2");
  shadow.write("b.json", "3");
  expect([real.read("b.json")?.toString(), shadow.read("b.json")?.toString()]).toEqual(["2", "3"]);
  expect(shadow.list()).toEqual(["a.json", "b.json"]);
  expect(() => shadow.write("../a", "x")).toThrow("no name of a file");
});
