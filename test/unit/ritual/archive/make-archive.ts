// Makes an archive in a process of its own, and prints what came of it.
import { createReleaseFolder } from "../../../../src/clients/release-folder.ts";
import { makeArchive } from "../../../../src/ritual/archive/make.ts";

const subject = {
  ...{ tag: "v1.2.3", commit: "4".repeat(40), rehearsal: false, taggedAt: "2026-11-21T10:00:00Z" },
  repository: null,
  project: null,
};
const nothing = { root: "/", patterns: [], matcher: () => () => false, holdsSecret: () => false };
const folder = createReleaseFolder(process.argv[2] ?? "");
await makeArchive(folder, subject, nothing, new AbortController().signal).then(
  () => console.log("made"),
  (error: unknown) => console.log(String(error)),
);
