import { type ChildProcess, spawn } from "node:child_process";
import { gitEnvironment, hardened, startFailure } from "../git/command.ts";
import { end } from "../program/end.ts";

/** The one file of every commit of the ledger: the lines that one append added. */
export const linesFile = "lines.jsonl";

/**
 * The file of each commit from a tip back to the first, newest first or oldest first, read as it is asked for.
 * @throws Error when an object is missing; the signal's reason when aborted
 */
export async function* commitFiles(
  options: {
    readonly gitDir: string;
    readonly env: NodeJS.ProcessEnv;
    readonly tip: string;
    readonly oldestFirst: boolean;
  },
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const { gitDir, env, tip, oldestFirst } = options;
  signal.throwIfAborted();
  const order = oldestFirst ? ["--reverse"] : [];
  const list = start(gitDir, env, ["log", "--first-parent", ...order, `--format=%H:${linesFile}`, tip]);
  const read = start(gitDir, env, ["cat-file", "--batch"]);
  const stop = () => {
    for (const child of [list, read]) end(child);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    const failed = new Promise<never>((_, reject) => {
      for (const child of [list, read]) child.once("error", (error) => reject(startFailure(error, gitDir)));
    });
    failed.catch(() => {});
    if (!list.stdout || !read.stdin || !read.stdout) return await failed;
    // Who stops listening ends both; what one has still to say to the other is lost on purpose.
    read.stdin.on("error", () => {});
    list.stdout.pipe(read.stdin);
    for await (const blob of blobs(read.stdout)) {
      signal.throwIfAborted();
      yield blob;
    }
    signal.throwIfAborted();
    await Promise.race([failed, Promise.resolve()]);
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    for (const stream of [list.stdout, read.stdout]) stream?.destroy();
  }
}

function start(gitDir: string, env: NodeJS.ProcessEnv, args: readonly string[]): ChildProcess {
  const settings = hardened.flatMap((setting) => ["-c", setting]);
  return spawn("git", ["--no-pager", `--git-dir=${gitDir}`, ...settings, ...args], {
    cwd: gitDir,
    env: { ...gitEnvironment(env), GIT_FLUSH: "0" },
    stdio: ["pipe", "pipe", "ignore"],
    windowsHide: true,
  });
}

const newline = 0x0a;

/** What `cat-file --batch` writes: `<object> blob <size>`, the bytes, a line break. */
async function* blobs(stdout: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let have = 0;
  let need = 0;
  for await (const chunk of stdout) {
    parts.push(chunk);
    have += chunk.length;
    if (have < need) continue;
    let rest = parts.length === 1 ? chunk : Buffer.concat(parts);
    for (;;) {
      const headerEnd = rest.indexOf(newline);
      if (headerEnd < 0) break;
      const header = rest.toString("latin1", 0, headerEnd);
      const size = /^[0-9a-f]+ blob (\d+)$/.exec(header)?.[1];
      if (size === undefined) throw new Error(`git has no entry for ${header}`);
      need = headerEnd + 1 + Number(size) + 1;
      if (rest.length < need) break;
      yield rest.subarray(headerEnd + 1, need - 1);
      rest = rest.subarray(need);
      need = 0;
    }
    parts = [rest];
    have = rest.length;
  }
  if (have > 0) throw new Error("git stopped in the middle of an entry");
}
