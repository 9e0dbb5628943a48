import type { CiFacts } from "../../../../src/clients/ci.ts";

export const commit = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** Outside CI. */
export const none: CiFacts = {
  name: null,
  isCi: false,
  event: null,
  branch: null,
  tag: null,
  commit: null,
  pullRequest: null,
  actor: null,
  runUrl: null,
};

/** A job as its service documents it, and what is to be read from it. */
export type Row = [situation: string, env: Record<string, string>, facts: Partial<CiFacts>];
