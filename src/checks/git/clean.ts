import { count, printable } from "../../core/text.ts";
import { gitCheck } from "./git-check.ts";

const shownPaths = 10;

/** Is the work tree exactly what HEAD says? Untracked files count, and so does an unfinished merge or rebase. */
export const gitClean = gitCheck({
  id: "git.clean",
  question: "Is the work tree clean, untracked files included?",
  reach: "local",
  defaults: {},
  schema: (z) => z.strictObject({}),
  async observe(repository, { readers, signal }) {
    const [visible, hidden] = await Promise.all([
      readers.git.status(signal),
      readers.git.hiddenChanges(signal),
    ]);
    const changes = [...visible, ...hidden.map((path) => ({ state: "h ", path }))];
    const paths = changes.slice(0, shownPaths).map(({ state, path }) => ({ state, path }));
    return { operation: repository.operation, changes: changes.length, paths };
  },
  judge(seen) {
    if (seen.changes === 0 && seen.operation === null)
      return { status: "ok", message: "Git working tree is clean" };
    const what = [
      ...(seen.operation ? [`${seen.operation} in progress`] : []),
      ...(seen.changes > 0 ? [count(seen.changes, "changed path")] : []),
    ];
    const rest = seen.changes - seen.paths.length;
    const first = seen.paths.slice(0, 3).map(({ path }) => printable(path, 200));
    return {
      status: "fail",
      message: `Git working tree is dirty (${[...what].join(", ")}${first.length > 0 ? `: ${first.join(", ")}${seen.changes > 3 ? ", …" : ""}` : ""})`,
      details: [
        ...seen.paths.map(({ state, path }) => `${state} ${printable(path, 200)}`),
        ...(rest > 0 ? [`… and ${rest} more`] : []),
      ],
      remedy: seen.operation
        ? `git ${seen.operation === "bisect" ? "bisect reset" : `${seen.operation} --abort`} (or finish it)`
        : "commit, stash (git stash -u) or list them in .gitignore; what only your own settings ignore counts too",
    };
  },
});
