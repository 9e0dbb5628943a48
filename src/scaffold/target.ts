import type { CommentStyle } from "./header.ts";

export const templates = ["gate", "release", "org"] as const;
export type Template = (typeof templates)[number];

/** A file that a template has for this repository. */
export interface Target {
  /** From the top of the repository, with `/`. */
  readonly path: string;
  readonly style: CommentStyle;
  /** Without the header. */
  readonly body: string;
  /** Other names that the same thing goes by: where one of them is there, it is in the way of this file. */
  readonly aliases?: readonly string[];
  /** What to do where a file of somebody else's is in the way; for people. */
  readonly otherwise?: string;
}
