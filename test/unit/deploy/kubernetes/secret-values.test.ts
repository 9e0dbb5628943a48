import { describe, expect, it } from "vitest";
import { Secrets } from "../../../../src/core/mask.ts";
import { registerSecrets } from "../../../../src/deploy/kubernetes/secret-values.ts";

const value = ["gehe", "im-0123", "456789"].join("");
const base64 = Buffer.from(value).toString("base64");

function registered(object: object): Secrets {
  const secrets = new Secrets();
  registerSecrets({ apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, ...object }, secrets);
  return secrets;
}

describe("a Secret's values", () => {
  it("are masked as they are and as they are written, wherever they turn up", () => {
    const secrets = registered({ data: { password: base64 } });
    expect(secrets.mask(`--password ${value}, ${base64}, ${encodeURIComponent(value)}`)).not.toContain(value);
    expect(secrets.mask(base64)).toBe("***");
    expect(registered({ stringData: { password: value } }).mask(value)).toBe("***");
  });

  it("may be bytes that are no text, or no base64 at all, or nothing", () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05]).toString("base64");
    expect(registered({ data: { key: bytes } }).mask(bytes)).toBe("***");
    expect(registered({ data: { key: "!!", empty: "", no: null, other: 5 } }).values).toContain("!!");
    expect(registered({ data: null }).values).toEqual([]);
  });

  it("are found in parts that are misspelt too", () => {
    expect(registered({ datum: { passwords: [value] } }).mask(value)).toBe("***");
  });

  it("are those of Secrets alone", () => {
    expect(registered({ kind: "ConfigMap", data: { password: value } }).values).toEqual([]);
  });
});
