import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createGitWriter } from "../../../../src/clients/git/writer.ts";
import type { GitWriter, TagDraft } from "../../../../src/clients/git/writer-types.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { gitEnv, repository, type TestRepository } from "../../../support/repository.ts";

/** Nobody interrupts. */
export const never = new AbortController().signal;

export function draftOf(repo: TestRepository, draft: Partial<TagDraft> = {}): TagDraft {
  return {
    name: "v1.0.0",
    commit: repo.git("rev-parse", "HEAD").trim(),
    message: "Release v1.0.0",
    trailers: [["Release-Sentinel", "0.1.0"]],
    sign: "auto",
    fallbackTagger: { name: "release-sentinel", email: "noreply@release-sentinel.invalid" },
    ...draft,
  };
}

export interface Writing {
  readonly repo: TestRepository;
  readonly writer: GitWriter;
  readonly secrets: Secrets;
}

/** A repository with a remote, and a writer for it. */
export function writing(env: NodeJS.ProcessEnv = {}, limitMs?: number): Writing {
  const repo = repository({ origin: true });
  return { repo, ...writerOf(repo, env, limitMs) };
}

export function writerOf(repo: { readonly path: string }, env: NodeJS.ProcessEnv = {}, limitMs?: number) {
  const secrets = new Secrets();
  const limit = limitMs === undefined ? {} : { limitMs };
  const writer = createGitWriter({ cwd: repo.path, env: { ...gitEnv, ...env }, secrets, ...limit });
  return { writer, secrets };
}

/** The same, with the tag v1.0.0 made here. */
export async function tagged(env: NodeJS.ProcessEnv = {}, limitMs?: number): Promise<Writing> {
  const world = writing(env, limitMs);
  await world.writer.createTag(draftOf(world.repo), never);
  return world;
}

/** The refs of the bare repository that is origin. */
export function remoteRefs(repo: TestRepository): readonly string[] {
  const listed = repo.git("--git-dir", repo.origin, "for-each-ref", "--format=%(refname)");
  return listed.split("\n").filter((line) => line !== "");
}

/** Writes a shell script that can be run. */
export function script(path: string, body: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
