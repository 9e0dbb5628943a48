import type { RunningProcess } from "../../clients/readers.ts";

/** Bytes of a kernel name; longer ones are cut off. */
const kernelNameBytes = 15;

/**
 * Whether a process is the one that a name means: exactly its kernel name, or the last part or whole of what it was
 * started as, or of its executable. A name with a slash is a path. On Windows case and `.exe` do not matter.
 */
export function isProcess(process: RunningProcess, wanted: string, platform: NodeJS.Platform): boolean {
  if (wanted === "") return false;
  if (platform === "win32") return windowsNames(process).includes(plain(wanted));
  const started = process.argv0.replace(/^-/, "");
  // A title, as `nginx: worker process`, is no path.
  const command = /^[^/]*: /.test(started) ? "" : lastPart(started);
  const program = lastPart(process.executable);
  if ([started, command, process.executable, program].includes(wanted)) return true;
  return hasKernelName(process.name, wanted, [command, program], platform);
}

/** A name that fills the kernel's field may be cut off; then the whole one decides, where there is one. */
function hasKernelName(
  name: string,
  wanted: string,
  whole: readonly string[],
  platform: NodeJS.Platform,
): boolean {
  if (platform !== "linux" || Buffer.byteLength(name) < kernelNameBytes) return name === wanted;
  const prefix = Buffer.from(wanted).subarray(0, kernelNameBytes).toString("utf8");
  // What was started as `wanted` has been recognised before; any other whole name is another program.
  return name === prefix && !whole.some((other) => other.startsWith(name));
}

function windowsNames({ name, argv0, executable }: RunningProcess): string[] {
  return [name, argv0, executable].flatMap((text) => [
    plain(text),
    plain(lastPart(text.replaceAll("\\", "/"))),
  ]);
}

function plain(name: string): string {
  return name
    .replaceAll("\\", "/")
    .toLowerCase()
    .replace(/\.exe$/, "");
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
