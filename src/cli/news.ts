import type { SentinelError } from "../core/errors.ts";
import type { GateOptions } from "./options.ts";

/** A release that nobody may cut because of a file is news; a mistyped flag is not, be it a path or a ref. */
export function isNews(
  { code }: SentinelError,
  { config, configRef }: Pick<GateOptions, "config" | "configRef">,
): boolean {
  if (code === "config-unreadable") return config === undefined;
  if (code === "config-ref") return configRef === undefined;
  return (
    code.startsWith("config-") ||
    code === "plugin-invalid" ||
    code === "secret-unreadable" ||
    code === "out-of-time" ||
    code === "release-impossible" ||
    code === "repository-refused" ||
    code === "repository-unready" ||
    code === "temporary-folder"
  );
}
