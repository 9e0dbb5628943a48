import { describe, expect, it } from "vitest";
import { createReleaseFolder } from "../../../../src/clients/release-folder.ts";
import {
  keepRelease,
  mustBeOf,
  otherEnvironment,
  readKeptRelease,
} from "../../../../src/ritual/integrity/keep.ts";
import { tempFolder } from "../../../support/temp.ts";
import { look, released } from "./world.ts";

describe("a reading of a release", () => {
  it("is kept as it was, and stays as it is for the same tag", async () => {
    const folder = createReleaseFolder(tempFolder());
    expect(readKeptRelease(folder)).toBeNull();
    const reading = await look(released().path);
    keepRelease(folder, reading);
    expect(readKeptRelease(folder)).toMatchObject(reading);
    const before = folder.read("release.json");
    // What came later is in no archive that was made before.
    keepRelease(folder, reading, "{}");
    expect(folder.list()).toEqual(["release.json"]);
    keepRelease(folder, { ...reading, findings: [] });
    expect(folder.read("release.json")).toEqual(before);
  });

  it("is kept with its signed verdict", async () => {
    const folder = createReleaseFolder(tempFolder());
    keepRelease(folder, await look(released().path), '{"signed":true}');
    expect(folder.list()).toEqual(["release.json", "verdict.json"]);
    expect(folder.read("verdict.json")?.toString()).toBe('{"signed":true}');
  });

  it("takes the place of another tag object's, and of what cannot be read", async () => {
    const folder = createReleaseFolder(tempFolder());
    const reading = await look(released().path);
    folder.write("release.json", "{");
    expect(readKeptRelease(folder)).toBeNull();
    keepRelease(folder, reading);
    const { release } = reading;
    if (release === null) throw new Error("no release");
    const other = { ...release, tagObject: "f".repeat(40) };
    keepRelease(folder, { ...reading, release: other });
    expect(readKeptRelease(folder)?.release.tagObject).toBe(other.tagObject);
  });

  it("says whose a folder is: nothing of another release of this name is taken for this one's", async () => {
    const folder = createReleaseFolder(tempFolder());
    const reading = await look(released().path, {}, { project: "github.com/octo/demo" });
    const { release } = reading;
    if (release === null) throw new Error("no release");
    mustBeOf(folder, release);
    keepRelease(folder, reading);
    // The same commit may be tagged again.
    mustBeOf(folder, { ...release, tagObject: "f".repeat(40), project: null });
    expect(() => mustBeOf(folder, { ...release, commit: "f".repeat(40) })).toThrow(
      `${folder.path} is of another v1.2.3: commit ${release.commit.slice(0, 12)} of github.com/octo/demo`,
    );
  });

  it("is of one environment, and says which where another one is asked for", async () => {
    const folder = createReleaseFolder(tempFolder());
    const reading = await look(released().path);
    const { release } = reading;
    if (release === null) throw new Error("no release");
    const of = (environment: string | null) => ({ ...release, environment });
    expect(otherEnvironment(folder, of("prod"))).toBeNull();
    keepRelease(folder, { ...reading, release: of("stage") });
    const seen = ["stage", "prod", null].map((environment) => otherEnvironment(folder, of(environment)));
    expect(seen).toEqual([null, "stage", null]);
  });
});
