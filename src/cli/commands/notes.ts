import { readFileSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { makeNotes } from "../../app/notes.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable, shellWord } from "../../core/text.ts";
import { inline, insertSection, type Notes, renderNotes } from "../../release/notes/index.ts";
import { parseVersionTag } from "../../release/version.ts";
import { bounded } from "../bounded.ts";
import type { Context } from "../context.ts";
import { logEvent } from "../logging.ts";
import type { NotesOptions } from "../notes-options.ts";
import { writeReportFile } from "../report-file.ts";
import { writeOut } from "../terminal.ts";

export async function run(context: Context, options: NotesOptions): Promise<number> {
  const { sentinel, env, terminal } = context;
  const request = {
    version: options.version ?? (env["VERSION"] || null),
    to: options.to,
    from: options.from ?? null,
    limit: options.number,
    paths: options.path,
    style: options.style,
    remote: options.remote,
    firstTimers: true,
  };
  const notes = await bounded(context, options, "the notes were not made", (signal) =>
    makeNotes(sentinel, request, signal),
  );
  for (const warning of notes.warnings) log("warning", warning);
  const format = options.json ? "json" : options.format;
  if (options.changelog !== undefined)
    addToChangelog(context, notes, options.changelog === true ? "CHANGELOG.md" : options.changelog);
  const { output } = options;
  const { secrets } = sentinel;
  const text =
    format === "json"
      ? renderNotes(secrets.maskDeep(notes), format)
      : secrets.mask(renderNotes(notes, format ?? "markdown"));
  if (output !== undefined && output !== "-") {
    const head = format === "json" ? "" : secrets.mask(fileHead(notes, format === "plain"));
    write(context, output, head + text);
    log("info", `Release notes written to ${printable(output, 200)}`);
  } else if (output === "-" || format !== undefined || options.changelog === undefined) {
    await writeOut(terminal.stdout, text);
  }
  return 0;
}

function log(level: "info" | "warning", message: string): void {
  logEvent({ type: "notice", level, from: "release-sentinel.notes", message });
}

/** What a file by itself does not tell otherwise. */
function fileHead({ version, branch, commit }: Notes, isPlain: boolean): string {
  const shown = isPlain ? (text: string) => text : inline;
  const lines = [
    `Release notes for ${version === null ? "what is not released yet" : shown(version)}`,
    `Branch: ${branch === null ? "none" : shown(branch)}`,
    `Commit: ${commit}`,
  ];
  return `${lines.join("\n")}\n\n`;
}

function addToChangelog(context: Context, notes: Notes, path: string): void {
  const version = notes.version === null ? undefined : parseVersionTag(notes.version);
  if (!version)
    throw new SentinelError(
      "flag-invalid",
      "--changelog needs a version: there is no version tag at this commit",
      `release-sentinel notes --changelog ${shellWord(path)} --version v1.4.2`,
    );
  const shown = printable(path, 200);
  const { file, content } = readChangelog(context.cwd, path);
  const inserted = insertSection(content, notes, version, (text) => context.sentinel.secrets.mask(text));
  if (inserted.content === null) {
    log("info", `${shown} has ${version.name} already, in line ${inserted.line}: nothing was changed`);
    return;
  }
  write(context, file, inserted.content);
  log("info", `${version.name} added to ${shown}, in line ${inserted.line}`);
}

/** A link stays one: what it leads to is read and written. */
function readChangelog(cwd: string, path: string): { file: string; content: Buffer | null } {
  const named = resolve(cwd, path);
  try {
    const file = realpathSync(named);
    return { file, content: readFileSync(file) };
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown cause";
    if (cause === "ENOENT") return { file: named, content: null };
    throw new SentinelError(
      "report-unwritable",
      `cannot read the changelog ${printable(path, 200)} (${cause})`,
      "name a file: --changelog CHANGELOG.md",
    );
  }
}

function write({ cwd }: Context, path: string, content: string | Uint8Array): void {
  const [failure] = writeReportFile(cwd, path, content);
  if (failure) throw failure;
}
