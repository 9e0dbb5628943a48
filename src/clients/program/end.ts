import type { ChildProcess } from "node:child_process";

/**
 * Ends a child for good. One that could not be started has no id, and its handle holds anything: ending that by `child.kill`
 * has ended this process's own group.
 */
export function end(child: ChildProcess): void {
  if (child.pid !== undefined) child.kill("SIGKILL");
}
