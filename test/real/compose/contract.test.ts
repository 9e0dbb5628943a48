import { describe } from "vitest";
import { driverContract, type TestRelease } from "../../contract/driver.ts";
import { engine, image } from "../../support/real/docker.ts";
import { checkout, quick, seen } from "./place.ts";

describe.skipIf(engine.skip)("on a real Docker engine", () => {
  driverContract("compose", async () => {
    const place = checkout();
    const releases: readonly TestRelease[] = ["v1", "v2", "v3", "broken"];
    await Promise.all(releases.map((release) => image(`${place.project}:${release}`)));
    return {
      open(release, run) {
        const command =
          release === "broken" ? ["sh", "-c", "echo 'no such table'; exit 3"] : ["sleep", "3600"];
        place.write({
          web: quick(`${place.project}:${release}`, { command, environment: { RELEASE: release } }),
          db: quick(`${place.project}:v1`),
        });
        return place.driver({ version: release, run });
      },
      seen: () => seen(place.project),
      empty: { containers: [], networks: [] },
    };
  });
});
