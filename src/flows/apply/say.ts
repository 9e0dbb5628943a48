import type { Emit } from "../../core/event.ts";

/** A line of a deploy's log. */
export function say(emit: Emit, level: "info" | "warning" | "error", message: string): void {
  emit({ type: "notice", level, from: "release-sentinel.deploy", message });
}
