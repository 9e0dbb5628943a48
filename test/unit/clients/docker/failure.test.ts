import { describe, expect, it } from "vitest";
import { dockerFailure } from "../../../../src/clients/docker/failure.ts";

describe("what docker and compose say when they fail", () => {
  it.each([
    [
      "Cannot connect to the Docker daemon at unix:///run/x.sock. Is the docker daemon running?",
      "unreachable",
      true,
    ],
    ['error during connect: Get "http://%2Fx/v1.41/info": EOF', "unreachable", true],
    [
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
      "denied",
      false,
    ],
    ["Error response from daemon: No such container: web", "not-found", false],
    ['Error response from daemon: Conflict. The container name "/web" is already in use', "conflict", false],
    ["Error response from daemon: something odd", "other", false],
    ["", "other", false],
  ])("%s", (stderr, reason, transient) => {
    expect(dockerFailure(stderr)).toMatchObject({ reason, transient });
  });

  it("is told from progress and warnings, in one printable line", () => {
    const stderr = [
      'time="2026-11-21T10:00:00Z" level=warning msg="The \\"A\\" variable is not set."',
      " Container shop-web-1  Creating",
      " Network shop_default  Created",
      "\u001b[31mError response from daemon: driver failed:\u001b[0m",
      "address already in use",
    ].join("\n");
    expect(dockerFailure(stderr).message).toBe(
      "Error response from daemon: driver failed: address already in use".replace(
        "Error response from daemon: ",
        "",
      ),
    );
  });
});
