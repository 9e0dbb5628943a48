import { execFileSync } from "node:child_process";
import { type Bench, ms, type Row, type World } from "./bench.ts";
import { makeHistory } from "./history.ts";
import { alternate, type Command, medianWallMs, peakBytes } from "./measure.ts";
import { findPeer, type Peer } from "./peers.ts";

const size = { commits: 25_000, tags: 10_000 };
/** The peers take minutes for all of that: they are measured beside us on a part of it. */
const part = { commits: 5000, tags: 100 };
const rounds = 7;
/** What the notes are made of, as `src/clients/git/history.ts` asks for it. */
const format = "--format=tformat:%H%x00%h%x00%P%x00%aN%x00%aE%x00%at%x00%B";

/** Notes of a whole history cost about what the log costs that they are made of, however many tags there are. */
export const releaseNotes: Bench = {
  name: "notes",
  about: `release notes of ${size.commits} commits, ${size.tags} tags`,
  async measure({ folder, env, gate }) {
    const [cwd, untagged] = [makeHistory(folder, size, env), makeHistory(folder, { ...size, tags: 10 }, env)];
    const root = rootOf(cwd, env);
    const argv = gate("notes", "--from", root);
    const bare: Command["argv"] = ["git", "log", "-z", format, `${root}..HEAD`];
    const commands = {
      notes: { argv, cwd, env },
      log: { argv: bare, cwd, env },
      untagged: { argv, cwd: untagged, env },
      last: { argv: gate("notes", "--version", "v1.0.0"), cwd, env },
    } satisfies Record<string, Command>;
    const runs = alternate(commands, rounds);
    const wall = (name: keyof typeof runs) => medianWallMs(runs[name]);
    const rows: Row[] = [
      {
        what: "wall time, as a multiple of git log",
        figure: wall("notes") / wall("log"),
        unit: "",
        bound: { most: 2 },
        from: `${ms(wall("notes"))} and ${ms(wall("log"))}`,
      },
      {
        what: "with 10,000 tags, as a multiple of 10",
        figure: wall("notes") / wall("untagged"),
        unit: "",
        bound: { most: 1.2 },
        from: `${ms(wall("notes"))} and ${ms(wall("untagged"))}; since the last tag ${ms(wall("last"))}`,
      },
      memory(await peakBytes(commands.notes)),
    ];
    return [...rows, ...besidePeers(makeHistory(folder, part, env), env, gate)];
  },
};

/** The whole of a smaller history, as each of them tells it. */
function besidePeers(cwd: string, env: World["env"], gate: World["gate"]): Row[] {
  const root = rootOf(cwd, env);
  const notes = { argv: gate("notes", "--from", root), cwd, env };
  const peers = [
    { name: "conventional-changelog", variable: "CONVENTIONAL_CHANGELOG", args: ["-f", "--stdout"] },
    { name: "git-cliff", variable: "GIT_CLIFF", args: [`${root}..HEAD`] },
  ];
  return peers.map(({ name, variable, args }) => {
    const peer = findPeer(name, variable, process.env);
    return peer ? beside(peer, notes, args) : absent(name, variable);
  });
}

function rootOf(cwd: string, env: World["env"]): string {
  return execFileSync("git", ["rev-list", "--max-parents=0", "HEAD"], { cwd, env, encoding: "utf8" }).trim();
}

function beside({ label, argv }: Peer, notes: Command, args: readonly string[]): Row {
  const runs = alternate({ notes, peer: { ...notes, argv: [...argv, ...args] } }, 3);
  const [ours, theirs] = [medianWallMs(runs.notes), medianWallMs(runs.peer)];
  const from = `${ms(ours)} and ${ms(theirs)}, ${part.commits} commits and ${part.tags} tags`;
  return {
    what: `wall time, as a part of ${label}'s`,
    figure: ours / theirs,
    unit: "",
    bound: { most: 1 },
    from,
  };
}

function absent(name: string, variable: string): Row {
  const from = `${name} is not here: name its program with ${variable}`;
  return {
    what: `wall time, as a part of ${name}'s`,
    figure: Number.NaN,
    unit: "",
    bound: { most: 1 },
    from,
  };
}

function memory(bytes: number | undefined): Row {
  const from = bytes === undefined ? "not to be seen here: there is no /proc" : "VmHWM of one run";
  return { what: "peak memory", figure: (bytes ?? Number.NaN) / 1e6, unit: "MB", bound: { most: 200 }, from };
}
