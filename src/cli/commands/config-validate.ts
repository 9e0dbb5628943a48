import { readConfig } from "../../config/configuration.ts";
import { at } from "../../config/problem.ts";
import { count } from "../../core/text.ts";
import { bounded } from "../bounded.ts";
import type { Context } from "../context.ts";
import type { GateOptions } from "../options.ts";
import { writeOut } from "../terminal.ts";

export async function run(context: Context, options: GateOptions): Promise<number> {
  const { loaded, problems } = await bounded(
    context,
    options,
    "the configuration could not be read",
    async () => {
      const around = await context.sentinel.surroundings(options);
      const found = await readConfig(around);
      if (found.loaded && found.problems.length === 0) {
        const { mustHoldTogether } = await import("../../app/ritual-own-steps.ts");
        const { files, signal = context.signal } = around;
        await mustHoldTogether(found.loaded, { files, signal });
      }
      return found;
    },
  );
  const lines = problems.map(({ place, message, remedy }) => `${at(place)}: ${message} → ${remedy}`);
  if (options.json || options.format === "json") {
    const found = problems.map(({ place, message, remedy }) => ({ ...place, message, remedy }));
    const answer = { valid: problems.length === 0, sources: loaded?.sources ?? [], problems: found };
    const shown = context.sentinel.secrets.maskDeep(answer);
    await writeOut(context.terminal.stdout, `${JSON.stringify(shown, null, 2)}\n`);
  } else if (problems.length > 0) {
    await writeOut(context.terminal.stdout, context.sentinel.secrets.mask(`${lines.join("\n")}\n`));
  }
  if (problems.length > 0) {
    context.say(`release-sentinel: ${count(problems.length, "problem")} in the configuration\n`);
    return 1;
  }
  if (!options.quiet)
    context.say(
      loaded
        ? `Configuration OK: ${loaded.sources.join(", ")}\n`
        : "No configuration file: the built-in default applies\n",
    );
  return 0;
}
