import { type Bench, ms } from "./bench.ts";
import { alternate, medianExtraMs, medianWallMs } from "./measure.ts";
import { writePolicy } from "./policy.ts";
import { makeRepository } from "./repository.ts";
import { startServers } from "./servers.ts";

const dependencies = 20;
const answerMs = 300;
const overheadMs = 50;
const rounds = 9;

/** Dependencies are asked at once: twenty slow ones cost what one costs. */
export const slowDependencies: Bench = {
  name: "slow",
  about: `${dependencies} dependencies that answer in ${answerMs} ms each`,
  async measure({ folder, env, gate }) {
    const cwd = makeRepository(folder, { files: 3, tags: 1 }, env);
    const servers = await startServers(answerMs, dependencies);
    try {
      const asking = (config: string) => ({
        cwd,
        env,
        argv: gate("--env", "prod", "--version", "v1.1.0", "--config", config),
      });
      const { all, none } = alternate(
        {
          all: asking(writePolicy(folder, "all", servers.urls)),
          none: asking(writePolicy(folder, "none", [])),
        },
        rounds,
      );
      const from = `${ms(medianWallMs(all))} with them, ${ms(medianWallMs(none))} without`;
      const figure = medianExtraMs(all, none);
      return [{ what: "extra wall time", figure, unit: "ms", bound: { most: answerMs + overheadMs }, from }];
    } finally {
      servers.close();
    }
  },
};
