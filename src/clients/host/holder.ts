import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/**
 * Who holds a lock: `host/boot/pid namespace/pid/start RANDOM`. Whoever reads it on the same host, since the same boot and
 * in the same namespace of processes, can tell whether that process lives; to everybody else it is a name and no more.
 * Unknown parts are `-`.
 */
export function holderId(proc = "/proc"): string {
  const { boot, namespace } = here(proc);
  const start = startOf(proc, "self") ?? "-";
  return `${hostname()}/${boot}/${namespace}/${process.pid}/${start} ${randomBytes(6).toString("hex")}`;
}

/**
 * Whether it is known that the process is gone, so that what it held is nobody's. Never true of another machine's, nor
 * where there is no procfs: on macOS and Windows a lock is void when its time is over.
 */
export function isDead(holder: string, proc = "/proc"): boolean {
  return fateOf(holder, proc) === "gone";
}

const form = /^([^/\s]+)\/([^/\s]+)\/([^/\s]+)\/(\d+)\/([^/\s]+)(?: |$)/;

/** What is known of the process; `foreign`: that text names no holder at all. */
export function fateOf(holder: string, proc = "/proc"): "lives" | "gone" | "unknown" | "foreign" {
  const [, host, boot, namespace, pid = "", start] = form.exec(holder) ?? [];
  if (host === undefined) return "foreign";
  const ours = here(proc);
  if (host !== hostname() || boot !== ours.boot || namespace !== ours.namespace) return "unknown";
  // Without a procfs somebody else may have that number by now.
  if (boot === "-" || namespace === "-" || start === "-") return isTaken(Number(pid)) ? "lives" : "unknown";
  return startOf(proc, pid) === start ? "lives" : "gone";
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function here(proc: string): { boot: string; namespace: string } {
  try {
    const boot = readFileSync(join(proc, "sys/kernel/random/boot_id"), "utf8").trim();
    const namespace = readlinkSync(join(proc, "self/ns/pid")).replace(/\D/g, "");
    return { boot: boot || "-", namespace: namespace || "-" };
  } catch {
    return { boot: "-", namespace: "-" };
  }
}

/** When a process began, in ticks since the boot; undefined when there is none, or when it has ended and waits to be reaped. */
function startOf(proc: string, pid: string): string | undefined {
  try {
    const text = readFileSync(join(proc, pid, "stat"), "utf8");
    // The name stands in parentheses and may hold some itself.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return /^[ZXx]/.test(fields[0] ?? "") ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
