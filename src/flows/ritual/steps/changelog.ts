import { SentinelError } from "../../../core/errors.ts";
import type { Secrets } from "../../../core/mask.ts";
import { StepFailure } from "../../../core/step.ts";
import { count } from "../../../core/text.ts";
import { type ChangelogWorld, collectChangelog } from "../../../release/overlay/collect.ts";
import { changelogMarkdown } from "../../../release/overlay/markdown.ts";
import type { Changelog } from "../../../release/overlay/model.ts";
import { changelogFiles, readChangelog } from "../../../release/overlay/read.ts";
import type { ChangelogSettings } from "../../../release/overlay/settings.ts";
import type { RitualContext, RitualStep } from "../../../ritual/step.ts";

export interface ChangelogStepWorld extends Omit<ChangelogWorld, "mask"> {
  readonly secrets: Pick<Secrets, "mask" | "maskDeep">;
  readonly settings: ChangelogSettings;
}

/** What has changed since the release before: a file for people, and one for programs. */
export function createChangelogStep(world: ChangelogStepWorld): RitualStep {
  const { secrets, settings } = world;
  const make = async ({ release }: RitualContext, signal: AbortSignal): Promise<Changelog> => {
    const { tag, commit, rehearsal, taggedAt, remote, previous } = release;
    const request = { tag, commit, rehearsal, taggedAt, remote, previousAt: previous?.at ?? null, settings };
    try {
      const reading = { ...world, mask: (text: string) => secrets.mask(text) };
      return secrets.maskDeep(await collectChangelog(reading, request, signal));
    } catch (error) {
      if (error instanceof SentinelError) throw new StepFailure(error.message, error.remedy);
      throw error;
    }
  };
  return {
    name: "changelog",
    title: "Write the changelog",
    async observe({ release, folder }) {
      const { tag, commit, rehearsal } = release;
      const names = changelogFiles(tag);
      const found = readChangelog(folder, tag);
      const isThis = found?.commit === commit && found.rehearsal === rehearsal;
      // What was changed by hand, or cut off, is made again.
      const isWhole = isThis && textOf(found) === folder.read(names.markdown)?.toString("utf8");
      if (isWhole) return { state: "done", message: `${names.markdown} is there, for this commit` };
      return { state: "needed", message: `${names.markdown} and ${names.json} will be written` };
    },
    async preview(context, signal) {
      const changelog = await make(context, signal);
      const names = changelogFiles(context.release.tag);
      return [
        { to: `file ${names.markdown}`, type: "text/markdown", body: changelogMarkdown(changelog) },
        { to: `file ${names.json}`, type: "application/json", body: jsonOf(changelog) },
      ];
    },
    async run(context, signal) {
      const changelog = await make(context, signal);
      const names = changelogFiles(context.release.tag);
      context.folder.write(names.markdown, changelogMarkdown(changelog));
      context.folder.write(names.json, jsonOf(changelog));
      return reportOf(changelog, names.markdown);
    },
  };
}

function jsonOf(changelog: Changelog): string {
  return `${JSON.stringify(changelog, null, 2)}\n`;
}

/** Undefined for a file whose parts are not what they should be. */
function textOf(changelog: Changelog): string | undefined {
  try {
    return changelogMarkdown(changelog);
  } catch {
    return undefined;
  }
}

function reportOf({ notes, overlay }: Changelog, file: string) {
  const { totals, source, breaking, security, migrations } = overlay;
  const from = source.kind === "git" ? `, from git alone (${source.reason})` : "";
  const heads = [
    count(totals.commits, "commit"),
    count(totals.pullRequests, "pull request"),
    `${breaking.length} breaking`,
    `${security.length} security`,
    count(Math.max(migrations.changes.length, migrations.paths.length), "migration"),
  ];
  return {
    message: `${file} written: ${heads.join(", ")}${from}`,
    warnings: [...notes.warnings, ...source.incomplete],
    excerpt: [...breaking, ...security]
      .slice(0, 5)
      .map(({ text }) => `- ${text}`)
      .join("\n"),
    links: notes.compareUrl === null ? [] : [{ label: "changes", url: notes.compareUrl }],
  };
}
