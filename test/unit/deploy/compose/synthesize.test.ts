import { describe, expect, it } from "vitest";
import type { Container } from "../../../../src/deploy/compose/containers.ts";
import { keep } from "../../../../src/deploy/compose/kept.ts";
import { synthesize } from "../../../../src/deploy/compose/synthesize.ts";

const anonymous = "ab".repeat(32);

function container(host: object = {}, config: object = {}): Container {
  return {
    Id: "0123456789abcdef",
    Name: "/shop-web-1",
    Image: "sha256:one",
    RestartCount: 0,
    State: { Status: "running", Running: true, Restarting: false, ExitCode: 0, StartedAt: "" },
    Config: {
      Image: "app:1",
      Env: ["PRICE=$5", "FROM_IMAGE=yes"],
      Labels: { "com.docker.compose.service": "web", "com.docker.compose.config-hash": "h", team: "shop" },
      ...config,
    },
    HostConfig: {
      NetworkMode: "shop_default",
      RestartPolicy: { Name: "always" },
      ShmSize: 67108864,
      ...host,
    },
    Mounts: [
      { Type: "volume", Name: "shop_data", Source: "/v", Destination: "/data", RW: true },
      { Type: "volume", Name: anonymous, Source: "/v", Destination: "/scratch", RW: true },
      { Type: "bind", Source: "/etc/shop", Destination: "/etc/shop", RW: false },
    ],
    NetworkSettings: { Networks: { shop_default: { Aliases: ["web", "0123456789ab", "api"] } } },
  };
}

describe("a service made from its container", () => {
  it("carries what the container has and the image has not, with dollars as compose wants them", () => {
    const image = { Id: "sha256:one", Config: { Env: ["FROM_IMAGE=yes"] } };
    expect(synthesize(container(), image, true)).toEqual({
      lost: [],
      service: {
        image: "app:1",
        environment: { PRICE: "$$5" },
        labels: { team: "shop" },
        restart: "always",
        networks: { shop_default: { aliases: ["api"] } },
        volumes: [
          { type: "volume", target: "/data", source: "shop_data" },
          { type: "volume", target: "/scratch", source: anonymous },
          { type: "bind", target: "/etc/shop", read_only: true, source: "/etc/shop" },
        ],
      },
    });
  });

  it("leaves several containers each its own anonymous volume", () => {
    const { service } = synthesize(container(), undefined, false);
    expect(service.volumes).toContainEqual({ type: "volume", target: "/scratch" });
  });

  it("names what it cannot carry, and only that", () => {
    const host = {
      DeviceRequests: [{ Driver: "nvidia" }],
      BlkioWeight: 300,
      CpuCount: 0,
      Devices: [],
      MaskedPaths: ["/proc/kcore"],
    };
    expect(synthesize(container(host), undefined, true).lost).toEqual(["DeviceRequests", "BlkioWeight"]);
    expect(synthesize(container({ NetworkMode: "container:abc" }), undefined, true).lost).toEqual([
      "NetworkMode",
    ]);
  });
});

describe("what is kept of a project", () => {
  const now = { project: "shop", version: "v1", networks: [], images: [] };
  const model = {
    services: { web: { image: "app:1", depends_on: { gone: { condition: "service_started" } } } },
    networks: { default: { name: "shop_default" } },
  };

  it("is the very definition that the containers were made from, where it is known", () => {
    const kept = keep({
      ...now,
      containers: [container({ DeviceRequests: [{}] })],
      candidates: [{ model, hashes: { web: "h" } }],
    });
    expect(kept.lost).toEqual([]);
    // Nothing may wait for what is not kept.
    expect(kept.model.services["web"]).toEqual({ image: "app:1" });
    expect(kept.services["web"]).toMatchObject({
      image: "app:1",
      id: "sha256:one",
      hash: "h",
      count: 1,
      well: true,
    });
  });

  it("is made from the containers where no definition fits; networks are as a known model has them, volumes are not its own", () => {
    const kept = keep({
      ...now,
      containers: [container()],
      candidates: [{ model, hashes: { web: "other" } }],
    });
    expect(kept.model.networks).toEqual({ default: { name: "shop_default" } });
    expect(kept.model.volumes).toMatchObject({ shop_data: { name: "shop_data", external: true } });
    expect(kept.model.services["web"]?.["networks"]).toEqual({ default: { aliases: ["api"] } });
  });

  it("knows what was not well before", () => {
    const broken = container();
    const state = { ...broken.State, Running: false, ExitCode: 3 };
    const kept = keep({ ...now, containers: [{ ...broken, State: state }], candidates: [] });
    expect(kept.services["web"]?.well).toBe(false);
  });
});
