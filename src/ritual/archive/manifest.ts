import { createHash } from "node:crypto";
import { inside, type ReleaseFolder } from "../../clients/release-folder.ts";
import type { Content } from "../../clients/stores/local.ts";
import type { RitualRelease } from "../release.ts";

export const manifestSchema = "release-sentinel/archive-manifest/v1";
export const manifestFile = "MANIFEST.json";
export const sumsFile = "SHA256SUMS";
/** The largest manifest that is read. */
export const manifestBytes = 16 * 1024 * 1024;
/** No archive of more files, or of more bytes when it is unpacked, is made or fetched. */
export const mostFiles = 20_000;
export const largestBytes = 16 * 1024 ** 3;

/** Which release an archive is of. */
export type ArchiveSubject = Pick<
  RitualRelease,
  "tag" | "commit" | "rehearsal" | "taggedAt" | "repository" | "project"
>;

export interface ArchivedFile extends Content {
  /** Relative to the release's folder. */
  readonly name: string;
  /** What it is, for people. */
  readonly what: string;
}

/** What an archive is made of. The same files give the same text. */
export interface Manifest extends ArchiveSubject {
  readonly schema: typeof manifestSchema;
  /** Sorted by name; this file and the sums are not among them. */
  readonly files: readonly ArchivedFile[];
}

/** Names in the folder, and in stores. */
export function archiveNames(tag: string): {
  readonly root: string;
  readonly tar: string;
  readonly card: string;
} {
  const root = `release-${tag}`;
  return { root, tar: `${root}.tar.gz`, card: `${root}.json` };
}

/** Files that come after the archive, or are the archive. */
export function isOutsideArchive(name: string): boolean {
  return (
    isDraft(name) ||
    /^\.|^(archive|broadcast|later)\/|^VERIFICATION-|^(MANIFEST\.json|SHA256SUMS)$/.test(name)
  );
}

/** A file that is only being written, or that a killed run has left. */
export function isDraft(name: string): boolean {
  return /\.[0-9a-f-]{36}\.tmp$/.test(name);
}

export function subjectOf(of: ArchiveSubject): ArchiveSubject {
  const { tag, commit, rehearsal, taggedAt, repository, project } = of;
  return { tag, commit, rehearsal, taggedAt, repository, project };
}

/** A fork has the same commits. Not every machine knows what its repository is called. */
export function isSameSubject(one: ArchiveSubject, other: ArchiveSubject): boolean {
  const [name, otherName] = [one.repository, other.repository];
  const isFork = name !== null && otherName !== null && name.toLowerCase() !== otherName.toLowerCase();
  return one.tag === other.tag && one.commit === other.commit && one.rehearsal === other.rehearsal && !isFork;
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The lines of `sha256sum` for everything in the archive but themselves. */
export function sumsText(manifest: Manifest): string {
  const own = createHash("sha256").update(manifestText(manifest)).digest("hex");
  const all = [...manifest.files, { name: manifestFile, sha256: own }];
  return all
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, sha256 }) => `${sha256}  ${name}\n`)
    .join("");
}

/** Null for what is none. */
export function parseManifest(text: string): Manifest | null {
  try {
    const found = JSON.parse(text) as Manifest | null;
    if (found?.schema !== manifestSchema || !isSubject(found) || !Array.isArray(found.files)) return null;
    const names = new Set(found.files.map(({ name }) => inside(name)));
    const isSound = found.files.every(
      ({ bytes, sha256, what }) => isContent({ bytes, sha256 }) && typeof what === "string",
    );
    return isSound && names.size === found.files.length ? found : null;
  } catch {
    return null;
  }
}

/** The one in the folder; null where there is none, or it is of something else. @throws StepFailure */
export function readManifest(folder: ReleaseFolder, subject: ArchiveSubject): Manifest | null {
  const manifest = parseManifest(folder.read(manifestFile)?.toString("utf8") ?? "");
  return manifest && isSameSubject(manifest, subject) ? manifest : null;
}

export function isSubject(found: ArchiveSubject): boolean {
  // Archives that were made before name no project.
  const { tag, commit, rehearsal, taggedAt, repository, project = null } = found;
  return (
    typeof tag === "string" &&
    typeof commit === "string" &&
    typeof rehearsal === "boolean" &&
    (repository === null || typeof repository === "string") &&
    (project === null || typeof project === "string") &&
    typeof taggedAt === "string" &&
    !Number.isNaN(Date.parse(taggedAt))
  );
}

export function isContent(found: Content): boolean {
  return (
    Number.isSafeInteger(found?.bytes) && found.bytes >= 0 && /^[0-9a-f]{64}$/.test(String(found.sha256))
  );
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^release\.json$/, "the release, and what was found of its integrity"],
  [/^CHANGELOG-.*\.md$/, "changelog"],
  [/^CHANGELOG-.*\.json$/, "changelog, as data"],
  [/^metrics\.json$/, "metrics of the release"],
  [/^dashboard\/probe\./, "what the dashboard's panels answered"],
  [/^dashboard\/index\.html$/, "the dashboard as it was, to be opened in a browser"],
  [/^dashboard\/dashboard\.json$/, "the dashboard's definition"],
  [/^dashboard\/frames\.json$/, "the dashboard's data"],
  [/^dashboard\/snapshot\.json$/, "the snapshot in Grafana"],
];

/** What a file is, by its name. */
export function whatIs(name: string): string {
  if (name.startsWith("files/")) return "file of the work tree, by ritual.archive.include";
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? "file of the release's folder";
}
