import { describe, expect, it } from "vitest";
import { marksFor } from "../../../src/app/ritual-marks.ts";
import { ritualStores } from "../../../src/app/ritual-stores.ts";
import type { RitualWorld } from "../../../src/app/ritual-world.ts";

const root = "/tmp/clone";

/** A ritual in a clone that goes away, called from `home`. */
function world(home: string | null): RitualWorld {
  const job = { clients: { readers: { ci: { name: null } } }, emit: () => {}, secrets: {}, env: {} };
  const release = { tag: "v1.2.3", remote: "origin", rehearsal: false };
  return { job, asked: { home }, root, release, forge: {} } as unknown as RitualWorld;
}

describe("a ritual of a repository elsewhere", () => {
  it("stores where its caller stands, and not in the clone", () => {
    const named = (home: string | null) =>
      ritualStores(world(home), [{ folder: "../releases" }]).stores.map(({ name }) => name);
    expect(named("/srv/ci/work")).toEqual(["folder /srv/ci/releases"]);
    expect(named(null)).toEqual(["folder /tmp/releases"]);
  });

  it("does not remember in the clone what was sent", () => {
    const { job, release } = world(null);
    const marks = (home: string | null) =>
      marksFor(job, { marks: "local" }, { root, commonDir: `${root}/.git`, home, release, dryRun: false });
    expect(() => marks("/srv/ci/work")).toThrow(/^ritual\.marks is local, and with --repo the clone/);
    marks(null).close();
  });
});
