import { findNextVersion } from "../../app/notes.ts";
import { count } from "../../core/text.ts";
import type { NextRelease } from "../../release/notes/index.ts";
import { bounded } from "../bounded.ts";
import type { Context } from "../context.ts";
import { logEvent } from "../logging.ts";
import type { NextOptions } from "../notes-options.ts";
import { writeOut } from "../terminal.ts";

const mostReasons = 10;

export async function run(context: Context, options: NextOptions): Promise<number> {
  const { sentinel, terminal } = context;
  const { to, path, prefix = null, pre, remote } = options;
  const found = await bounded(context, options, "the next version was not found", (signal) =>
    findNextVersion(sentinel, { to, paths: path, prefix, pre, remote }, signal),
  );
  for (const message of found.warnings)
    logEvent({ type: "notice", level: "warning", from: "release-sentinel.version", message });
  const { secrets } = sentinel;
  if (options.json) {
    await writeOut(terminal.stdout, `${JSON.stringify(secrets.maskDeep(found), null, 2)}\n`);
    return 0;
  }
  if (!options.quiet) context.say(reasons(found));
  // Nothing but the version, for $(…); and nothing at all when there is none.
  if (found.next !== null) await writeOut(terminal.stdout, secrets.mask(`${found.next}\n`));
  return 0;
}

function reasons({ next, level, previous, commits, why }: NextRelease): string {
  if (next === null) return `Nothing to release${previous === null ? "" : ` since ${previous}`}\n`;
  if (previous === null) return `${next} would be the first release, of ${count(commits, "commit")}\n`;
  const lines = why
    .slice(0, mostReasons)
    .map(
      ({ short, scope, text, breaking }) =>
        `  ${short} ${breaking ? "! " : ""}${scope ? `${scope}: ` : ""}${text}`,
    );
  const rest = why.length > mostReasons ? [`  … and ${why.length - mostReasons} more`] : [];
  return [`${next}: ${level ?? "patch"} after ${previous}, for`, ...lines, ...rest, ""].join("\n");
}
