import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import picomatch from "picomatch";
import { createReleaseFolder, type ReleaseFolder } from "../../../../src/clients/release-folder.ts";
import type { Include } from "../../../../src/ritual/archive/collect.ts";
import { type ArchiveSubject, subjectOf } from "../../../../src/ritual/archive/manifest.ts";
import type { RitualRelease } from "../../../../src/ritual/release.ts";
import { tempFolder } from "../../../support/temp.ts";

export const never = new AbortController().signal;

export const release: RitualRelease = {
  tag: "v1.2.3",
  rehearsal: false,
  commit: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  tagObject: "a".repeat(40),
  taggedAt: "2026-11-21T10:00:00+01:00",
  previous: { tag: "v1.2.2", commit: "b".repeat(40), at: "2026-11-01T10:00:00Z" },
  remote: "origin",
  repository: "octo/demo",
  project: "github.com/octo/demo",
  url: "https://github.com/octo/demo/releases/tag/v1.2.3",
  environment: "prod",
  deployed: { from: 1_795_000_000_000, to: 1_795_000_060_000 },
  window: { from: 1_795_000_000_000, to: 1_795_003_600_000 },
};

export const subject: ArchiveSubject = subjectOf(release);

export type Files = Readonly<Record<string, string>>;

export function fill(path: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

export const made: Files = {
  "release.json": "{}",
  "CHANGELOG-v1.2.3.md": "# v1.2.3\n",
  "dashboard/index.html": "<!doctype html>",
};

export function releaseFolder(files: Files = made, tag = release.tag): ReleaseFolder {
  const path = join(tempFolder(), `release-${tag}`);
  fill(path, files);
  return createReleaseFolder(path);
}

export function including(root: string, patterns: readonly string[], secret?: string): Include {
  return {
    root,
    patterns,
    matcher: (glob) => picomatch(glob, { dot: true, nonegate: true }),
    holdsSecret: (text) => secret !== undefined && text.includes(secret),
  };
}

export const nothing: Include = including("/", []);
