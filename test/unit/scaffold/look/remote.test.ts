import { describe, expect, it } from "vitest";
import { placeOf } from "../../../../src/scaffold/look/remote.ts";

describe("a remote's address", () => {
  const password = ["no", "body", "s"].join("-");
  it.each([
    ["https://github.com/acme/shop.git", "github", "acme/shop"],
    [`https://me:${password}@github.com/acme/shop`, "github", "acme/shop"],
    ["git@github.com:acme/shop.git", "github", "acme/shop"],
    ["ssh://git@ssh.github.com:443/acme/shop.git", "github", "acme/shop"],
    ["git@gitlab.example.com:group/sub/shop.git", "gitlab", "group/sub/shop"],
    ["https://bitbucket.org/acme/shop.git/", "bitbucket", "acme/shop"],
    ["https://acme.visualstudio.com/shop/_git/shop", "azure", "shop/_git/shop"],
    ["https://git.example.com/acme/shop.git", null, "acme/shop"],
    ["https://github.com/with a space/$(x)", null, null],
    ["/srv/git/shop.git", null, null],
    ["C:\\git\\shop.git", null, null],
    ["file:///srv/git/shop.git", null, null],
  ] as const)("%s", (url, forge, repository) => {
    expect(placeOf([url])).toEqual({ forge, repository });
  });

  it("tells by the first that tells: git may reach it by another one", () => {
    expect(placeOf(["/mirror/shop.git", "https://github.com/acme/shop"]).repository).toBe("acme/shop");
  });
});
