import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shellLines } from "../../support/docs-blocks.ts";
import { engine } from "../../support/real/docker.ts";
import { type ReleaseImage, releaseImage } from "../../support/real/release-image.ts";
import { repository } from "../../support/repository.ts";

const lines = shellLines("container.md");
const runs = lines.filter((line) => line.startsWith("docker run"));

describe.skipIf(engine.skip)("docs/how-to/container.md", () => {
  let image: ReleaseImage;
  beforeAll(async () => {
    image = await releaseImage();
  });
  afterAll(() => image?.remove());

  it("says of every container how it ends", () => {
    expect(runs.length).toBeGreaterThan(5);
    expect(runs.filter((line) => !/ # exit [012]\b/.test(line))).toEqual([]);
  });

  it.each(runs)("%s", (line) => {
    const repo = repository();
    repo.git("tag", "-a", "v1.4.2", "-m", "Release v1.4.2");
    chmodSync(dirname(repo.path), 0o755);
    writeFileSync(join(repo.path, "../deploy-token.txt"), randomBytes(12).toString("hex"), { mode: 0o644 });
    const exported = lines.filter((other) => other.startsWith("export "));
    // The image that was just built, and no network: an engine for tests has none.
    const command = line
      .replace(/ release-sentinel /, ` ${image.name} `)
      .replace("docker run ", "docker run --network none ");
    const ran = spawnSync("sh", ["-c", `exec 2>&1\n${exported.join("\n")}\n${command}`], {
      cwd: repo.path,
      env: { ...process.env, DOCKER_HOST: engine.found },
      encoding: "utf8",
    });
    expect(ran.stdout).not.toMatch(/unknown option|Unable to find image/);
    expect(ran.status, ran.stdout).toBe(Number(/# exit (\d)/.exec(line)?.[1]));
  });
});
