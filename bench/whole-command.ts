import { randomUUID } from "node:crypto";
import { type Bench, ms, type Row } from "./bench.ts";
import { alternate, type Command, meanCpuMs, medianWallMs, type Run } from "./measure.ts";
import { findReleaseIt, type Peer } from "./peers.ts";
import { makeRepository } from "./repository.ts";
import { startServers } from "./servers.ts";

const rounds = 15;
const judged = /Release validation PASSED|system or dependency unhealthy/;

/** The built-in policy in a small repository, beside a peer that does as much, and beside a Node that does nothing. */
export const wholeCommand: Bench = {
  name: "whole",
  about: "the whole command, built-in policy, small repository",
  async measure({ folder, env, gate }) {
    const cwd = makeRepository(folder, { files: 3, tags: 1 }, env);
    const servers = await startServers(0, 1);
    try {
      const around = { cwd, env: { ...env, ...settings(servers.urls[0] ?? "") } };
      const commands = {
        // The machine itself may be unwell: that takes no less time.
        gate: { ...around, argv: gate("--env", "prod", "--version", "v1.1.0"), proof: judged },
        node: { ...around, argv: [process.execPath, "-e", "0"] },
      } satisfies Record<string, Command>;
      const peer = findReleaseIt(process.env);
      if (!peer) return [withoutPeer, ...rows(alternate(commands, rounds))];
      const argv: Command["argv"] = [...peer.argv, "--ci", "--dry-run", "--no-npm"];
      const runs = alternate({ ...commands, peer: { ...around, argv } }, rounds);
      return [comparison(runs.gate, runs.peer, peer), ...rows(runs)];
    } finally {
      servers.close();
    }
  },
};

function settings(url: string): Record<string, string> {
  return { RS_REQUIRED_PROCESS: "node", RS_API_URL: url, RS_DEPLOY_TOKEN: randomUUID() };
}

const withoutPeer: Row = {
  what: "wall time, as a part of release-it's",
  figure: Number.NaN,
  unit: "",
  bound: { most: 0.25 },
  from: "release-it is not here: name its program with RELEASE_IT",
};

function comparison(gate: readonly Run[], peer: readonly Run[], { label }: Peer): Row {
  const [ours, theirs] = [medianWallMs(gate), medianWallMs(peer)];
  const from = `${ms(ours)} and ${ms(theirs)} for ${label} --ci --dry-run; processor ${ms(meanCpuMs(gate))} and ${ms(meanCpuMs(peer))}`;
  return { ...withoutPeer, figure: ours / theirs, from };
}

function rows({ gate, node }: Readonly<Record<"gate" | "node", readonly Run[]>>): Row[] {
  const [ours, bare] = [medianWallMs(gate), medianWallMs(node)];
  const unwell = gate.some(({ exitCode }) => exitCode !== 0) ? "; the gate found this machine unwell" : "";
  const from = `${ms(ours)} and ${ms(bare)}; processor ${ms(meanCpuMs(gate))} and ${ms(meanCpuMs(node))}${unwell}`;
  return [{ what: "wall time, as a multiple of node -e 0", figure: ours / bare, unit: "", from }];
}
