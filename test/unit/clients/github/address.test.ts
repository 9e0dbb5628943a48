import { describe, expect, it } from "vitest";
import { apiAddress, repositoryPath, uploadAddress } from "../../../../src/clients/github/address.ts";

describe("the API's address", () => {
  it.each([
    ["https://api.github.com", "https://api.github.com/"],
    ["https://ghe.example.com/api/v3/", "https://ghe.example.com/api/v3"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080/"],
    ["http://[::1]:8080/api/v3", "http://[::1]:8080/api/v3"],
    ["http://localhost:8080", "http://localhost:8080/"],
  ])("%s is %s", (given, address) => {
    expect(apiAddress(given).href).toBe(address);
  });

  it.each([
    ["http://ghe.example.com/api/v3", "would send the token unencrypted"],
    ["http://127.0.0.1.example.com", "would send the token unencrypted"],
    ["ftp://api.github.com", "is not an http(s) URL"],
    ["api.github.com", "is not an http(s) URL"],
    [`https://${["me", "pass"].join(":")}@api.github.com`, "may hold nothing but scheme, host and path"],
    ["https://api.github.com?x=1", "may hold nothing but scheme, host and path"],
  ])("%s %s", (given, why) => {
    expect(() => apiAddress(given)).toThrow(`GITHUB_API_URL ${why}`);
    expect(() => apiAddress(given)).not.toThrow("pass");
  });
});

describe("a repository's name", () => {
  it("is owner/name and nothing else", () => {
    expect(repositoryPath("octo/de.mo-1_x")).toBe("octo/de.mo-1_x");
    for (const wrong of ["octo", "octo/demo/x", "octo/..", "../demo", "octo/de mo", "octo/demo?x", ""]) {
      expect(() => repositoryPath(wrong)).toThrow("GITHUB_REPOSITORY is not owner/name");
    }
  });
});

describe("the address of an upload", () => {
  const api = new URL("https://api.github.com/");
  const loopback = new URL("http://127.0.0.1:1234/");

  it("is the release's own template with the asset's name", () => {
    const template = "https://uploads.github.com/repos/octo/demo/releases/1/assets{?name,label}";
    expect(uploadAddress(template, api, "a+b c.tgz")).toBe(
      "https://uploads.github.com/repos/octo/demo/releases/1/assets?name=a%2Bb+c.tgz",
    );
    expect(uploadAddress("http://127.0.0.1:1234/u{?name,label}", loopback, "a")).toBe(
      "http://127.0.0.1:1234/u?name=a",
    );
  });

  it.each([
    ["http://uploads.github.com/assets{?name}", api],
    ["http://127.0.0.1:9999/assets{?name}", loopback],
    ["https://user@uploads.github.com/assets{?name}", api],
    ["/assets{?name}", api],
  ])("is not %s", (template, from) => {
    expect(() => uploadAddress(template, from, "a")).toThrow("not one that a token may be sent to");
  });
});
