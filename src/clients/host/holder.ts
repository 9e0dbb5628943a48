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
  const [place = ""] = holder.split(" ");
  const [host, boot, namespace, pid = "", start] = place.split("/");
  const ours = here(proc);
  if (host !== hostname() || boot !== ours.boot || namespace !== ours.namespace) return false;
  if (boot === "-" || namespace === "-" || start === "-" || !/^\d+$/.test(pid)) return false;
  const now = startOf(proc, pid);
  return now === undefined || now !== start;
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
