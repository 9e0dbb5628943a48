import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../../support/temp.ts";
import { expectEnd, killer, kinds, ritualWorld, tag, toldBy } from "./world.ts";

const done = `Ritual of ${tag} completed`;
const places = ["changelog", "metrics", "archive", "broadcast", "complete"];

describe("a ritual that was killed", { timeout: 120_000 }, () => {
  it("before any of its steps goes on from there, and nobody is told twice", async () => {
    const folder = tempFolder();
    const steps = places.map(
      (before) =>
        `    - {uses: ./killer.mjs, name: killer-${before}, before: ${before}, options: {file: ${JSON.stringify(join(folder, before))}}}\n`,
    );
    const world = await ritualWorld({
      settings: `  steps:\n${steps.join("")}`,
      files: { "killer.mjs": killer },
    });
    for (const _ of places) {
      const killed = await world.ritual();
      expect(killed.signal, killed.all).toBe("SIGKILL");
    }
    expectEnd(await world.ritual(), 0, done);
    expect(toldBy(world)).toHaveLength(1);
    expect(kinds(world).filter((kind) => kind === "complete")).toHaveLength(1);
  });

  it("between sending and recording sends nothing again by itself, and says what to do", async () => {
    let child: { kill(signal: NodeJS.Signals): void } | undefined;
    const world = await ritualWorld({
      handler: (_, response, n) => {
        if (n === 1) child?.kill("SIGKILL");
        else response.writeHead(200).end("ok");
      },
    });
    const killed = await world.ritual([], { during: (started) => void (child = started) });
    expect(killed.signal, killed.all).toBe("SIGKILL");
    expect(toldBy(world)).toHaveLength(1);
    const unsure = await world.ritual();
    expectEnd(unsure, 2, "SLACK_WEBHOOK_URL");
    expect(toldBy(world)).toHaveLength(1);
    expectEnd(await world.ritual(["--sent", "SLACK_WEBHOOK_URL"]), 0, done);
    expect(toldBy(world)).toHaveLength(1);
  });
});
