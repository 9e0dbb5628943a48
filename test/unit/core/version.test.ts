import semver from "semver";
import { describe, expect, it } from "vitest";
import { compareVersions, highestVersion, parseVersion } from "../../../src/core/version.ts";
import fc from "../../support/property.ts";

const number = fc.oneof(fc.nat(3), fc.nat(100));
const identifier = fc.oneof(fc.nat(20).map(String), fc.stringMatching(/^[a-z-][a-z0-9-]{0,3}$/));
const version = fc
  .tuple(number, number, number, fc.array(identifier, { maxLength: 3 }))
  .map(([a, b, c, pre]) => `v${a}.${b}.${c}${pre.length > 0 ? `-${pre.join(".")}` : ""}`);

describe("versions", () => {
  it.each([
    "1.0.0",
    "v01.0.0",
    "v1.0",
    "v1.0.0.0",
    "v1.0.0\n",
    " v1.0.0",
    "V1.0.0",
    "v1.0.0-",
    "v1.0.0-01",
    "v1.0.0+b1",
    "v1.0.0-a..b",
    "",
    "v",
    "v1.0.０",
  ])("%j is none", (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
  it("orders as Semantic Versioning does", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [x, y] = [parseVersion(a), parseVersion(b)];
        if (!x || !y) throw new Error(`${a} or ${b} was not read`);
        expect(Math.sign(compareVersions(x, y))).toBe(semver.compare(a, b));
      }),
    );
  });
  it("compares numbers beyond 2^53", () => {
    const [a, b] = [parseVersion("v1.0.9007199254740993"), parseVersion("v1.0.9007199254740992")];
    expect(a && b && compareVersions(a, b)).toBe(1);
  });
  it("finds the highest and passes over what is no version", () => {
    expect(highestVersion(["v1.9.0", "nightly", "v1.10.0", "v1.10.0-rc.1"])?.text).toBe("v1.10.0");
    expect(highestVersion(["v2.0.0-rc.1", "v1.0.0"], ({ pre }) => pre.length === 0)?.text).toBe("v1.0.0");
  });
});
