import { type Bench, ms, type Row } from "./bench.ts";
import { alternate, type Command, medianExtraMs, medianWallMs, peakBytes } from "./measure.ts";
import { writePolicy } from "./policy.ts";
import { makeRepository } from "./repository.ts";
import { startServers } from "./servers.ts";

const requests = 1000;
const rounds = 7;

/** Many checks of one host: how quickly they are asked, and what they hold in memory. */
export const manyRequests: Bench = {
  name: "many",
  about: `${requests} HTTP checks of one local server`,
  async measure({ folder, env, gate }) {
    const cwd = makeRepository(folder, { files: 3, tags: 1 }, env);
    const servers = await startServers(0, 1);
    try {
      const urls = Array.from({ length: requests }, (_, i) => `${servers.urls[0]}${i}`);
      const asking = (name: string, asked: readonly string[]): Command => {
        const config = writePolicy(folder, name, asked);
        return { cwd, env, argv: gate("--env", "prod", "--version", "v1.1.0", "--config", config) };
      };
      const many = asking("many", urls);
      const runs = alternate({ many, one: asking("one", urls.slice(0, 1)) }, rounds);
      const extraMs = medianExtraMs(runs.many, runs.one);
      const from = `${ms(medianWallMs(runs.many))} for ${requests}, ${ms(medianWallMs(runs.one))} for 1`;
      const figure = requests / (extraMs / 1000);
      return [
        { what: "requests", figure, unit: "/s", bound: { least: 2000 }, from },
        memory(await peakBytes(many)),
      ];
    } finally {
      servers.close();
    }
  },
};

function memory(bytes: number | undefined): Row {
  const from = bytes === undefined ? "not to be seen here: there is no /proc" : "VmHWM of one run";
  return { what: "peak memory", figure: (bytes ?? Number.NaN) / 1e6, unit: "MB", bound: { most: 150 }, from };
}
