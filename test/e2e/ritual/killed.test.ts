import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { grafanaToken, startGrafana } from "../../support/grafana.ts";
import { dashboard, panel, wave } from "../../support/grafana-dashboards.ts";
import { tempFolder } from "../../support/temp.ts";
import { expectEnd, killer, kinds, ritualWorld, tag, toldBy } from "./world.ts";

const done = `Ritual of ${tag} completed`;
const places = ["changelog", "metrics", "archive", "broadcast", "complete"];

/** Steps that kill the process, each the first time that it runs, before these. */
function killers(before: readonly string[]) {
  const folder = tempFolder();
  const steps = before.map(
    (name) =>
      `    - {uses: ./killer.mjs, name: killer-${name}, before: ${name}, options: {file: ${JSON.stringify(join(folder, name))}}}\n`,
  );
  return { settings: `  steps:\n${steps.join("")}`, files: { "killer.mjs": killer } };
}

describe("a ritual that was killed", () => {
  it("before any of its steps goes on from there, and nobody is told twice", async () => {
    const world = await ritualWorld(killers(places));
    for (const _ of places) {
      const killed = await world.ritual();
      expect(killed.signal, killed.all).toBe("SIGKILL");
    }
    expectEnd(await world.ritual(), 0, done);
    expect(toldBy(world)).toHaveLength(1);
    expect(kinds(world).filter((kind) => kind === "complete")).toHaveLength(1);
  });

  it("around its dashboard takes one snapshot of it, and marks the deploy there once", async () => {
    const grafana = await startGrafana({
      dashboards: { shop: dashboard("shop", "Shop", [panel(1, "Requests", ["sum(up)"])]) },
      answer: (query) => wave(String(query["refId"]), ["requests"]),
    });
    const around = ["probe", "snapshot", "archive"];
    const world = await ritualWorld(killers(around));
    Object.assign(world.env, {
      GRAFANA_URL: grafana.url,
      GRAFANA_API_KEY: grafanaToken,
      DASHBOARD_UID: "shop",
    });
    for (const _ of around) {
      const killed = await world.ritual();
      expect(killed.signal, killed.all).toBe("SIGKILL");
    }
    expectEnd(await world.ritual(), 0, done);
    expect(grafana.problems).toEqual([]);
    expect(grafana.snapshots.size).toBe(1);
    expect(grafana.annotations).toHaveLength(1);
    expect(toldBy(world)).toHaveLength(1);
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
