import type { ConfigFile } from "./file.ts";
import { merge, plain, trace } from "./merge.ts";

/** A part's section as it holds for one environment: that of the file with the environment's own over it. Validated before. */
export function sectionFor<T extends object>(
  config: ConfigFile,
  environment: string,
  name: "deploy" | "watch" | "ritual",
): Partial<T> {
  const own = Object.hasOwn(config.environments ?? {}, environment)
    ? config.environments?.[environment]?.[name]
    : undefined;
  const nowhere = () => "";
  const merged = merge(trace(config[name] ?? {}, nowhere), trace(own ?? {}, nowhere), false);
  return plain(merged) as Partial<T>;
}
