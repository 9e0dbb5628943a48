import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A folder for what tests copy instead of making it anew. */
    readonly templates: string;
  }
}

/** For the whole run: a worker is ended without a chance to remove anything. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "rs-templates-"));
  project.provide("templates", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
