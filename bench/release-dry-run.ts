import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Bench, ms, type Row } from "./bench.ts";
import { alternate, medianWallMs, type Run } from "./measure.ts";
import { findReleaseIt } from "./peers.ts";
import { makeRepository } from "./repository.ts";

const rounds = 15;
const commits = 200;
const standIn = fileURLToPath(new URL("../test/support/github-process.ts", import.meta.url));
const what = "release --dry-run, as a part of release-it's";
const policy =
  "checks: { env.allowed: true, git.repository: true, git.clean: true, git.branch: true, git.version: true, git.tag: true }\n";

/** Gate, notes, and a proof that every step may act, beside a peer that prints its commands. */
export const releaseDryRun: Bench = {
  name: "release",
  about: `a dry run of a release, ${commits} commits, a local remote`,
  async measure({ folder, env, gate }) {
    const cwd = makeRepository(folder, { files: 3, tags: 1 }, env);
    grow(cwd, env);
    const github = await startGitHub(join(folder, "origin.git"));
    try {
      const around = { cwd, env };
      const release = gate("release", "--env", "prod", "--version", "v1.1.0", "--dry-run");
      const proof = /is planned; nothing was changed/;
      const commands = {
        whole: { cwd, env: { ...env, ...github.variables }, argv: release, proof },
        tag: { ...around, argv: [...release, "--tag"] as typeof release, proof },
      };
      const peer = findReleaseIt(process.env);
      if (!peer)
        return [
          {
            what,
            figure: Number.NaN,
            unit: "",
            bound: { most: 1 },
            from: "release-it is not here: name its program with RELEASE_IT",
          },
        ];
      const argv: typeof release = [...peer.argv, "--ci", "--dry-run", "--no-npm"];
      const runs = alternate({ ...commands, peer: { ...around, argv } }, rounds);
      return [
        row(what, runs.whole, runs.peer, peer.label),
        row("the same with --tag", runs.tag, runs.peer, peer.label),
      ];
    } finally {
      github.stop();
    }
  },
};

function row(name: string, ours: readonly Run[], theirs: readonly Run[], label: string): Row {
  const [own, other] = [medianWallMs(ours), medianWallMs(theirs)];
  const from = `${ms(own)} and ${ms(other)} for ${label} --ci --dry-run --no-npm`;
  return { what: name, figure: own / other, unit: "", bound: { most: 1 }, from };
}

/** Commits after the tag, with a policy among them, on origin too. */
function grow(cwd: string, env: Readonly<Record<string, string>>): void {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Bench", "-c", "user.email=bench@localhost", ...args], { cwd, env });
  writeFileSync(join(cwd, "release-sentinel.yaml"), policy);
  git("add", ".");
  git("commit", "--quiet", "-m", "chore: the policy");
  for (let i = 1; i < commits; i++)
    git("commit", "--quiet", "--allow-empty", "-m", `feat(part-${i % 7}): change ${i}`);
  git("push", "--quiet", "origin", "main");
}

async function startGitHub(gitDir: string) {
  const token = randomUUID();
  const child = spawn(process.execPath, [standIn, JSON.stringify({ token, gitDir })], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  return {
    variables: { GITHUB_API_URL: url, GITHUB_REPOSITORY: "octo/demo", GITHUB_TOKEN: token },
    stop: () => void child.kill(),
  };
}
