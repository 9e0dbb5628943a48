import type { Verdict } from "../../core/verdict.ts";
import type { Format } from "./formats.ts";
import { json } from "./json.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";
import { pretty } from "./pretty.ts";
import { prometheus } from "./prometheus.ts";
import { sarif } from "./sarif.ts";
import { tap } from "./tap.ts";
import { text } from "./text.ts";
import type { ReportOptions } from "./words.ts";

export { type Format, formats } from "./formats.ts";

const renderers: Record<Format, (verdict: Verdict, options: ReportOptions) => string> = {
  pretty,
  text,
  json,
  junit,
  tap,
  markdown,
  sarif,
  prometheus,
};

/** A verdict as text in one of the formats, with its last line break; pure. Masking is the caller's. */
export function render(format: Format, verdict: Verdict, options: ReportOptions): string {
  return renderers[format](verdict, options);
}
