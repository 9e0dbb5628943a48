import { isAbsolute, join } from "node:path";
import { readTextFile, TextFileProblem } from "../../../clients/text-file.ts";
import { StepFailure } from "../../../core/step.ts";
import { printable } from "../../../core/text.ts";
import type { Templates } from "../../../notify/broadcast/channel.ts";
import type { ReadyBroadcast } from "../../../notify/broadcast/channels.ts";
import { parseTemplate, type Template, TemplateProblem } from "../../../notify/broadcast/template.ts";

const largest = 1024 * 1024;

/** The templates of a channel. @throws StepFailure for one that cannot be read, or names a field that there is not */
export async function readTemplates(
  { templates }: Pick<ReadyBroadcast, "templates">,
  root: string,
  signal: AbortSignal,
): Promise<Templates> {
  const found: Record<string, Template> = {};
  for (const [kind, file] of Object.entries(templates)) {
    signal.throwIfAborted();
    try {
      const text = await readTextFile(isAbsolute(file) ? file : join(root, file), largest);
      found[kind] = parseTemplate(text, file);
    } catch (error) {
      if (error instanceof TextFileProblem) {
        throw new StepFailure(
          `template ${printable(file, 300)} ${error.message}`,
          "see ritual.broadcast.channels[].templates",
          true,
        );
      }
      if (error instanceof TemplateProblem)
        throw new StepFailure(error.message, "correct the template, and run the same command again", true);
      throw error;
    }
  }
  return found;
}
