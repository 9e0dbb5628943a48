import picomatch from "picomatch";
import { nearest, printable } from "../core/text.ts";
import type { LoadedConfig } from "./load.ts";
import { environmentNames, type Find, normalise } from "./normalise.ts";
import type { Problem } from "./problem.ts";

/**
 * Waivers of the file itself that name no check: a slip there would only be seen when the release is blocked.
 * Those of its bases are not this file's to mend.
 */
export async function pointlessWaivers(loaded: LoadedConfig, find: Find): Promise<readonly Problem[]> {
  const own = loaded.documents.at(-1);
  const waivers = own?.data.waivers ?? [];
  if (!own || waivers.length === 0) return [];
  const names = await everyName(loaded, find);
  return waivers.flatMap(({ check }, i) => {
    // As the gate reads it: see createMatcher.
    const matches = picomatch(check, { dot: true, nonegate: true });
    if (names.some((name) => matches(name))) return [];
    const meant = nearest(check, names);
    return [
      {
        place: own.document.place(["waivers", i, "check"]),
        message: `waivers[${i}].check: no check here is called "${printable(check, 80)}"`,
        remedy: meant ? `did you mean "${meant}"?` : `checks here: ${names.join(", ")}`,
      },
    ];
  });
}

/** Every check of every environment, and those that are turned off: they may come back. */
async function everyName(loaded: LoadedConfig, find: Find): Promise<readonly string[]> {
  const { checks, environments } = loaded.data;
  const names = new Set(Object.keys(checks ?? {}));
  for (const environment of environmentNames(loaded.data)) {
    for (const name of Object.keys(environments?.[environment]?.checks ?? {})) names.add(name);
    const policy = await normalise(loaded, environment, find);
    for (const { name } of policy.checks) names.add(name);
  }
  return [...names];
}
