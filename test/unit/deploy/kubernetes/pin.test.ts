import { describe, expect, it } from "vitest";
import { at } from "../../../../src/deploy/kubernetes/object.ts";
import { pinned } from "../../../../src/deploy/kubernetes/pin.ts";
import { deploymentOf } from "./objects.ts";

const digest = `sha256:${"0".repeat(64)}`;
const imageOf = (objects: ReturnType<typeof pinned>) =>
  objects.map((object) => [
    object.metadata.name,
    at(object, "spec", "template", "spec", "containers", 0, "image"),
  ]);

describe("a pin", () => {
  const shop = [
    deploymentOf("web", "registry.example:5000/shop/web:1"),
    deploymentOf("db", "postgres:16"),
    deploymentOf("job", `docker.io/library/postgres@${digest}`),
  ];

  it("takes the place of every image of its repository, tag or digest, however it is written", () => {
    expect(imageOf(pinned(shop, `postgres@${digest}`))).toEqual([
      ["db", `postgres@${digest}`],
      ["job", `postgres@${digest}`],
    ]);
    expect(imageOf(pinned(shop, `registry.example:5000/shop/web@${digest}`))).toHaveLength(1);
  });

  it("knows an image by its end, where there is only one", () => {
    expect(imageOf(pinned(shop, `web@${digest}`))).toEqual([["web", `web@${digest}`]]);
    expect(() => pinned([...shop, deploymentOf("w", "other/web:1")], `web@${digest}`)).toThrow(
      "no container runs web",
    );
  });

  it("says what there is when there is none of that name, and takes no tag", () => {
    expect(() => pinned(shop, `nginx@${digest}`)).toThrow(
      "no container runs nginx; there are docker.io/library/postgres, postgres, registry.example:5000/shop/web",
    );
    expect(() => pinned(shop, "postgres:16")).toThrow("postgres:16 names no digest");
  });
});
