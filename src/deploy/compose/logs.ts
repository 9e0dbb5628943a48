import { printable } from "../../core/text.ts";
import { type Container, nameOf } from "./containers.ts";
import type { ComposePlace } from "./place.ts";

const lines = 10;

/** The last lines that containers wrote, each container's as one sentence; masked. What cannot be read is left out. */
export async function logsOf(
  { docker, options }: ComposePlace,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const said = containers.slice(0, 3).map(async (container) => {
    const answer = await docker.run(["logs", "--tail", String(lines), container.Id], { signal });
    const text = options.secrets.mask(`${answer.stdout}\n${answer.stderr}`);
    const last = text
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .filter(Boolean)
      .slice(-lines);
    if (answer.code !== 0 || last.length === 0) return "";
    return `last words of ${nameOf(container)}: ${printable(last.join(" / "), 1000)}`;
  });
  return (await Promise.all(said)).filter((text) => text !== "");
}
