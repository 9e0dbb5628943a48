import { describe, expect, it } from "vitest";
import {
  jobsOf,
  publishedPorts,
  replicas,
  repository,
  sameRepository,
} from "../../../../src/deploy/compose/model.ts";

describe("words of compose", () => {
  it.each([
    ["app", "app"],
    ["app:1.4", "app"],
    ["registry:5000/shop/app:1.4", "registry:5000/shop/app"],
    ["registry:5000/shop/app", "registry:5000/shop/app"],
    ["app:1@sha256:ab", "app"],
  ])("%s is of repository %s", (image, name) => {
    expect(repository(image)).toBe(name);
  });

  it("knows what docker takes for granted", () => {
    expect(sameRepository("app:1", "docker.io/library/app@sha256:ab")).toBe(true);
    expect(sameRepository("app:1", "shop/app:1")).toBe(false);
  });

  it("reads published ports as v2 and v1 render them", () => {
    expect(
      publishedPorts({
        ports: [
          { target: 80, published: "8080" },
          { target: 53, published: 53, protocol: "udp" },
        ],
      }),
    ).toEqual(["8080/tcp", "53/udp"]);
    expect(publishedPorts({ ports: ["127.0.0.1:8080:80/tcp", "80", "9000-9001:90-91"] })).toEqual([
      "8080/tcp",
    ]);
    expect(publishedPorts({ ports: [{ target: 80 }, { target: 81, published: "0" }] })).toEqual([]);
  });

  it("counts containers, and knows jobs", () => {
    expect([{}, { scale: 2 }, { deploy: { replicas: 3 } }].map(replicas)).toEqual([1, 2, 3]);
    const services = {
      web: {
        depends_on: {
          migrate: { condition: "service_completed_successfully" },
          db: { condition: "service_started" },
        },
      },
      migrate: {},
      db: {},
      seed: { labels: { "release-sentinel.job": "true" } },
      old: { depends_on: ["db"] },
    };
    expect([...jobsOf({ services })].sort()).toEqual(["migrate", "seed"]);
  });
});
